"""Who calls: what a token allows. Everything is denied unless it says otherwise; without keys there is one local caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args
from uuid import UUID

from shared.facts.saying import STRUCTURE
from shared.rights.refusals import ActingForMissingError, NotActingForError, RoleUnknownError

Role = Literal[
    "structure", "group_coordinator", "prescriber", "federation", "data_steward", "staff", "service", "ops", "auditor"
]
ROLES: tuple[str, ...] = get_args(Role)

LOCAL_ROLE = "local"
"""Of the one caller of a suite without keys; no token can say it."""

MOST_STRUCTURES = 100
"""Structures one token may name: a token for everybody is a token nobody should carry."""


def bare_id(text: str, prefix: str = STRUCTURE) -> str:
    """An id of a claim or a header as facts have it, whether it was written as a subject or bare, in whatever case, with
    hyphens or without: one spelling everywhere. What is no id stays as it is, and is nobody's."""
    name = text.strip().lower().removeprefix(prefix)
    try:
        return str(UUID(name))
    except ValueError:
        return name


@dataclass(frozen=True, slots=True)
class Caller:
    """What a token allows. Ids of structures and groups are bare, in lower case. `authorised`: of a prescriber, that the
    prefect's list has it. `sub`: whom the issuer names, for the log of
    reads alone. `is_local`: no keys are set, everybody on this machine may do everything. `taken_over`: of its structures,
    and of those, which others each of them took over; no token says it (`shared.rights.successions`)."""

    role: str = ""
    sources: frozenset[str] = frozenset()
    structures: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    is_local: bool = False
    authorised: bool = False
    sub: str = ""
    taken_over: Mapping[str, frozenset[str]] = field(default_factory=dict, hash=False)

    @property
    def acts_as(self) -> frozenset[str]:
        """Its structures, and those that they took over."""
        if not self.taken_over:
            return self.structures
        return self.structures.union(*(self.taken_over.get(one, ()) for one in self.structures))

    def speaks_for(self, source: str) -> bool:
        return self.is_local or source in self.sources

    def check_role(self) -> None:
        """Raise RoleUnknownError."""
        if not self.is_local and self.role not in ROLES:
            raise RoleUnknownError(known=list(ROLES))

    def acting_for(self, named: str) -> Caller:
        """The caller as it reads: with the one structure it names in `Acting-For`, or its only one; one that was taken over
        may be named too. The local caller needs none. Raise NotActingForError, ActingForMissingError."""
        if self.is_local:
            return self
        if not named:
            if len(self.structures) > 1:
                raise ActingForMissingError()
            return self
        structure_id = bare_id(named)
        if structure_id not in self.acts_as:
            # The same for a structure that exists and for one that does not.
            raise NotActingForError()
        return self if self.structures == {structure_id} else replace(self, structures=frozenset([structure_id]))

    def check_acts_for(self, structure_id: UUID) -> None:
        """Raise NotActingForError, the same for a structure that exists and for one that does not."""
        if not self.is_local and str(structure_id) not in self.acts_as:
            raise NotActingForError()


LOCAL = Caller(role=LOCAL_ROLE, is_local=True)

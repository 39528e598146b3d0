"""Who calls: what a token allows. Everything is denied unless it says otherwise; without keys there is one local caller."""

from __future__ import annotations

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Caller:
    """What a token allows. Ids of structures and groups are bare, in lower case. `authorised`: of a prescriber, that the
    prefect's list has it. `sub`: whom the issuer names, for the log of
    reads alone. `is_local`: no keys are set, everybody on this machine may do everything."""

    role: str = ""
    sources: frozenset[str] = frozenset()
    structures: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    is_local: bool = False
    authorised: bool = False
    sub: str = ""

    def speaks_for(self, source: str) -> bool:
        return self.is_local or source in self.sources

    def check_role(self) -> None:
        """Raise RoleUnknownError."""
        if not self.is_local and self.role not in ROLES:
            raise RoleUnknownError(known=list(ROLES))

    def acting_for(self, named: str) -> Caller:
        """The caller as it reads: with the one structure it names in `Acting-For`, or its only one. The local caller needs
        none. Raise NotActingForError, ActingForMissingError."""
        if self.is_local:
            return self
        if not named:
            if len(self.structures) > 1:
                raise ActingForMissingError()
            return self
        structure_id = named.strip().lower().removeprefix(STRUCTURE)
        if structure_id not in self.structures:
            # The same for a structure that exists and for one that does not.
            raise NotActingForError()
        return self if len(self.structures) == 1 else replace(self, structures=frozenset([structure_id]))

    def check_acts_for(self, structure_id: UUID) -> None:
        """Raise NotActingForError, the same for a structure that exists and for one that does not."""
        if not self.is_local and str(structure_id) not in self.structures:
            raise NotActingForError()


LOCAL = Caller(role=LOCAL_ROLE, is_local=True)

"""What a service's `decide` is given and gives back. It is pure: no clock, no I/O; days come from the facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from shared.facts import Fact, Recorded
from shared.problems import DomainError


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either every refusal of the event, or the facts that follow from it (about the same subject)."""

    refusals: tuple[DomainError, ...] = ()
    effects: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision is told from outside: the service's settings and answers, as of this decision."""

    known_facts: frozenset[tuple[str, str]] = frozenset()
    """Source and id of every fact of the subject in this service, in force or not."""


Decide = Callable[[Sequence[Recorded], Recorded, Context], Verdict]
"""`decide(settled, event, context)`: the standing facts of the subject in the order of truth, and the new one."""

ACCEPTED = Verdict()


def refused(*errors: DomainError) -> Verdict:
    return Verdict(refusals=errors)


def effect_id(cause: Recorded, type_name: str, number: int) -> str:
    """The id of a fact a service records by itself: the same cause gives the same id, however often it is handled."""
    return str(uuid5(NAMESPACE_URL, f"{cause.source} {cause.id} {type_name} {number}"))

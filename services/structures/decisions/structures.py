"""Rules of a structure's own life: registered once, closed once and after it opened."""

from __future__ import annotations

from collections.abc import Iterator

from services.structures.facts import StructureClosed, StructureRegistered
from services.structures.refusals.structures import (
    StructureAlreadyClosedError,
    StructureAlreadyRegisteredError,
    StructureClosedBeforeRegisteredError,
    StructureSucceedsItselfError,
)
from shared.deciding.contradicting_days import contradictions
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_structure_is_registered_once(_: StructureRegistered, case: Case) -> Iterator[DomainError]:
    for registered in case.standing(StructureRegistered):
        yield StructureAlreadyRegisteredError(registered_on=registered.registered_on)


def a_structure_closes_once(_: StructureClosed, case: Case) -> Iterator[DomainError]:
    for closed in case.standing(StructureClosed):
        yield StructureAlreadyClosedError(closed_on=closed.closed_on)


def a_structure_closes_after_it_opened(_: StructureRegistered | StructureClosed, case: Case) -> Iterator[DomainError]:
    openings = [opening.registered_on for opening in case.with_event(StructureRegistered)]
    closings = [closing.closed_on for closing in case.with_event(StructureClosed)]
    for registered_on, closed_on in contradictions(openings, closings):
        yield StructureClosedBeforeRegisteredError(registered_on=registered_on, closed_on=closed_on)


def a_successor_is_another_structure(fact: StructureClosed, case: Case) -> Iterator[DomainError]:
    if case.event.subject == f"structure/{fact.successor_id}":
        yield StructureSucceedsItselfError(successor_id=fact.successor_id)

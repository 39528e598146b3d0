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
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_structure_is_registered_once(_: StructureRegistered, case: Case) -> Iterator[DomainError]:
    for known in case.standing(StructureRegistered):
        yield StructureAlreadyRegisteredError(registered_on=known.registered_on)


def a_structure_closes_once(_: StructureClosed, case: Case) -> Iterator[DomainError]:
    for known in case.standing(StructureClosed):
        yield StructureAlreadyClosedError(closed_on=known.closed_on)


def a_structure_closes_after_it_opened(_: StructureRegistered | StructureClosed, case: Case) -> Iterator[DomainError]:
    for opening in case.with_event(StructureRegistered):
        for closing in case.with_event(StructureClosed):
            if closing.closed_on < opening.registered_on:
                yield StructureClosedBeforeRegisteredError(
                    registered_on=opening.registered_on, closed_on=closing.closed_on
                )


def a_successor_is_another_structure(fact: StructureClosed, case: Case) -> Iterator[DomainError]:
    if case.event.subject == f"structure/{fact.successor_id}":
        yield StructureSucceedsItselfError(successor_id=fact.successor_id)

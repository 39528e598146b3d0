"""What is recorded though it looks mistaken: days still to come, hours outside what they were worked under."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain

from services.placements.decisions.case import PlacementsCase
from services.placements.facts import FactVoided, HoursWorked, PlacementAgreed, PlacementChanged, PlacementEnded
from services.placements.model.contracts import covers
from services.placements.model.placements import Terms
from services.placements.warnings import (
    ContractOfAnotherStructure,
    ContractUnknown,
    HoursOutsidePlacement,
    HoursWithoutContract,
    PlacementOfAnotherStructure,
    PlacementUnknown,
)
from shared.deciding.future_days import DayInTheFuture, DoneOn, future_day, is_to_come
from shared.deciding.rules import Case
from shared.deciding.warnings import DomainWarning
from shared.facts.fact import Fact

DONE_ON: DoneOn = {PlacementEnded: "ended_on", FactVoided: "voided_on", HoursWorked: "to_day"}
"""A placement is agreed and changed beforehand."""


def what_is_done_is_not_to_come(fact: Fact, case: Case) -> Iterator[DomainWarning]:
    return future_day(fact, case, DONE_ON)


def hours_of_a_month_are_worked(fact: HoursWorked, case: Case) -> Iterator[DomainWarning]:
    """Of a month that goes on they may be said, of one that has not begun they cannot be."""
    if fact.to_day is None and is_to_come(fact.first_day, case):
        yield DayInTheFuture(_first_day_of(fact))


def a_placement_is_known(fact: PlacementChanged | PlacementEnded | HoursWorked, case: Case) -> Iterator[DomainWarning]:
    if fact.placement_id is not None and _agreed(fact, case) is None:
        yield PlacementUnknown("/data/placement_id")


def hours_are_worked_under_their_placement(fact: HoursWorked, case: Case) -> Iterator[DomainWarning]:
    agreed = _agreed(fact, case)
    if agreed is None:
        return
    if agreed.structure_id != fact.structure_id:
        yield PlacementOfAnotherStructure("/data/structure_id")
    last_day = _last_day(agreed, case)
    if fact.occurred_on < agreed.starts_on or (last_day is not None and last_day < fact.first_day):
        yield HoursOutsidePlacement(_first_day_of(fact))


def hours_are_worked_under_a_contract(fact: HoursWorked, case: PlacementsCase) -> Iterator[DomainWarning]:
    """The contract that is named, else any with the structure. Where pathways has recorded more than has come here, nothing
    is told: what seems to be missing may only be late."""
    known = case.outside.contracts_of(case.event.subject)
    if known is None or "pathways" in case.outside.unseen:
        return
    if fact.contract_id is not None:
        named = [contract for contract in known if contract.contract_id == fact.contract_id]
        if not named:
            yield ContractUnknown("/data/contract_id")
            return
        if named[0].structure_id != fact.structure_id:
            yield ContractOfAnotherStructure("/data/structure_id")
            return  # on which days that one runs is not the sender's to know
    else:
        named = [contract for contract in known if contract.structure_id == fact.structure_id]
    first, last = fact.first_day, fact.occurred_on
    # Hours of a month say nothing of its days: one day under a contract is enough.
    if fact.from_day is not None and fact.to_day is not None:
        is_under_contract = covers(named, first, last)
    else:
        is_under_contract = any(contract.touches(first, last) for contract in named)
    if not is_under_contract:
        yield HoursWithoutContract(_first_day_of(fact))


def _first_day_of(fact: HoursWorked) -> str:
    """The pointer to where the event says it."""
    return "/data/from_day" if fact.from_day else "/data/month"


def _agreed(fact: PlacementChanged | PlacementEnded | HoursWorked, case: Case) -> PlacementAgreed | None:
    agreed = (standing for standing in case.standing(PlacementAgreed) if standing.placement_id == fact.placement_id)
    return next(agreed, None)


def _last_day(agreed: PlacementAgreed, case: Case) -> date | None:
    """As it ended, else as last agreed; None where it is open."""
    gathered = Terms(agreed)
    later: Iterator[PlacementChanged | PlacementEnded] = chain(
        case.standing(PlacementChanged), case.standing(PlacementEnded)
    )
    for fact in later:
        if fact.placement_id == agreed.placement_id:
            gathered.take(fact)
    return gathered.ends_on if gathered.ended is None else gathered.ended.ended_on

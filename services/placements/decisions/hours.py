"""Rules of hours worked, which are recorded whatever they exceed."""

from __future__ import annotations

from collections.abc import Iterator

from services.placements.facts import HoursWorked
from services.placements.refusals.hours import (
    EntryIdUsedError,
    HoursEndBeforeStartError,
    HoursOutsideMonthError,
)
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def an_entry_id_is_new(fact: HoursWorked, case: Case) -> Iterator[DomainError]:
    if any(standing.entry_id == fact.entry_id for standing in case.standing(HoursWorked)):
        yield EntryIdUsedError(entry_id=fact.entry_id)


def hours_lie_within_their_month(fact: HoursWorked, _: Case) -> Iterator[DomainError]:
    for day in (fact.from_day, fact.to_day):
        if day is not None and f"{day:%Y-%m}" != fact.month:
            yield HoursOutsideMonthError(entry_id=fact.entry_id, month=fact.month, day=day)


def hours_end_after_they_start(fact: HoursWorked, _: Case) -> Iterator[DomainError]:
    if fact.from_day is not None and fact.to_day is not None and fact.to_day < fact.from_day:
        yield HoursEndBeforeStartError(entry_id=fact.entry_id, from_day=fact.from_day, to_day=fact.to_day)

"""What may be recorded about placements and hours. A new rule is a function here, under its fact.

Hours worked are recorded whatever they exceed. What a fact voids or replaces must be known here.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.placements.facts import HoursWorked, PlacementAgreed, PlacementEnded
from services.placements.refusals import (
    EntryIdUsedError,
    HoursEndBeforeStartError,
    HoursOutsideMonthError,
    PlacementAlreadyEndedError,
    PlacementEndedBeforeStartError,
    PlacementEndsBeforeStartError,
    PlacementIdUsedError,
)
from shared.deciding import Case, Rules
from shared.problems import DomainError

RULES = Rules(strict_links=True)
decide = RULES.decide


@RULES.rule
def a_placement_id_is_new(fact: PlacementAgreed, case: Case) -> Iterator[DomainError]:
    if any(known.placement_id == fact.placement_id for known in case.standing(PlacementAgreed)):
        yield PlacementIdUsedError(placement_id=fact.placement_id)


@RULES.rule
def a_placement_is_planned_to_end_after_it_starts(fact: PlacementAgreed, _: Case) -> Iterator[DomainError]:
    if fact.ends_on is not None and fact.ends_on < fact.starts_on:
        yield PlacementEndsBeforeStartError(
            placement_id=fact.placement_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )


@RULES.rule
def a_placement_ends_once(fact: PlacementEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(PlacementEnded):
        if known.placement_id == fact.placement_id:
            yield PlacementAlreadyEndedError(placement_id=fact.placement_id, ended_on=known.ended_on)


@RULES.rule
def a_placement_ended_after_it_started(fact: PlacementAgreed | PlacementEnded, case: Case) -> Iterator[DomainError]:
    starts = [known.starts_on for known in case.with_event(PlacementAgreed) if known.placement_id == fact.placement_id]
    ends = [known.ended_on for known in case.with_event(PlacementEnded) if known.placement_id == fact.placement_id]
    for start, end in ((start, end) for start in starts for end in ends if end < start):
        yield PlacementEndedBeforeStartError(placement_id=fact.placement_id, starts_on=start, ended_on=end)


@RULES.rule
def an_entry_id_is_new(fact: HoursWorked, case: Case) -> Iterator[DomainError]:
    if any(known.entry_id == fact.entry_id for known in case.standing(HoursWorked)):
        yield EntryIdUsedError(entry_id=fact.entry_id)


@RULES.rule
def hours_lie_within_their_month(fact: HoursWorked, _: Case) -> Iterator[DomainError]:
    for day in (fact.from_day, fact.to_day):
        if day is not None and f"{day:%Y-%m}" != fact.month:
            yield HoursOutsideMonthError(entry_id=fact.entry_id, month=fact.month, day=day)


@RULES.rule
def hours_end_after_they_start(fact: HoursWorked, _: Case) -> Iterator[DomainError]:
    if fact.from_day is not None and fact.to_day is not None and fact.to_day < fact.from_day:
        yield HoursEndBeforeStartError(entry_id=fact.entry_id, from_day=fact.from_day, to_day=fact.to_day)

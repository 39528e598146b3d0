"""Rules of an agreement, its changes and its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded
from services.placements.refusals.placements import (
    PlacementAlreadyEndedError,
    PlacementEndedBeforeStartError,
    PlacementEndsBeforeStartError,
    PlacementIdUsedError,
)
from shared.deciding.contradicting_days import contradictions
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_placement_id_is_new(fact: PlacementAgreed, case: Case) -> Iterator[DomainError]:
    if any(standing.placement_id == fact.placement_id for standing in case.standing(PlacementAgreed)):
        yield PlacementIdUsedError(placement_id=fact.placement_id)


def a_placement_is_agreed_to_end_after_it_starts(fact: PlacementAgreed, case: Case) -> Iterator[DomainError]:
    """Its own last day, and those of changes that came before it."""
    changes = [standing for standing in case.standing(PlacementChanged) if standing.placement_id == fact.placement_id]
    yield from _ending_before(fact, (fact.ends_on, *(change.ends_on for change in changes)))


def a_change_ends_a_placement_after_it_starts(fact: PlacementChanged, case: Case) -> Iterator[DomainError]:
    for standing in case.standing(PlacementAgreed):
        if standing.placement_id == fact.placement_id:
            yield from _ending_before(standing, [fact.ends_on])


def _ending_before(agreed: PlacementAgreed, ends: Iterable[date | None]) -> Iterator[DomainError]:
    """One refusal, of the earliest last day that is before the first."""
    wrong = min((end for end in ends if end is not None and end < agreed.starts_on), default=None)
    if wrong is not None:
        yield PlacementEndsBeforeStartError(placement_id=agreed.placement_id, starts_on=agreed.starts_on, ends_on=wrong)


def a_placement_ends_once(fact: PlacementEnded, case: Case) -> Iterator[DomainError]:
    for standing in case.standing(PlacementEnded):
        if standing.placement_id == fact.placement_id:
            yield PlacementAlreadyEndedError(placement_id=fact.placement_id, ended_on=standing.ended_on)


def a_placement_ended_after_it_started(fact: PlacementAgreed | PlacementEnded, case: Case) -> Iterator[DomainError]:
    starts = [
        standing.starts_on
        for standing in case.with_event(PlacementAgreed)
        if standing.placement_id == fact.placement_id
    ]
    ends = [
        standing.ended_on for standing in case.with_event(PlacementEnded) if standing.placement_id == fact.placement_id
    ]
    for start, end in contradictions(starts, ends):
        yield PlacementEndedBeforeStartError(placement_id=fact.placement_id, starts_on=start, ended_on=end)

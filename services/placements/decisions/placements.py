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
    if any(known.placement_id == fact.placement_id for known in case.standing(PlacementAgreed)):
        yield PlacementIdUsedError(placement_id=fact.placement_id)


def a_placement_is_agreed_to_end_after_it_starts(fact: PlacementAgreed, case: Case) -> Iterator[DomainError]:
    """Its own last day, and those of changes that came before it."""
    changes = [known for known in case.standing(PlacementChanged) if known.placement_id == fact.placement_id]
    yield from _ending_before(fact, (fact.ends_on, *(known.ends_on for known in changes)))


def a_change_ends_a_placement_after_it_starts(fact: PlacementChanged, case: Case) -> Iterator[DomainError]:
    for known in case.standing(PlacementAgreed):
        if known.placement_id == fact.placement_id:
            yield from _ending_before(known, [fact.ends_on])


def _ending_before(agreed: PlacementAgreed, ends: Iterable[date | None]) -> Iterator[DomainError]:
    """One refusal, of the earliest last day that is before the first."""
    wrong = min((end for end in ends if end is not None and end < agreed.starts_on), default=None)
    if wrong is not None:
        yield PlacementEndsBeforeStartError(placement_id=agreed.placement_id, starts_on=agreed.starts_on, ends_on=wrong)


def a_placement_ends_once(fact: PlacementEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(PlacementEnded):
        if known.placement_id == fact.placement_id:
            yield PlacementAlreadyEndedError(placement_id=fact.placement_id, ended_on=known.ended_on)


def a_placement_ended_after_it_started(fact: PlacementAgreed | PlacementEnded, case: Case) -> Iterator[DomainError]:
    starts = [known.starts_on for known in case.with_event(PlacementAgreed) if known.placement_id == fact.placement_id]
    ends = [known.ended_on for known in case.with_event(PlacementEnded) if known.placement_id == fact.placement_id]
    for start, end in contradictions(starts, ends):
        yield PlacementEndedBeforeStartError(placement_id=fact.placement_id, starts_on=start, ended_on=end)

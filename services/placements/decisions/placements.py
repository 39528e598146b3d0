"""Rules of an agreement, its changes and its end."""

from __future__ import annotations

from collections.abc import Iterator

from services.placements.decisions.case import RULES
from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded
from services.placements.refusals import (
    PlacementAlreadyEndedError,
    PlacementEndedBeforeStartError,
    PlacementEndsBeforeStartError,
    PlacementIdUsedError,
)
from shared.deciding import Case
from shared.problems import DomainError


@RULES.rule
def a_placement_id_is_new(fact: PlacementAgreed, case: Case) -> Iterator[DomainError]:
    if any(known.placement_id == fact.placement_id for known in case.standing(PlacementAgreed)):
        yield PlacementIdUsedError(placement_id=fact.placement_id)


@RULES.rule
def a_placement_is_agreed_to_end_after_it_starts(
    fact: PlacementAgreed | PlacementChanged, case: Case
) -> Iterator[DomainError]:
    """As agreed and as changed, whichever is said second."""
    agreed = [known for known in case.with_event(PlacementAgreed) if known.placement_id == fact.placement_id]
    changes = [known for known in case.with_event(PlacementChanged) if known.placement_id == fact.placement_id]
    ends = fact.ends_on if isinstance(fact, PlacementAgreed) else None
    for start in (known.starts_on for known in agreed):
        wrong = [end for end in (ends, *(known.ends_on for known in changes)) if end is not None and end < start]
        if wrong:
            yield PlacementEndsBeforeStartError(placement_id=fact.placement_id, starts_on=start, ends_on=wrong[0])


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

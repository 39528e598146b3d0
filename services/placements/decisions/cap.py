"""The rule of the cap: hours agreed with capped clients fit into what is left of their window. Source: L5132-9."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from services.placements.decisions.case import PlacementsCase
from services.placements.facts import PlacementAgreed, PlacementChanged
from services.placements.facts.codes import CODES
from services.placements.law.tables import law_on
from services.placements.model.windows import CappedPlacement, Window, windows
from services.placements.refusals.cap import (
    HoursCapExceededError,
)
from shared.deciding.refusals import DomainError
from shared.facts.codes import in_sentence
from shared.facts.fact import Recorded, paris_day


def planned_hours_fit_under_the_cap(
    fact: PlacementAgreed | PlacementChanged, case: PlacementsCase
) -> Iterator[DomainError]:
    """Judged by the hours the event adds to what counts as planned: none added, nothing to refuse.

    What counts is looked at on the day it was said, or on the first day of what is agreed where that was said later.
    """
    agreed = _agreed(fact.placement_id, case)
    if agreed is None:
        return
    first_day = agreed.starts_on if isinstance(fact, PlacementAgreed) else max(fact.changed_on, agreed.starts_on)
    said_on = min(paris_day(case.event.time), first_day)
    day = max(said_on, agreed.starts_on)
    found = _counted(case.with_it, fact.placement_id, day, case)
    if found is None:
        return
    window, placement = found
    # Only what is added: a change that plans fewer hours is recorded even where the window is over its cap already.
    asked = round(placement.planned(said_on) - _planned_before(window, fact.placement_id, said_on, case), 4)
    planned = window.planned(said_on)
    limit = window.limit_on(day, agreed.structure_id)
    # Hours worked beyond the cap happened and are recorded; what somebody plans can still be refused.
    if limit is None or asked <= 0 or round(window.worked + planned, 4) <= limit:
        return
    others = round(planned - asked, 4)
    free = law_on(agreed.starts_on).clients(capped=False)
    yield HoursCapExceededError(
        placement_id=fact.placement_id,
        structure_id=agreed.structure_id,
        window_starts_on=window.starts_on,
        window_ends_on=window.ends_on,
        limit=limit,
        hours_worked=window.worked,
        hours_planned=others,
        hours_asked=asked,
        hours_left=max(round(limit - window.worked - others, 4), 0.0),
        free_client_kinds=[row.kind for row in free],
        free_clients_fr=", ".join(in_sentence(CODES.label("client_kind", row.kind, "fr")) for row in free),
    )


def _agreed(placement_id: UUID, case: PlacementsCase) -> PlacementAgreed | None:
    agreed = (fact for fact in case.with_event(PlacementAgreed) if fact.placement_id == placement_id)
    return next(agreed, None)


def _counted(
    facts: Sequence[Recorded], placement_id: UUID, day: date, case: PlacementsCase
) -> tuple[Window, CappedPlacement] | None:
    """The window of that day in which the placement counts; None where the cap is not about it."""
    for window in windows(facts, case.outside.world, case.outside.scope, day):
        for placement in window.placements:
            if placement.placement.placement_id == placement_id and window.holds(day):
                return window, placement
    return None


def _planned_before(window: Window, placement_id: UUID, said_on: date, case: PlacementsCase) -> float:
    """Hours that counted already as planned of that placement, there; a correction asks for the rest only."""
    found = _counted(case.settled, placement_id, max(said_on, window.starts_on), case)
    return found[1].planned(said_on) if found and found[0].structure_id == window.structure_id else 0

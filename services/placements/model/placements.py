"""Placements as agreed, changed and ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded, Purpose
from shared.facts.fact import Recorded


@dataclass(frozen=True, slots=True)
class Placement:
    """`agreed_ends`: the last days agreed, one after the other; the last one is agreed now. `ended_on`: the real one."""

    placement_id: UUID
    structure_id: UUID
    client_id: UUID
    starts_on: date
    agreed_ends: tuple[date, ...]
    planned_hours: float | None
    occupation_code: str | None
    purpose: Purpose | None
    ended_on: date | None = None

    @property
    def ends_on(self) -> date | None:
        """The last day agreed; None: open."""
        return self.agreed_ends[-1] if self.agreed_ends else None

    @property
    def last_day(self) -> date | None:
        return self.ended_on or self.ends_on

    def is_over(self, on: date) -> bool:
        """Whether nothing more is to come of it: its end is said, or its last agreed day is past."""
        return self.ended_on is not None or (self.ends_on is not None and self.ends_on < on)


def placements(settled: Iterable[Recorded]) -> list[Placement]:
    """In the order of their first days. A change or an end of an agreement that is not known (yet) shows nothing."""
    agreed: dict[UUID, Placement] = {}
    later: list[PlacementChanged | PlacementEnded] = []
    for fact in settled:
        if isinstance(fact.data, PlacementAgreed):
            agreed[fact.data.placement_id] = _agreed(fact.data)
        elif isinstance(fact.data, PlacementChanged | PlacementEnded):
            later.append(fact.data)
    # After all agreements: a change may be dated before what it changes, and has to find it.
    for change in later:
        if change.placement_id in agreed:
            agreed[change.placement_id] = _after(agreed[change.placement_id], change)
    return sorted(agreed.values(), key=lambda placement: placement.starts_on)


def _agreed(fact: PlacementAgreed) -> Placement:
    return Placement(
        placement_id=fact.placement_id,
        structure_id=fact.structure_id,
        client_id=fact.client_id,
        starts_on=fact.starts_on,
        agreed_ends=() if fact.ends_on is None else (fact.ends_on,),
        planned_hours=fact.planned_hours,
        occupation_code=fact.occupation_code,
        purpose=fact.purpose,
    )


def _after(placement: Placement, fact: PlacementChanged | PlacementEnded) -> Placement:
    if isinstance(fact, PlacementEnded):
        return replace(placement, ended_on=fact.ended_on)
    ends = placement.agreed_ends if fact.ends_on is None else (*placement.agreed_ends, fact.ends_on)
    hours = placement.planned_hours if fact.planned_hours is None else fact.planned_hours
    return replace(placement, agreed_ends=ends, planned_hours=hours)

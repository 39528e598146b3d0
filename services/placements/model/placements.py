"""Placements as agreed, changed and ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from uuid import UUID

from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded, Purpose
from shared.facts.fact import Recorded

PlacementFact = PlacementAgreed | PlacementChanged | PlacementEnded


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


@dataclass(slots=True)
class Terms:
    """What was agreed of one placement, gathered fact by fact; the agreement itself may not be known (yet).

    `agreed`: the last agreement taken; changes and an end apply to whichever that is, in the order taken.
    """

    agreed: PlacementAgreed | None = None
    changed_ends: list[date] = field(default_factory=list)
    changed_hours: float | None = None
    ended: PlacementEnded | None = None

    def take(self, fact: PlacementFact) -> None:
        if isinstance(fact, PlacementAgreed):
            self.agreed = fact
        elif isinstance(fact, PlacementEnded):
            self.ended = fact
        else:
            # What a change leaves out stays as it was.
            self.changed_ends += [] if fact.ends_on is None else [fact.ends_on]
            self.changed_hours = self.changed_hours if fact.planned_hours is None else fact.planned_hours

    @property
    def agreed_ends(self) -> tuple[date, ...]:
        first = None if self.agreed is None else self.agreed.ends_on
        return (*([] if first is None else [first]), *self.changed_ends)

    @property
    def ends_on(self) -> date | None:
        """The last day as agreed last. None: open, or not known."""
        return next(reversed(self.agreed_ends), None)

    @property
    def planned_hours(self) -> float | None:
        if self.changed_hours is not None or self.agreed is None:
            return self.changed_hours
        return self.agreed.planned_hours


def terms(agreed: Iterable[PlacementAgreed], later: Iterable[PlacementChanged | PlacementEnded]) -> dict[UUID, Terms]:
    """By placement: in the order of agreements, then those of which only changes or an end are known. Each in the order
    of truth."""
    found: dict[UUID, Terms] = {}
    for fact in chain(agreed, later):
        found.setdefault(fact.placement_id, Terms()).take(fact)
    return found


def placements(settled: Iterable[Recorded]) -> list[Placement]:
    """In the order of their first days. A change or an end of an agreement that is not known (yet) shows nothing."""
    facts = [fact.data for fact in settled if isinstance(fact.data, PlacementFact)]
    by_placement = terms(
        (fact for fact in facts if isinstance(fact, PlacementAgreed)),
        (fact for fact in facts if not isinstance(fact, PlacementAgreed)),
    )
    found = [_placement(gathered.agreed, gathered) for gathered in by_placement.values() if gathered.agreed is not None]
    return sorted(found, key=lambda placement: placement.starts_on)


def _placement(agreed: PlacementAgreed, gathered: Terms) -> Placement:
    return Placement(
        placement_id=agreed.placement_id,
        structure_id=agreed.structure_id,
        client_id=agreed.client_id,
        starts_on=agreed.starts_on,
        agreed_ends=gathered.agreed_ends,
        planned_hours=gathered.planned_hours,
        occupation_code=agreed.occupation_code,
        purpose=agreed.purpose,
        ended_on=None if gathered.ended is None else gathered.ended.ended_on,
    )

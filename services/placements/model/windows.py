"""The cap on hours with companies: in which windows a person's hours and planned hours count, and what is left.

Source: L5132-9, R5132-18; figures in law/cap.yaml, kinds in law/client_kinds.yaml. A placement is capped by what its
structure and client were on its first day: what a client becomes later changes nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from services.placements.law.tables import law_on
from services.placements.model.ledger import Entry, ledger, total
from services.placements.model.placements import Placement, placements
from services.placements.model.world import World
from services.structures.facts import DerogationGranted
from shared.facts.days import plus
from shared.facts.fact import Recorded
from shared.facts.months import span_end

Scope = Literal["structure", "person"]
"""Whether the cap counts by association, or across associations ("un même salarié")."""


@dataclass(frozen=True, slots=True)
class CountedHours:
    """Hours of a capped placement; `day` says in which window they count."""

    day: date
    hours: float
    placement: Placement
    by: Recorded


@dataclass(frozen=True, slots=True)
class CappedPlacement:
    """A placement whose hours count, with those worked so far, in whichever window."""

    placement: Placement
    worked: float

    def planned(self, on: date) -> float:
        """Hours planned and not worked yet; none once it is over."""
        if self.placement.is_over(on):
            return 0
        return max(round((self.placement.planned_hours or 0) - self.worked, 4), 0)


@dataclass(frozen=True, slots=True)
class Window:
    """The days over which hours add up. `structure_id`: of which association; None: of all. `limit`: the rule's.

    `placements`: every capped placement of that scope, whichever window it falls in.
    """

    structure_id: UUID | None
    starts_on: date
    ends_on: date
    limit: float
    entries: tuple[CountedHours, ...]
    placements: tuple[CappedPlacement, ...]
    derogations: Mapping[UUID, Sequence[DerogationGranted]]

    def holds(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on

    @property
    def worked(self) -> float:
        """Under a derogation too."""
        return total(entry.hours for entry in self.entries)

    def planned(self, on: date) -> float:
        """Hours that count here as planned on that day: in the window of it, or of the first day of what is to come."""
        lent = (placement for placement in self.placements if self.holds(max(placement.placement.starts_on, on)))
        return total(placement.planned(on) for placement in lent)

    def left(self, on: date, structure_id: UUID | None = None) -> float | None:
        """What may still be planned; None: there is no cap on that day."""
        limit = self.limit_on(on, structure_id)
        return None if limit is None else max(round(limit - self.worked - self.planned(on), 4), 0)

    def limit_on(self, day: date, structure_id: UUID | None = None) -> float | None:
        """The cap on that day; None: lifted. `structure_id`: for hours by that association, if not the window's own."""
        return limit_under(self.derogation_on(day, structure_id), self.limit)

    def derogation_on(self, day: date, structure_id: UUID | None = None) -> DerogationGranted | None:
        whose = structure_id or self.structure_id
        return None if whose is None else derogation_on(self.derogations.get(whose, ()), day)


def windows(
    settled: Sequence[Recorded], world: World, scope: Scope = "structure", on: date | None = None
) -> tuple[Window, ...]:
    """Every window that the facts open, by association, then by day.

    An open placement runs as far as anything is told of it, and until `on`.
    """
    capped = capped_placements(settled, world)
    if not capped:
        return ()
    counted = _counted(ledger(settled), capped)
    found: list[Window] = []
    for structure_id, lent in _by_scope(capped, scope).items():
        ids = {placement.placement_id for placement in lent}
        found += _windows_of(
            structure_id, lent, [hours for hours in counted if hours.placement.placement_id in ids], world, on
        )
    return tuple(found)


def capped_placements(settled: Iterable[Recorded], world: World) -> list[Placement]:
    """Those that the cap is about, by first day; one whose structure or client is not known (yet) is none of them."""
    return [
        placement
        for placement in placements(settled)
        if law_on(placement.starts_on).is_capped(
            world.structure_kind(placement.structure_id, placement.starts_on),
            world.client_kind(placement.client_id, placement.starts_on),
        )
    ]


def derogation_on(derogations: Iterable[DerogationGranted], day: date) -> DerogationGranted | None:
    """The one that counts on a day: of several, one that lifts the cap, else the one with the highest limit."""
    held = [derogation for derogation in derogations if derogation.starts_on <= day <= derogation.ends_on]
    return max(
        held, key=lambda derogation: float("inf") if derogation.limit is None else derogation.limit, default=None
    )


def limit_under(derogation: DerogationGranted | None, limit: float) -> float | None:
    """The cap where `limit` is the rule's; None: lifted."""
    return limit if derogation is None else derogation.limit


def window_ends_on(starts_on: date) -> date:
    """The last day of a window that opens on that day."""
    # At the edge of the calendar months end before they begin; a window has its first day at least.
    return max(span_end(starts_on, law_on(starts_on).cap.months), starts_on)


def article_of(window_starts_on: date) -> str:
    """The article by which a window that opens on that day has its cap."""
    return law_on(window_starts_on).cap.article


def _counted(entries: Iterable[Entry], capped: Iterable[Placement]) -> list[CountedHours]:
    """In the order of truth; hours of a service sold (`provision`) are nobody's loan."""
    by_id = {placement.placement_id: placement for placement in capped}
    found = []
    for entry in entries:
        named = entry.hours.placement_id
        placement = None if named is None or entry.hours.mode == "provision" else by_id.get(named)
        if placement is not None:
            # Hours of a month may be told without days: they count no earlier than the placement begins.
            day = max(entry.hours.first_day, placement.starts_on)
            found.append(CountedHours(day, entry.hours.hours, placement, entry.by))
    return found


def _by_scope(capped: Iterable[Placement], scope: Scope) -> dict[UUID | None, list[Placement]]:
    groups: dict[UUID | None, list[Placement]] = {}
    for placement in capped:
        groups.setdefault(placement.structure_id if scope == "structure" else None, []).append(placement)
    return groups


def _windows_of(
    structure_id: UUID | None,
    lent: Sequence[Placement],
    counted: Sequence[CountedHours],
    world: World,
    on: date | None,
) -> Iterator[Window]:
    worked: dict[UUID, list[CountedHours]] = {placement.placement_id: [] for placement in lent}
    for entry in counted:
        worked[entry.placement.placement_id].append(entry)
    loans = tuple(
        CappedPlacement(placement, total(entry.hours for entry in worked[placement.placement_id])) for placement in lent
    )
    derogations = {placement.structure_id: tuple(world.derogations(placement.structure_id)) for placement in lent}
    runs = [_Run(placement, [entry.day for entry in worked[placement.placement_id]], on) for placement in lent]
    for starts_on, ends_on in _spans(runs):
        yield Window(
            structure_id=structure_id,
            starts_on=starts_on,
            ends_on=ends_on,
            limit=float(law_on(starts_on).cap.limit),
            entries=tuple(entry for entry in counted if starts_on <= entry.day <= ends_on),
            placements=loans,
            derogations=derogations,
        )


class _Run(NamedTuple):
    """The days on which a placement runs: those agreed, and those on which hours were worked all the same."""

    placement: Placement
    worked_on: Sequence[date]
    on: date | None

    def first_after(self, day: date) -> date | None:
        """The first later day on which it runs."""
        starts_on, ends_on = self.placement.starts_on, self._last_day()
        if starts_on > day:
            return starts_on
        if ends_on > day:
            return plus(day, 1)
        return min((worked for worked in self.worked_on if worked > day), default=None)

    def _last_day(self) -> date:
        """As agreed or ended; of an open one, the last that anything is told of."""
        # An open placement must end somewhere, or its windows would go on to the edge of the calendar.
        open_until = max(self.placement.starts_on, *self.worked_on, self.on or date.min)
        return self.placement.last_day or open_until


def _spans(runs: Sequence[_Run]) -> Iterator[tuple[date, date]]:
    """First and last days: each window opens on the first day after the one before on which a placement runs."""
    day: date | None = date.min
    while day is not None:
        day = min((first for run in runs if (first := run.first_after(day))), default=None)
        if day is not None:
            # The next one opens with the first day of a placement after it, not on the day after: without a loan none
            # is open.
            yield day, window_ends_on(day)
            day = window_ends_on(day)

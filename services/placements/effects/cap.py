"""What the service says by itself of the cap: that the hours worked in a window come near it, or pass it.

`derive` says what should stand now, given everything known; the machinery records what is missing and voids what is
superfluous. Each is caused by the hours that, in the order of truth, made the sum of their window reach it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.placements.facts import CapApproaching, CapExceeded, CapReached
from services.placements.law.tables import law_on
from services.placements.model.ledger import total
from services.placements.model.windows import CountedHours, Scope, Window, windows
from services.placements.model.world import World
from shared.facts.fact import Recorded
from shared.reacting.effects import Wanted


def derive(own: Sequence[Recorded], world: World, scope: Scope = "structure") -> tuple[Wanted, ...]:
    """The effects that should stand. `own`: settled facts of this service."""
    return tuple(wanted for window in windows(own, world, scope) for wanted in _reached(window))


def is_policy_effect(fact: Recorded) -> bool:
    """Whether `derive` said it."""
    return isinstance(fact.data, CapReached)


def _reached(window: Window) -> Iterator[Wanted]:
    """At most one of each kind: the first hours with which the sum was there, on a day with a cap."""
    share = law_on(window.starts_on).cap_warning.share
    worked = 0.0
    missing: list[type[CapReached]] = [CapApproaching, CapExceeded]
    # In the order of truth, not of arrival: hours told late may move the day on which the cap was reached.
    for entry in window.entries:
        if not missing:
            return
        # Rounded at each step: 0.1 added ten times must reach 1, not 0.9999999999999999.
        worked = total((worked, entry.hours))
        limit = window.limit_on(entry.by.occurred_on, entry.placement.structure_id)
        if limit is None:
            continue
        # Reached at the share itself, passed only beyond the cap: 480 hours of 480 are lawful.
        reached = {CapApproaching: worked >= total([share * limit]), CapExceeded: worked > limit}
        for kind in [kind for kind in missing if reached[kind]]:
            missing.remove(kind)
            yield Wanted(_said(kind, window, entry, worked), entry.by)


def _said(kind: type[CapReached], window: Window, entry: CountedHours, worked: float) -> CapReached:
    return kind(
        structure_id=entry.placement.structure_id,
        window_starts_on=window.starts_on,
        reached_on=entry.by.occurred_on,
        hours=worked,
        placement_id=entry.placement.placement_id,
    )

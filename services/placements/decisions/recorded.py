"""What is recorded with an event that no rule refuses."""

from __future__ import annotations

from services.placements.decisions.case import PlacementsCase
from services.placements.effects.cap import derive
from services.placements.facts import HoursWorked
from shared.deciding.rules import ACCEPTED, Verdict


def recorded_with(case: PlacementsCase) -> Verdict:
    """What these very hours make to be said; the policy, which looks at everything again, finds it said."""
    hours_worked = case.event.data
    if not isinstance(hours_worked, HoursWorked) or hours_worked.placement_id is None:
        return ACCEPTED
    # With the hours themselves: whoever sends them is told in the answer, not by a fact that comes later.
    wanted = derive(case.with_it, case.outside.world, case.outside.scope)
    return Verdict(effects=tuple(effect.fact for effect in wanted if effect.cause is case.event))

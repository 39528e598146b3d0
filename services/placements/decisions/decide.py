"""What may be recorded about a person's placements and hours, and what follows at once.

The rules are in `decisions/`, by the fact they judge. What a fact voids or replaces must be known here. Hours worked are
recorded whatever they exceed; that they come near the cap or pass it is recorded with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.placements.decisions import cap, hours, own, placements
from services.placements.decisions.case import RULES, PlacementsCase, placements_context
from services.placements.effects import derive
from services.placements.facts import HoursWorked
from shared.deciding.rules import Context, Verdict, refused
from shared.facts.fact import Fact, Recorded

RULE_MODULES = (own, placements, hours, cap)
"""Importing them registered their rules."""


def decide(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
    """Every refusal of the event, or what follows from it."""
    case = PlacementsCase(event, settled, placements_context(context))
    refusals = RULES.refusals(case)
    return refused(*refusals) if refusals else Verdict(effects=tuple(_effects(case)))


def _effects(case: PlacementsCase) -> list[Fact]:
    """What these very hours make to be said; the policy, which looks at everything again, finds it said."""
    hours_worked = case.event.data
    if not isinstance(hours_worked, HoursWorked) or hours_worked.placement_id is None:
        return []
    wanted = derive(case.with_it, case.outside.world, case.outside.scope)
    return [one.fact for one in wanted if one.cause is case.event]

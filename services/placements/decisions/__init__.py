"""What may be recorded about a person's placements and hours. A new rule is a function here, under the fact it judges.

What a fact voids or replaces must be known here. Hours worked are recorded whatever they exceed; that they come near
the cap or pass it is recorded with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.placements.decisions import cap, general, hours, placements, warnings
from services.placements.decisions.case import PlacementsCase, placements_context
from services.placements.decisions.recorded import recorded_with
from shared.deciding import doubtful_links
from shared.deciding.rules import Context, Rules, Verdict, refused
from shared.deciding.warnings import Warnings
from shared.facts.fact import Recorded

RULES = Rules(
    (
        general.only_the_service_says_what_follows,
        general.only_the_service_takes_back_what_follows,
        placements.a_placement_id_is_new,
        placements.a_placement_is_agreed_to_end_after_it_starts,
        placements.a_change_ends_a_placement_after_it_starts,
        placements.a_placement_ends_once,
        placements.a_placement_ended_after_it_started,
        hours.an_entry_id_is_new,
        hours.hours_lie_within_their_month,
        hours.hours_end_after_they_start,
        cap.planned_hours_fit_under_the_cap,  # last: it means nothing of a placement that cannot be as it is said
    ),
    strict_links=True,
    asks={"structures": (cap.planned_hours_fit_under_the_cap,)},
)
"""In the order in which they speak: the first refusal is the one a sender is told, the others stand beside it."""

WARNINGS = Warnings(
    (
        doubtful_links.a_correction_is_of_the_same_kind,
        warnings.what_is_done_is_not_to_come,
        warnings.hours_of_a_month_are_worked,
        warnings.a_placement_is_known,
        warnings.hours_are_worked_under_their_placement,
        warnings.hours_are_worked_under_a_contract,
    ),
    lambda event, settled, context: PlacementsCase(event, settled, placements_context(context)),
    asks={"pathways": (warnings.hours_are_worked_under_a_contract,)},
)
"""In the order in which they are told, of what is recorded all the same."""


def decide(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
    """Every refusal of the event, or what is recorded with it."""
    case = PlacementsCase(event, settled, placements_context(context))
    refusals = RULES.refusals(case)
    return refused(*refusals) if refusals else recorded_with(case)

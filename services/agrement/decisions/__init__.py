"""What may be recorded about a person's agrément, and what follows at once. A new rule is a function here.

Each takes the fact and its case (case.py): the person's file as it stands beside the fact, the day it is judged on, and
the law of that day. A rule that needs a structure's kind keeps quiet where the kind is not known.

Unlike the services that only keep facts, this one decides on what was recorded before: what a fact voids or replaces
must be known here. A fact that is voided or replaced takes with it what the service had recorded as its effect.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.agrement.decisions import (
    answers,
    eligibility,
    endings,
    general,
    grants,
    numbers,
    prolongations,
    suspensions,
    warnings,
)
from services.agrement.decisions.case import AgrementCase, agrement_context
from services.agrement.decisions.recorded import recorded_with
from services.agrement.decisions.taken_back import taken_back_with
from shared.deciding import doubtful_links
from shared.deciding.rules import Context, Rule, Rules, Verdict, refused
from shared.deciding.warnings import Warnings
from shared.facts.fact import Recorded

FOLLOWS_FROM_HIRES: Sequence[Rule] = (
    grants.one_agrement_at_a_time,
    grants.agrements_never_overlap,
    grants.no_new_agrement_in_carence,
    grants.a_start_does_not_pass_what_follows,
    grants.a_hire_moves_only_what_has_not_started,
    suspensions.only_the_last_employer_suspends,
    suspensions.only_a_running_agrement_is_suspended,
    suspensions.only_a_running_suspension_is_changed,
    suspensions.work_resumes_within_the_suspension,
    suspensions.a_suspension_lasts_a_day_or_more_but_not_too_long,
    suspensions.a_suspension_starts_within_bounds,
    suspensions.suspensions_share_no_day,
    prolongations.a_prolongation_starts_where_the_agrement_ends,
    prolongations.a_prolongation_adds_days_but_not_too_many,
    prolongations.a_prolongation_is_asked_in_its_window,
    prolongations.a_prolongation_is_not_asked_while_something_runs,
    prolongations.only_the_latest_agrement_is_prolonged,
    prolongations.prolongations_share_no_day,
    answers.a_grant_gives_days_that_are_free,
    endings.only_an_agrement_that_has_not_ended_is_closed,
    endings.a_closing_names_a_suspension_of_the_agrement,
    endings.an_employer_closes_after_a_long_suspension,
    endings.an_agrement_that_served_is_not_cancelled,
)
"""They ask which hires stand, or for days that a hire moves: what the service records by itself, of hires of pathways by
what is a SIAE for structures."""

ASKS_A_KIND: Sequence[Rule] = (
    eligibility.an_employer_alone_needs_enough_criteria,
    grants.only_a_siae_uses_an_agrement,
    suspensions.a_suspension_reason_is_offered,
    prolongations.a_prolongation_reason_is_offered,
)
"""They ask for the kind of a structure on a day."""

RULES = Rules(
    (
        # Who may say it, and about which agrément: what is unknown is told before what would be wrong with it.
        general.only_the_service_says_what_follows,
        general.only_the_service_takes_back_what_follows,
        general.the_agrement_is_known,
        general.a_closed_agrement_stays_as_it_is,
        # Topics in the order of a file: what makes somebody eligible, the grant, then what happens to it.
        eligibility.a_diagnosis_id_is_new,
        eligibility.criteria_go_together,
        eligibility.criteria_fit_age_and_months,
        eligibility.an_employer_alone_needs_enough_criteria,
        # An id used twice before anything of its content: most often the same grant is sent again by mistake.
        grants.an_agrement_id_is_new,
        grants.an_agrement_ends_after_its_first_day,
        grants.an_official_agrement_is_told_by_the_structure_of_the_hire,
        grants.an_official_agrement_has_its_official_end,
        grants.one_agrement_at_a_time,
        grants.agrements_never_overlap,
        grants.only_a_siae_uses_an_agrement,
        grants.an_agrement_rests_on_a_valid_diagnosis,
        grants.no_new_agrement_in_carence,
        grants.a_number_is_given_by_its_issuer,
        grants.a_number_is_never_used_twice,
        numbers.a_number_given_back_is_nobody_elses,
        grants.a_number_is_of_the_issuer_of_its_origin,
        grants.a_start_does_not_pass_what_follows,
        grants.a_hire_moves_only_what_has_not_started,
        suspensions.a_suspension_id_is_new,
        suspensions.the_suspension_is_known,
        suspensions.only_the_last_employer_suspends,
        suspensions.only_a_running_agrement_is_suspended,
        suspensions.a_suspension_reason_is_offered,
        suspensions.only_a_running_suspension_is_changed,
        suspensions.a_change_says_one_thing,
        suspensions.work_resumes_within_the_suspension,
        suspensions.a_suspension_lasts_a_day_or_more_but_not_too_long,
        suspensions.a_suspension_starts_within_bounds,
        suspensions.suspensions_share_no_day,
        prolongations.a_prolongation_id_is_new,
        prolongations.a_request_id_is_new,
        prolongations.a_prolongation_reason_is_offered,
        prolongations.a_prolongation_starts_where_the_agrement_ends,
        prolongations.a_prolongation_adds_days_but_not_too_many,
        prolongations.the_person_is_old_enough,
        prolongations.a_prolongation_is_asked_in_its_window,
        prolongations.a_prolongation_is_not_asked_while_something_runs,
        prolongations.only_the_latest_agrement_is_prolonged,
        prolongations.prolongations_share_no_day,
        prolongations.some_reasons_need_an_opinion,
        # An unknown request before who answers it: whoever mistook the request is not told to ask for rights.
        answers.a_request_is_answered_one_way,
        answers.only_an_authorised_prescriber_answers,
        answers.a_denial_says_what_comes_next,
        answers.the_prolongation_of_a_grant_is_new,
        answers.a_grant_gives_days_that_are_free,
        # The suspension named before the right to close: an employer closes because of that suspension.
        endings.a_closing_names_a_suspension_of_the_agrement,
        endings.only_an_agrement_that_has_not_ended_is_closed,
        endings.an_employer_closes_after_a_long_suspension,
        endings.an_agrement_that_served_is_not_cancelled,
    ),
    strict_links=True,
    asks={
        "structures": (*ASKS_A_KIND, *FOLLOWS_FROM_HIRES),
        "pathways": FOLLOWS_FROM_HIRES,
        "agrement": FOLLOWS_FROM_HIRES,
    },
)
"""In the order in which they speak: the first refusal is the one a sender is told, the others stand beside it."""

WARNINGS = Warnings(
    (
        doubtful_links.a_correction_is_of_the_same_kind,
        warnings.what_is_decided_is_not_to_come,
        warnings.a_prescriber_names_an_employer_of_the_person,
    ),
    lambda event, settled, context: AgrementCase(event, settled, agrement_context(context)),
)
"""In the order in which they are told, of what is recorded all the same."""


def decide(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
    """Every refusal of the event, or what it records: itself, completed, and its effects."""
    # What falls with a fact must not stand in the way of its correction: the prolongation, say, of the answer that
    # granted it.
    fallen = taken_back_with(event, settled, context)
    standing = [fact for fact in settled if fact not in fallen] if fallen else settled
    case = AgrementCase(event, standing, agrement_context(context))
    refusals = RULES.refusals(case)
    return refused(*refusals) if refusals else recorded_with(case, fallen)


def rules_broken(settled: Sequence[Recorded], event: Recorded, context: Context) -> list[dict[str, object]]:
    """May I? Every rule the event would break, as the problems its refusal would show; nothing is recorded."""
    return [refusal.problem() for refusal in decide(settled, event, context).refusals]

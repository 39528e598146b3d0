"""What may be recorded about a person's pathway. A new rule is a function here, under the fact it judges.

Only what cannot be true is refused, and immersions beyond their limits: those are agreed, not found. What is not known
yet, contracts that overlap, hires without agrément or against the law are facts and are recorded; facts may arrive in
any order.
"""

from __future__ import annotations

from services.pathways.decisions import (
    contracts,
    esf,
    handovers,
    immersions,
    leaving,
    merging,
    support,
    trainings,
    warnings,
)
from shared.deciding import doubtful_links
from shared.deciding.rules import Rules
from shared.deciding.warnings import Warnings

RULES = Rules(
    (
        contracts.a_contract_id_is_new,
        contracts.a_contract_is_planned_to_end_after_it_starts,
        contracts.a_contract_renews_another,
        contracts.a_contract_ends_once,
        contracts.a_contract_ended_after_it_started,
        contracts.a_suspension_ends_after_it_starts,
        contracts.a_derogation_id_is_new,
        contracts.a_derogation_ends_after_it_starts,
        trainings.a_training_id_is_new,
        trainings.a_training_ends_once,
        trainings.a_training_ended_after_it_started,
        immersions.an_immersion_id_is_new,
        immersions.an_immersion_is_planned_to_end_after_it_starts,
        immersions.an_immersion_renews_another,
        immersions.an_immersion_ends_once,
        immersions.an_immersion_ended_after_it_started,
        # Last of its topic: limits of the law mean nothing of days that cannot be as they are said.
        immersions.an_immersion_keeps_its_limits,
        support.an_action_id_is_new,
        handovers.a_handover_id_is_new,
        handovers.a_handover_goes_to_another_structure,
        handovers.a_handover_is_answered_once,
        handovers.a_handover_is_proposed_before_it_is_answered,
        leaving.an_exit_id_is_new,
        leaving.what_comes_next_ends_after_it_starts,
        esf.a_participation_id_is_new,
        esf.a_participation_ends_once,
        esf.a_participation_ended_after_it_started,
        merging.a_person_is_merged_into_another,
        merging.merged_persons_are_known,
        merging.a_person_is_merged_once,
        merging.merges_make_no_circle,
        merging.a_split_names_a_merge_that_holds,
    ),
    # What a fact voids or replaces may arrive after it: this service decides nothing on what was recorded before.
    strict_links=False,
)
"""In the order in which they speak: the first refusal is the one a sender is told, the others stand beside it."""

WARNINGS = Warnings(
    (
        doubtful_links.a_void_names_a_fact_of_its_subject,
        doubtful_links.a_fact_is_voided_once,
        doubtful_links.a_correction_names_a_fact_of_its_subject,
        doubtful_links.a_correction_is_of_the_same_kind,
        warnings.what_is_done_is_not_to_come,
        warnings.a_contract_is_known,
        warnings.a_renewed_contract_is_known,
        warnings.a_training_is_known,
        warnings.an_immersion_is_known,
        warnings.a_renewed_immersion_is_known,
        warnings.a_handover_is_known,
        warnings.an_exit_is_from_a_known_contract,
        warnings.a_follow_up_is_of_a_known_exit,
        warnings.a_follow_up_is_of_a_milestone,
        warnings.a_participation_is_known,
    )
)
"""In the order in which they are told, of what is recorded all the same."""

decide = RULES.decide

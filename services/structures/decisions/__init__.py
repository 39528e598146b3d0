"""What may be recorded about structures, groups and clients. A new rule is a function here, under the fact it judges.

What is merely not known yet is no reason to refuse: an end may come before its beginning.
"""

from __future__ import annotations

from services.structures.decisions import (
    annexes,
    certifications,
    clients,
    derogations,
    groups,
    networks,
    sharing,
    structures,
    warnings,
)
from shared.deciding import doubtful_links
from shared.deciding.rules import Rules
from shared.deciding.warnings import Warnings

RULES = Rules(
    (
        # That there is one already before what is wrong with another.
        structures.a_structure_is_registered_once,
        structures.a_structure_closes_once,
        structures.a_structure_closes_after_it_opened,
        structures.a_successor_is_another_structure,
        annexes.an_annex_ends_after_it_starts,
        derogations.a_derogation_id_is_new,
        derogations.a_derogation_ends_after_it_starts,
        certifications.a_certification_id_is_new,
        certifications.a_certification_expires_after_its_award,
        certifications.a_certification_ends_once,
        certifications.a_certification_ends_after_its_award,
        networks.a_network_is_left_before_it_is_joined_again,
        groups.a_group_is_formed_once,
        groups.a_group_is_left_before_it_is_joined_again,
        sharing.an_agreement_ends_after_its_day,
        sharing.members_alone_agree,
        sharing.an_agreement_is_agreed_once,
        sharing.who_agrees_agrees_to_the_same,
        sharing.one_withdraws_from_what_it_agreed_to,
        clients.a_client_is_registered_once,
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
        warnings.a_structure_is_registered,
        warnings.a_group_is_formed,
        warnings.a_client_is_registered,
        warnings.what_is_done_is_not_to_come,
        warnings.a_certification_is_known,
        warnings.a_membership_is_known,
        warnings.a_network_was_joined,
        warnings.an_annex_is_of_a_known_measure,
        warnings.a_siret_has_its_key,
        warnings.a_commune_lies_in_its_department,
    )
)
"""In the order in which they are told, of what is recorded all the same."""

decide = RULES.decide

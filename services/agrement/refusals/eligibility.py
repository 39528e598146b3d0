"""Refusals of a diagnosis of eligibility."""

from __future__ import annotations

from services.agrement.refusals.general import AgrementRuleError

CRITERIA = "Arrêté du 1er septembre 2021"


class DiagnosisIdUsedError(AgrementRuleError):
    code = "diagnosis_id_used"
    title = "Another diagnosis of this person has this id; void or replace that one"
    title_fr = "Un autre diagnostic de cette personne porte cet identifiant"


class CriteriaExcludeEachOtherError(AgrementRuleError):
    code = "criteria_exclude_each_other"
    title = "These criteria cannot both be true"
    title_fr = "Ces critères ne peuvent être vrais tous les deux"
    article = CRITERIA
    instead = "Keep one of: {criteria}."
    instead_fr = "Gardez l'un des critères : {criteria}."


class CriterionNotMetError(AgrementRuleError):
    code = "criterion_not_met"
    title = "The age or the months without a job that were given contradict this criterion"
    title_fr = "L'âge ou les mois sans emploi indiqués contredisent ce critère"
    article = CRITERIA
    instead = "Asked for: at least {least}, at most {greatest}; given: {given}."
    instead_fr = "Attendu : au moins {least}, au plus {greatest} ; indiqué : {given}."


class NotEnoughCriteriaError(AgrementRuleError):
    code = "not_enough_criteria"
    title = "An employer alone needs more criteria for this; an authorised prescriber needs none"
    title_fr = "Un employeur seul a besoin de plus de critères ; un prescripteur habilité d'aucun"
    article = CRITERIA
    instead = "Needed: {level_1_needed} of level 1, or {level_2_needed} of level 2 (given: {level_2_given})."
    instead_fr = (
        "Il faut {level_1_needed} critère de niveau 1, ou {level_2_needed} de niveau 2 (indiqués : {level_2_given})."
    )

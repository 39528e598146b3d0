"""Refusals of a diagnosis of eligibility."""

from __future__ import annotations

from services.agrement.facts import EligibilityDiagnosed
from services.agrement.refusals.general import AgrementRuleError
from shared.deciding.refusals import by

CRITERIA = "Arrêté du 1er septembre 2021"


class DiagnosisIdUsedError(AgrementRuleError):
    code = "diagnosis_id_used"
    against = by(EligibilityDiagnosed, "diagnosis_id")
    title = "Another diagnosis of this person has this id; void or replace that one"
    title_fr = "Un autre diagnostic de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class CriteriaExcludeEachOtherError(AgrementRuleError):
    code = "criteria_exclude_each_other"
    title = "These criteria cannot both be true"
    title_fr = "Ces critères ne peuvent être vrais tous les deux"
    article = CRITERIA
    instead = "[Keep one of: {criteria:@criterion}.|Keep one of the two.]"
    instead_fr = "[Gardez un seul des critères : {criteria:@criterion}.|Gardez un seul des deux.]"


class CriterionNotMetError(AgrementRuleError):
    code = "criterion_not_met"
    title = "The age or the months without a job that were given contradict this criterion"
    title_fr = "L'âge ou les mois sans emploi indiqués contredisent ce critère"
    article = CRITERIA
    instead = (
        "[Criterion: {criterion:@criterion}. ][Compared: {about:@criterion_measure}. ][Asked for: at least "
        "{least}, at most {greatest}. |Asked for: at least {least}. |Asked for: at most {greatest}. ][Given: "
        "{given}.|Correct what was given, or leave the criterion out.]"
    )
    instead_fr = (
        "[Critère : {criterion:@criterion}. ][Donnée comparée : {about:@criterion_measure}. ][Attendu : au moins "
        "{least} et au plus {greatest}. |Attendu : au moins {least}. |Attendu : au plus {greatest}. ][Indiqué : "
        "{given}.|Corrigez ce qui est indiqué, ou retirez le critère.]"
    )


class NotEnoughCriteriaError(AgrementRuleError):
    code = "not_enough_criteria"
    title = "An employer alone needs more criteria for this; an authorised prescriber needs none"
    title_fr = "Un employeur seul a besoin de plus de critères ; un prescripteur habilité d'aucun"
    article = CRITERIA
    instead = (
        "[Needed: {level_1_needed:criterion/criteria} of level 1, or {level_2_needed:criterion/criteria} of "
        "level 2. ][Given of level 2: {level_2_given}. ]Add criteria, or ask an authorised prescriber."
    )
    instead_fr = (
        "[Il faut {level_1_needed:critère} de niveau 1, ou {level_2_needed:critère} de niveau 2. ][Indiqués de "
        "niveau 2 : {level_2_given}. ]Complétez les critères, ou adressez-vous à un prescripteur habilité."
    )

"""Refusals of a grant, of its number, and of a start that moves."""

from __future__ import annotations

from services.agrement.refusals.general import AgrementRuleError


class AgrementIdUsedError(AgrementRuleError):
    code = "agrement_id_used"
    title = "Another agrément of this person has this id; void or replace that one"
    title_fr = "Un autre agrément de cette personne porte cet identifiant"


class AgrementEndsBeforeStartError(AgrementRuleError):
    code = "agrement_ends_before_start"
    title = "The agrément's end must be after its first day"
    title_fr = "La fin de l'agrément doit suivre son premier jour"


class AgrementRunningError(AgrementRuleError):
    code = "agrement_running"
    title = "The person has an agrément in progress or to come; reuse it"
    title_fr = "La personne a déjà un agrément en cours ou à venir ; réutilisez-le"
    article = "R5132-1-2"
    instead = "It ends on {ends_on}; a new one may be granted from {earliest_granted_on} on."
    instead_fr = "Il prend fin le {ends_on} ; un nouveau peut être délivré à partir du {earliest_granted_on}."


class AgrementsOverlapError(AgrementRuleError):
    code = "agrements_overlap"
    title = "Two agréments of one person may not share a day"
    title_fr = "Deux agréments d'une même personne ne peuvent avoir un jour en commun"
    article = "R5132-1-2"
    instead = "The other one runs from {starts_on} to {ends_on}."
    instead_fr = "L'autre court du {starts_on} au {ends_on}."


class DiagnosisRequiredError(AgrementRuleError):
    code = "diagnosis_required"
    title = "An agrément of this origin needs a diagnosis of eligibility that is valid on the day it is granted"
    title_fr = "Un agrément de cette origine exige un diagnostic d'éligibilité valable le jour de sa délivrance"
    article = "L5132-3"


class DiagnosisNotAllowedError(AgrementRuleError):
    code = "diagnosis_not_allowed"
    title = "An agrément of this origin rests on no diagnosis"
    title_fr = "Un agrément de cette origine ne repose sur aucun diagnostic"
    article = "L5132-3"


class DiagnosisUnknownError(AgrementRuleError):
    code = "diagnosis_unknown"
    title = "No diagnosis of this person has this id"
    title_fr = "Aucun diagnostic de cette personne ne porte cet identifiant"
    article = "L5132-3"


class DiagnosisNotValidError(AgrementRuleError):
    code = "diagnosis_not_valid"
    title = "The diagnosis is not valid on the day the agrément is granted"
    title_fr = "Le diagnostic n'est pas valable le jour de la délivrance de l'agrément"
    article = "L5132-3"
    instead = "It is valid from {made_on} until the day before {expires_on}."
    instead_fr = "Il est valable du {made_on} à la veille du {expires_on}."


class DiagnosisOfAnotherEmployerError(AgrementRuleError):
    code = "diagnosis_of_another_employer"
    title = "An employer's diagnosis serves that employer only"
    title_fr = "Le diagnostic d'un employeur ne sert qu'à lui"
    article = "L5132-3"


class InCarenceError(AgrementRuleError):
    code = "in_carence"
    title = "An agrément ended less than two years ago; without an authorised prescriber there is no new one"
    title_fr = "Un agrément a pris fin il y a moins de deux ans ; sans prescripteur habilité il n'y en a pas de nouveau"
    article = "R5132-1-4"
    instead = "Free from {earliest_granted_on} on; before, when an authorised prescriber sends the person or makes a diagnosis."
    instead_fr = (
        "Possible à partir du {earliest_granted_on} ; avant, si un prescripteur habilité oriente la personne ou pose un "
        "diagnostic."
    )


class StructureNotSiaeError(AgrementRuleError):
    code = "structure_not_siae"
    title = "Only a SIAE uses an agrément; a structure of this kind needs none"
    title_fr = "Seule une SIAE utilise un agrément ; une structure de ce type n'en a pas besoin"
    article = "L5132-4"
    instead = "SIAE are: {siae_kinds}."
    instead_fr = "Les SIAE sont : {siae_kinds}."


class NumberTakenError(AgrementRuleError):
    code = "number_taken"
    title = "This number was given to another agrément; a number is never used twice"
    title_fr = "Ce numéro a été donné à un autre agrément ; un numéro ne sert jamais deux fois"


class NumbersExhaustedError(AgrementRuleError):
    code = "numbers_exhausted"
    title = "Every number of this issuer has been used; no agrément can be created"
    title_fr = "Tous les numéros de cet émetteur ont servi ; aucun agrément ne peut être créé"
    instead = "The last number of {prefix} is {last_number}."
    instead_fr = "Le dernier numéro de {prefix} est {last_number}."


class NumberOfAnotherIssuerError(AgrementRuleError):
    code = "number_of_another_issuer"
    title = "This number was given by another issuer: the agrément is an older one, of origin pe_approval"
    title_fr = "Ce numéro vient d'un autre émetteur : l'agrément est plus ancien, d'origine pe_approval"
    instead = "Numbers given here begin with {prefix}."
    instead_fr = "Les numéros donnés ici commencent par {prefix}."


class StartMovedTooLateError(AgrementRuleError):
    code = "start_moved_too_late"
    title = "The new start would pass the first suspension or prolongation"
    title_fr = "Le nouveau début dépasserait la première suspension ou prolongation"
    article = "R5132-1-2"
    instead = "The latest start is {latest_start}."
    instead_fr = "Le début peut être au plus tard le {latest_start}."


class AgrementAlreadyStartedError(AgrementRuleError):
    code = "agrement_already_started"
    title = "A hire moves the start of an agrément only while it has not started"
    title_fr = "Une embauche ne déplace le début d'un agrément que s'il n'a pas commencé"
    article = "R5132-1-2"
    instead = "It started on {starts_on}."
    instead_fr = "Il a commencé le {starts_on}."

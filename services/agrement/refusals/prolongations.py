"""Refusals of a prolongation, of its request, and of the answer to it."""

from __future__ import annotations

from services.agrement.refusals.general import AgrementRuleError


class ProlongationRuleError(AgrementRuleError):
    article = "R5132-1-8"


class ProlongationIdUsedError(ProlongationRuleError):
    code = "prolongation_id_used"
    title = "Another prolongation of this person has this id; void or replace that one"
    title_fr = "Une autre prolongation de cette personne porte cet identifiant"


class RequestIdUsedError(ProlongationRuleError):
    code = "request_id_used"
    title = "Another request of this person has this id; void or replace that one"
    title_fr = "Une autre demande de cette personne porte cet identifiant"


class ProlongationReasonNotOfferedError(ProlongationRuleError):
    code = "prolongation_reason_not_offered"
    title = "This reason is not offered to this kind of structure on the day it is asked"
    title_fr = "Ce motif n'est pas proposé à ce type de structure le jour de la demande"
    instead = "Offered: {offered}."
    instead_fr = "Motifs proposés : {offered}."


class ProlongationStartNotEndError(ProlongationRuleError):
    code = "prolongation_start_not_end"
    title = "A prolongation starts on the day the agrément ends"
    title_fr = "Une prolongation commence le jour où l'agrément prend fin"
    instead = "It starts on {starts_on}."
    instead_fr = "Elle commence le {starts_on}."


class ProlongationEndsBeforeStartError(ProlongationRuleError):
    code = "prolongation_ends_before_start"
    title = "A prolongation adds at least one day"
    title_fr = "Une prolongation ajoute au moins un jour"
    instead = "The earliest end is {earliest_end}."
    instead_fr = "La fin peut être au plus tôt le {earliest_end}."


class ProlongationTooLongError(ProlongationRuleError):
    code = "prolongation_too_long"
    title = "One prolongation for this reason may not be that long"
    title_fr = "Une prolongation pour ce motif ne peut être aussi longue"
    instead = "The latest end is {latest_end}: {days_left} days."
    instead_fr = "La fin peut être au plus tard le {latest_end} : {days_left} jours."


class ProlongationTotalReachedError(ProlongationRuleError):
    code = "prolongation_total_reached"
    title = "All prolongations together would be longer than this reason allows"
    title_fr = "Les prolongations cumulées dépasseraient la durée permise pour ce motif"
    instead = "Used: {days_used} of {days_in_all} days; the latest end is {latest_end}: {days_left} days."
    instead_fr = (
        "Utilisés : {days_used} jours sur {days_in_all} ; fin au plus tard le {latest_end} : {days_left} jours."
    )


class ProlongationTooEarlyError(ProlongationRuleError):
    code = "prolongation_too_early"
    title = "It is too early to prolong this agrément"
    title_fr = "Il est trop tôt pour prolonger cet agrément"
    instead = "From {opens_on} to {closes_on}."
    instead_fr = "Du {opens_on} au {closes_on}."


class ProlongationTooLateError(ProlongationRuleError):
    code = "prolongation_too_late"
    title = "It is too late to prolong this agrément"
    title_fr = "Il est trop tard pour prolonger cet agrément"
    instead = "It was open from {opens_on} to {closes_on}."
    instead_fr = "C'était possible du {opens_on} au {closes_on}."


class SuspendedNowError(ProlongationRuleError):
    code = "suspended_now"
    title = "A suspended agrément is not prolonged"
    title_fr = "Un agrément suspendu ne se prolonge pas"
    instead = "Suspension {suspension_id} runs until {ends_on}."
    instead_fr = "La suspension {suspension_id} court jusqu'au {ends_on}."


class RequestPendingError(ProlongationRuleError):
    code = "request_pending"
    title = "A request of prolongation is pending; it is answered first"
    title_fr = "Une demande de prolongation est en attente ; elle doit d'abord recevoir une réponse"
    instead = "Request {request_id}, asked on {requested_on}."
    instead_fr = "Demande {request_id}, faite le {requested_on}."


class NotTheLatestAgrementError(ProlongationRuleError):
    code = "not_the_latest_agrement"
    title = "Only the person's latest agrément is prolonged"
    title_fr = "Seul le dernier agrément de la personne se prolonge"
    instead = "That is {latest_agrement_id}."
    instead_fr = "C'est {latest_agrement_id}."


class TooYoungError(ProlongationRuleError):
    code = "too_young"
    title = "The person is too young for this reason"
    title_fr = "La personne est trop jeune pour ce motif"
    instead = "From {least_age} years on."
    instead_fr = "À partir de {least_age} ans."


class ProlongationsOverlapError(ProlongationRuleError):
    code = "prolongations_overlap"
    title = "These days were given by another prolongation"
    title_fr = "Ces jours ont été donnés par une autre prolongation"
    instead = "Prolongation {prolongation_id} goes from {starts_on} to {ends_on}."
    instead_fr = "La prolongation {prolongation_id} va du {starts_on} au {ends_on}."


class OpinionNeededError(ProlongationRuleError):
    code = "opinion_needed"
    title = "This reason needs the opinion of an authorised prescriber: request the prolongation"
    title_fr = "Ce motif exige l'avis d'un prescripteur habilité : faites une demande de prolongation"
    instead = "At once: {without_opinion}."
    instead_fr = "Sans avis : {without_opinion}."


class RequestUnknownError(ProlongationRuleError):
    code = "request_unknown"
    title = "This agrément has no request with this id"
    title_fr = "Cet agrément n'a pas de demande portant cet identifiant"


class RequestAlreadyAnsweredError(ProlongationRuleError):
    code = "request_already_answered"
    title = "This request has had the opposite answer"
    title_fr = "Cette demande a reçu la réponse contraire"


class PrescriberNotAuthorisedError(ProlongationRuleError):
    code = "prescriber_not_authorised"
    title = "Only a prescriber authorised on that day answers a request"
    title_fr = "Seul un prescripteur habilité ce jour-là répond à une demande"


class NextStepMissingError(ProlongationRuleError):
    code = "next_step_missing"
    title = "When the IAE no longer fits, the proposed next step is said"
    title_fr = "Quand l'IAE ne convient plus, la suite proposée est indiquée"

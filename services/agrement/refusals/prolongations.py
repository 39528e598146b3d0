"""Refusals of a prolongation, of its request, and of the answer to it."""

from __future__ import annotations

from services.agrement.facts import ProlongationDenied, ProlongationGranted, ProlongationRequested, Prolonged
from services.agrement.refusals.general import AgrementRuleError
from shared.deciding.refusals import by


class ProlongationRuleError(AgrementRuleError):
    article = "R5132-1-8"


class ProlongationIdUsedError(ProlongationRuleError):
    code = "prolongation_id_used"
    against = by(Prolonged, "prolongation_id")
    title = "Another prolongation of this person has this id; void or replace that one"
    title_fr = "Une autre prolongation de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class RequestIdUsedError(ProlongationRuleError):
    code = "request_id_used"
    against = by(ProlongationRequested, "request_id")
    title = "Another request of this person has this id; void or replace that one"
    title_fr = "Une autre demande de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class ProlongationReasonNotOfferedError(ProlongationRuleError):
    code = "prolongation_reason_not_offered"
    title = "This reason is not offered to this kind of structure on the day it is asked"
    title_fr = "Ce motif n'est pas proposé à ce type de structure le jour de la demande"
    instead = "[Offered: {offered:@prolongation_reason}.|No reason is offered to this kind of structure on that day.]"
    instead_fr = (
        "[Motifs proposés : {offered:@prolongation_reason}.|Aucun motif n'est proposé à ce type de structure ce "
        "jour-là.]"
    )


class ProlongationStartNotEndError(ProlongationRuleError):
    code = "prolongation_start_not_end"
    told_fields = ("agrement_id", "given", "starts_on")
    title = "A prolongation starts on the day the agrément ends"
    title_fr = "Une prolongation commence le jour où l'agrément (PASS IAE) prend fin"
    instead = "[It starts on {starts_on}.|Give the day on which the agrément ends.]"
    instead_fr = "[Elle commence le {starts_on}.|Indiquez le jour où l'agrément prend fin.]"


class ProlongationEndsBeforeStartError(ProlongationRuleError):
    code = "prolongation_ends_before_start"
    title = "A prolongation adds at least one day"
    title_fr = "Une prolongation ajoute au moins un jour"
    instead = "[The earliest end is {earliest_end}.|No day is left for this reason: choose another.]"
    instead_fr = "[La fin peut être au plus tôt le {earliest_end}.|Il ne reste aucun jour pour ce motif : choisissez-en un autre.]"


class ProlongationTooLongError(ProlongationRuleError):
    code = "prolongation_too_long"
    title = "One prolongation for this reason may not be that long"
    title_fr = "Une prolongation pour ce motif ne peut être aussi longue"
    instead = "[The latest end is {latest_end}[: {days_left:day}].|No day is left for this reason: choose another.]"
    instead_fr = (
        "[La fin peut être au plus tard le {latest_end}[, soit {days_left:jour}].|Il ne reste aucun jour pour ce "
        "motif : choisissez-en un autre.]"
    )


class ProlongationTotalReachedError(ProlongationRuleError):
    code = "prolongation_total_reached"
    title = "All prolongations together would be longer than this reason allows"
    title_fr = "Les prolongations cumulées dépasseraient la durée permise pour ce motif"
    instead = (
        "[Used: {days_used:day} of {days_in_all}. ][The latest end is {latest_end}[: {days_left:day}].|No day is "
        "left for this reason: choose another.]"
    )
    instead_fr = (
        "[Déjà utilisés : {days_used:jour} sur {days_in_all}. ][La fin peut être au plus tard le {latest_end}[, "
        "soit {days_left:jour}].|Il ne reste aucun jour pour ce motif : choisissez-en un autre.]"
    )


class ProlongationTooEarlyError(ProlongationRuleError):
    code = "prolongation_too_early"
    told_fields = ("agrement_id", "day", "opens_on", "closes_on")
    title = "It is too early to prolong this agrément"
    title_fr = "Il est trop tôt pour prolonger cet agrément (PASS IAE)"
    instead = "[It is open from {opens_on} to {closes_on}.|It opens on {opens_on}.|Ask later.]"
    instead_fr = (
        "[La demande est ouverte du {opens_on} au {closes_on}.|La demande ouvre le {opens_on}.|Faites la demande "
        "plus tard.]"
    )


class ProlongationTooLateError(ProlongationRuleError):
    code = "prolongation_too_late"
    told_fields = ("agrement_id", "day")
    title = "It is too late to prolong this agrément"
    title_fr = "Il est trop tard pour prolonger cet agrément (PASS IAE)"
    instead = "The time to ask is over."
    instead_fr = "Le délai pour demander est passé."


class SuspendedNowError(ProlongationRuleError):
    code = "suspended_now"
    title = "A suspended agrément is not prolonged"
    title_fr = "Un agrément (PASS IAE) suspendu ne se prolonge pas"
    instead = "[The suspension runs until {ends_on}. ]End it first, or ask once it is over."
    instead_fr = "[La suspension court jusqu'au {ends_on}. ]Mettez-y fin d'abord, ou faites la demande après."


class RequestPendingError(ProlongationRuleError):
    code = "request_pending"
    title = "A request of prolongation is pending; it is answered first"
    title_fr = "Une demande de prolongation est en attente ; elle doit d'abord recevoir une réponse"
    instead = "[It was asked on {requested_on}. ]Remind the prescriber."
    instead_fr = "[Elle a été faite le {requested_on}. ]Relancez le prescripteur."


class NotTheLatestAgrementError(ProlongationRuleError):
    code = "not_the_latest_agrement"
    told_fields = ("agrement_id", "latest_agrement_id")
    title = "Only the person's latest agrément is prolonged"
    title_fr = "Seul le dernier agrément (PASS IAE) de la personne se prolonge"
    instead = "Ask for the person's latest agrément."
    instead_fr = "Faites la demande pour le dernier agrément de la personne."


class TooYoungError(ProlongationRuleError):
    code = "too_young"
    title = "The person is too young for this reason"
    title_fr = "La personne est trop jeune pour ce motif"
    instead = "[From {least_age} years on[; age given: {age}].|Choose another reason.]"
    instead_fr = "[Possible à partir de {least_age} ans[ ; âge indiqué : {age} ans].|Choisissez un autre motif.]"


class ProlongationsOverlapError(ProlongationRuleError):
    code = "prolongations_overlap"
    against = by(Prolonged, "prolongation_id")
    title = "These days were given by another prolongation"
    title_fr = "Ces jours ont été donnés par une autre prolongation"
    instead = (
        "[This request was granted on {granted_on}: first void the prolongation that it gave, then correct the request "
        "or declare the prolongation with other days.|The other one goes from {starts_on} to {ends_on}.|The other one "
        "ends on {ends_on}.|Choose other days.]"
    )
    instead_fr = (
        "[Cette demande a été accordée le {granted_on} : annulez d'abord la prolongation qu'elle a donnée, puis corrigez "
        "la demande ou déclarez la prolongation avec d'autres dates.|L'autre va du {starts_on} au {ends_on}.|L'autre "
        "prend fin le {ends_on}.|Choisissez d'autres dates.]"
    )


class OpinionNeededError(ProlongationRuleError):
    code = "opinion_needed"
    title = "This reason needs the opinion of an authorised prescriber: request the prolongation"
    title_fr = "Ce motif exige l'avis d'un prescripteur habilité : faites une demande de prolongation"
    instead = "[Without an opinion: {without_opinion:@prolongation_reason}.|Request it of an authorised prescriber.]"
    instead_fr = (
        "[Motifs possibles sans avis : {without_opinion:@prolongation_reason}.|Adressez la demande à un "
        "prescripteur habilité.]"
    )


class RequestUnknownError(ProlongationRuleError):
    code = "request_unknown"
    title = "This agrément has no request with this id"
    title_fr = "Cet agrément (PASS IAE) n'a pas de demande portant cet identifiant"
    instead = "Check the request's id, or record the request first."
    instead_fr = "Vérifiez l'identifiant de la demande, ou enregistrez d'abord la demande."


class RequestAlreadyAnsweredError(ProlongationRuleError):
    code = "request_already_answered"
    against = by(ProlongationGranted, "request_id") + by(ProlongationDenied, "request_id")
    title = "This request has had the opposite answer"
    title_fr = "Cette demande a reçu la réponse contraire"
    instead = "[It was {state:@request_state}. ]Void that answer first to correct it."
    instead_fr = "[La demande est {state:@request_state}. ]Annulez d'abord cette réponse pour la corriger."


class PrescriberNotAuthorisedError(ProlongationRuleError):
    code = "prescriber_not_authorised"
    title = "Only a prescriber authorised on that day answers a request"
    title_fr = "Seul un prescripteur habilité ce jour-là répond à une demande"
    instead = "Have it answered by an authorised prescriber."
    instead_fr = "Faites répondre un prescripteur habilité."


class NextStepMissingError(ProlongationRuleError):
    code = "next_step_missing"
    title = "When the IAE no longer fits, the proposed next step is said"
    title_fr = "Quand l'IAE ne convient plus, la suite proposée est indiquée"
    instead = "Say what is proposed next."
    instead_fr = "Indiquez la suite proposée à la personne."

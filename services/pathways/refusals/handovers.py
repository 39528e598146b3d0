"""Why a hand-over is refused."""

from __future__ import annotations

from services.pathways.facts import HandoverAnswered, HandoverProposed
from services.pathways.facts.codes import CODES
from shared.deciding.refusals import DomainError, by


class HandoverIdUsedError(DomainError):
    code = "handover_id_used"
    against = by(HandoverProposed, "handover_id")
    title = "Another hand-over of this person has this id; void or replace that one"
    title_fr = "Une autre proposition de passage de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class HandoverToItselfError(DomainError):
    code = "handover_to_itself"
    title = "A structure cannot hand a person over to itself"
    title_fr = "Une structure ne peut se proposer une personne à elle-même"
    instead = "Name the other structure to which the person is proposed."
    instead_fr = "Indiquez l'autre structure, celle à qui la personne est proposée."


class HandoverAlreadyAnsweredError(DomainError):
    code = "handover_already_answered"
    codes = CODES
    against = by(HandoverAnswered, "handover_id")
    title = "This hand-over is answered already; replace that answer to correct it"
    title_fr = "Cette proposition a déjà sa réponse ; remplacez-la pour la corriger"
    instead = "[It was {answer:@handover_answer} on {answered_on}. ]Replace that answer to correct it."
    instead_fr = "[Réponse du {answered_on} : {answer:@handover_answer}. ]Remplacez-la pour la corriger."


class HandoverAnsweredBeforeProposedError(DomainError):
    code = "handover_answered_before_proposed"
    title = "The hand-over would be answered before it is proposed"
    title_fr = "La proposition aurait sa réponse avant d'être faite"
    instead = "[Proposed on {proposed_on}, answered on {answered_on}. ]Correct the day that is wrong."
    instead_fr = "[Proposée le {proposed_on}, réponse du {answered_on}. ]Corrigez le jour inexact."

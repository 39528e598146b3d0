"""Why a participation in an operation of the European Social Fund is refused."""

from __future__ import annotations

from services.pathways.facts import EsfParticipationEnded, EsfParticipationStarted
from shared.deciding.refusals import DomainError, by


class ParticipationIdUsedError(DomainError):
    code = "participation_id_used"
    against = by(EsfParticipationStarted, "participation_id")
    title = "Another ESF participation of this person has this id; void or replace that one"
    title_fr = "Une autre participation FSE de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class ParticipationAlreadyEndedError(DomainError):
    code = "participation_already_ended"
    against = by(EsfParticipationEnded, "participation_id")
    title = "This ESF participation has ended already; replace that fact to correct it"
    title_fr = "Cette participation FSE est déjà terminée ; remplacez ce fait pour le corriger"
    instead = "[The end known is {left_on}. ]Replace the fact that says it to correct it."
    instead_fr = "[Fin déjà connue : {left_on}. ]Remplacez le fait qui l'indique pour la corriger."


class ParticipationEndedBeforeStartError(DomainError):
    code = "participation_ended_before_start"
    title = "The ESF participation would have ended before it started"
    title_fr = "La participation FSE serait terminée avant d'avoir commencé"
    instead = "[The start is {entered_on}, the end {left_on}. ]Correct the fact that is wrong by replacing it."
    instead_fr = "[Début : {entered_on} ; fin : {left_on}. ]Corrigez le fait inexact en le remplaçant."

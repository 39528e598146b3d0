"""Why a training is refused."""

from __future__ import annotations

from services.pathways.facts import TrainingEnded, TrainingStarted
from shared.deciding.refusals import DomainError, by


class TrainingIdUsedError(DomainError):
    code = "training_id_used"
    against = by(TrainingStarted, "training_id")
    title = "Another training of this person has this id; void or replace that one"
    title_fr = "Une autre formation de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class TrainingAlreadyEndedError(DomainError):
    code = "training_already_ended"
    against = by(TrainingEnded, "training_id")
    title = "This training has ended already; replace that fact to correct it"
    title_fr = "Cette formation est déjà terminée ; remplacez ce fait pour le corriger"
    instead = "[The end known is {ended_on}. ]Replace the fact that says it to correct it."
    instead_fr = "[Fin déjà connue : {ended_on}. ]Remplacez le fait qui l'indique pour la corriger."


class TrainingEndedBeforeStartError(DomainError):
    code = "training_ended_before_start"
    title = "The training would have ended before it started"
    title_fr = "La formation serait terminée avant d'avoir commencé"
    instead = "[The start is {started_on}, the end {ended_on}. ]Correct the fact that is wrong by replacing it."
    instead_fr = "[Début : {started_on} ; fin : {ended_on}. ]Corrigez le fait inexact en le remplaçant."

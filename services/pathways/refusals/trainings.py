"""Why a training is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class TrainingIdUsedError(DomainError):
    code = "training_id_used"
    title = "Another training of this person has this id; void or replace that one"
    title_fr = "Une autre formation de cette personne porte cet identifiant"


class TrainingAlreadyEndedError(DomainError):
    code = "training_already_ended"
    title = "This training has ended already; replace that fact to correct it"
    title_fr = "Cette formation est déjà terminée ; remplacez ce fait pour le corriger"


class TrainingEndedBeforeStartError(DomainError):
    code = "training_ended_before_start"
    title = "The training would have ended before it started"
    title_fr = "La formation serait terminée avant d'avoir commencé"

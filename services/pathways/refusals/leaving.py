"""Why an exit is refused."""

from __future__ import annotations

from services.pathways.facts import Exited
from shared.deciding.refusals import DomainError, by


class ExitIdUsedError(DomainError):
    code = "exit_id_used"
    against = by(Exited, "exit_id")
    title = "Another exit of this person has this id; void or replace that one"
    title_fr = "Une autre sortie de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class NextStepEndsBeforeStartError(DomainError):
    code = "next_step_ends_before_start"
    title = "What comes next ends before it starts"
    title_fr = "L'étape suivante finit avant de commencer"
    instead = "[Given: from {starts_on} to {ends_on}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {starts_on} au {ends_on}. ]Indiquez une fin égale ou postérieure au début."

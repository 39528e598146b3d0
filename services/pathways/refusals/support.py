"""Why an act of support is refused."""

from __future__ import annotations

from services.pathways.facts import SupportAction
from shared.deciding.refusals import DomainError, by


class ActionIdUsedError(DomainError):
    code = "action_id_used"
    against = by(SupportAction, "action_id")
    title = "Another support action for this person has this id; void or replace that one"
    title_fr = "Une autre action d'accompagnement de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."

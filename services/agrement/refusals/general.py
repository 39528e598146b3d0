"""What the refusals of this service share: they say what would be allowed instead."""

from __future__ import annotations

from services.agrement.facts import AgrementCancelled, AgrementClosed
from services.agrement.facts.codes import CODES
from shared.deciding.refusals import DomainError, by


class AgrementRuleError(DomainError):
    """A refusal of this service."""

    codes = CODES


class AgrementUnknownError(AgrementRuleError):
    code = "agrement_unknown"
    title = "This person has no agrément with this id"
    title_fr = "Cette personne n'a pas d'agrément (PASS IAE) portant cet identifiant"
    instead = "Check the agrément's id and the person, or record the grant first."
    instead_fr = "Vérifiez l'agrément et la personne, ou enregistrez d'abord la délivrance."


class AgrementAlreadyCancelledError(AgrementRuleError):
    code = "agrement_already_cancelled"
    told_fields = ("agrement_id",)
    against = by(AgrementCancelled, "agrement_id")
    title = "This agrément was cancelled; nothing more can happen to it"
    title_fr = "Cet agrément (PASS IAE) a été annulé : plus rien ne peut lui arriver"
    instead = "[It was cancelled on {cancelled_on}. ]Another agrément has to be granted."
    instead_fr = "[Il a été annulé le {cancelled_on}. ]Il faut en délivrer un autre."


class AgrementAlreadyClosedError(AgrementRuleError):
    code = "agrement_already_closed"
    told_fields = ("agrement_id", "closed_on")
    against = by(AgrementClosed, "agrement_id")
    title = "This agrément was closed before its term; nothing moves its end any more"
    title_fr = "Cet agrément (PASS IAE) a été clos avant son terme : plus rien ne déplace sa fin"
    article = "R5132-1-3"
    instead = "[It ended on {closed_on}.|Replace the closing to correct it.]"
    instead_fr = "[Il a pris fin le {closed_on}.|Remplacez la clôture pour la corriger.]"

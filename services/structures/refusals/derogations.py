"""Why a structure's derogation is refused."""

from __future__ import annotations

from services.structures.facts import DerogationGranted
from shared.deciding.refusals import DomainError, by


class DerogationIdUsedError(DomainError):
    code = "derogation_id_used"
    against = by(DerogationGranted, "derogation_id")
    title = "Another derogation of this structure has this id; void or replace that one"
    title_fr = "Une autre dérogation de cette structure porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class DerogationEndsBeforeStartError(DomainError):
    code = "derogation_ends_before_start"
    title = "The derogation ends before it starts"
    title_fr = "La dérogation finit avant de commencer"
    instead = "[Given: from {starts_on} to {ends_on}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {starts_on} au {ends_on}. ]Indiquez une fin égale ou postérieure au début."

"""Why a structure's derogation is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class DerogationIdUsedError(DomainError):
    code = "derogation_id_used"
    title = "Another derogation of this structure has this id; void or replace that one"
    title_fr = "Une autre dérogation de cette structure porte cet identifiant"


class DerogationEndsBeforeStartError(DomainError):
    code = "derogation_ends_before_start"
    title = "The derogation ends before it starts"
    title_fr = "La dérogation finit avant de commencer"

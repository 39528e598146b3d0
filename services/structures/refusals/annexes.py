"""Why a financial annex is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class AnnexEndsBeforeStartError(DomainError):
    code = "annex_ends_before_start"
    title = "The annex ends before it starts"
    title_fr = "L'annexe financière finit avant de commencer"
    instead = "[Given: from {starts_on} to {ends_on}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {starts_on} au {ends_on}. ]Indiquez une fin égale ou postérieure au début."

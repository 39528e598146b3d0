"""Why a financial annex is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class AnnexEndsBeforeStartError(DomainError):
    code = "annex_ends_before_start"
    title = "The annex ends before it starts"
    title_fr = "L'annexe financière finit avant de commencer"

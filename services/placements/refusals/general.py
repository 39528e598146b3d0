"""Why a fact that only the service says is refused of others."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class OwnFactError(DomainError):
    code = "own_fact"
    title = "Only the service itself says this; it follows from other facts"
    title_fr = "Seul le service lui-même énonce ce fait, qui découle d'autres faits"
    instead = "Send the fact from which it follows."
    instead_fr = "Déclarez le fait dont il découle : il suivra de lui-même."

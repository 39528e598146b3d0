"""Why a caller may not: refused before any rule speaks, with nothing about what is recorded."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class SourceNotAllowedError(DomainError):
    code = "source_not_allowed"
    title = "Your token does not name this source; you may post, void and replace under your own sources only"
    title_fr = "Votre jeton ne couvre pas cette source"
    instead = "Post, void and replace under your own sources."
    instead_fr = "N'envoyez, n'annulez et ne remplacez que sous vos propres sources."
    status = 403


class RoleUnknownError(DomainError):
    code = "role_unknown"
    title = "Your token names no role that is known here, so it may do nothing"
    title_fr = "Votre jeton n'indique aucun rôle connu ici : il ne donne droit à rien"
    instead = "Ask for a token whose claim `role` is one of these: {known}."
    instead_fr = "Demandez un jeton dont la revendication « role » est l'une de : {known}."
    status = 403


class NotActingForError(DomainError):
    code = "not_acting_for"
    title = "Your token does not name this structure"
    title_fr = "Votre jeton ne couvre pas cette structure"
    instead = "Name one of your token's structures in `Acting-For: structure/<id>`."
    instead_fr = "Indiquez une des structures de votre jeton dans « Acting-For: structure/<id> »."
    status = 403


class ActingForMissingError(DomainError):
    code = "acting_for_missing"
    title = "Your token names several structures; say for which of them you read"
    title_fr = "Votre jeton couvre plusieurs structures ; indiquez pour laquelle vous lisez"
    instead = "Name one of them in `Acting-For: structure/<id>`; rights are that one's, never all of theirs together."
    instead_fr = (
        "Indiquez l'une d'elles dans « Acting-For: structure/<id> » ; les droits sont ceux de cette structure seule."
    )
    status = 403

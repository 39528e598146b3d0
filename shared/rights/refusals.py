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
    instead = "[Ask for a token whose claim `role` is one of these: {known}.|Ask for a token that names a role.]"
    instead_fr = "[Demandez un jeton dont la revendication « role » est l'une de : {known}.|Demandez un jeton qui indique un rôle.]"
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


class NotYoursError(DomainError):
    """No field says what is not the caller's, nor whether it is known at all."""

    code = "not_yours"
    title = "This is not yours to say: it is said for, or about, what is not of your structures"
    title_fr = "Ce n'est pas à vous de le déclarer : cela ne concerne pas vos structures"
    instead = "Speak for the structures of your token, and about what was said for them."
    instead_fr = "Déclarez pour les structures de votre jeton, et à propos de ce qu'elles ont déclaré."
    status = 403


class MayNotSayError(DomainError):
    code = "may_not_say"
    title = "Your role may not say this, or not with these values"
    title_fr = "Votre rôle ne permet pas de déclarer ce fait, ou pas avec ces valeurs"
    instead = "See in `docs/access.md` who says what."
    instead_fr = "Voyez dans « docs/access.md » qui déclare quoi."
    status = 403


class SayerMissingError(DomainError):
    code = "sayer_missing"
    title = "Your token names several structures, and the event none of them; say for which it is said"
    title_fr = "Votre jeton couvre plusieurs structures et l'événement n'en indique aucune ; indiquez pour laquelle"
    instead = "Add `saidfor`, such as `structure/<id>`, to the event."
    instead_fr = "Ajoutez « saidfor », par exemple « structure/<id> », à l'événement."
    status = 422


class MayNotSeeError(DomainError):
    """Of what a role never sees, whoever it is about: it tells nothing of what is recorded."""

    code = "may_not_see"
    title = "Your role may not see this"
    title_fr = "Votre rôle ne permet pas de consulter ceci"
    instead = "See in `docs/access.md` who sees what."
    instead_fr = "Voyez dans « docs/access.md » qui voit quoi."
    status = 403


class SubjectErasedError(DomainError):
    code = "subject_erased"
    title = "This person is forgotten, and nothing more is recorded about it"
    title_fr = "Cette personne a été effacée : plus rien n'est enregistré à son sujet"
    instead = "Stop sending facts about it. Who comes back is registered as somebody new, under another id."
    instead_fr = "N'envoyez plus de faits à son sujet. Si elle revient, elle s'enregistre comme une personne nouvelle, sous un autre identifiant."

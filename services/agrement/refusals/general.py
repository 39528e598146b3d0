"""What the refusals of this service share: they say what would be allowed instead, and which facts nobody may judge."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class AgrementRuleError(DomainError):
    """A refusal of this service."""


class OwnFactError(AgrementRuleError):
    code = "own_fact"
    title = "Only the service itself says this; it follows from other facts"
    title_fr = "Seul le service lui-même énonce ce fait, qui découle d'autres faits"


class AgrementUnknownError(AgrementRuleError):
    code = "agrement_unknown"
    title = "This person has no agrément with this id"
    title_fr = "Cette personne n'a pas d'agrément portant cet identifiant"


class AgrementAlreadyCancelledError(AgrementRuleError):
    code = "agrement_already_cancelled"
    title = "This agrément was cancelled; nothing more can happen to it"
    title_fr = "Cet agrément a été annulé : plus rien ne peut lui arriver"


class AgrementAlreadyClosedError(AgrementRuleError):
    code = "agrement_already_closed"
    title = "This agrément was closed before its term; nothing moves its end any more"
    title_fr = "Cet agrément a été clos avant son terme : plus rien ne déplace sa fin"
    article = "R5132-1-3"
    instead = "It ended on {closed_on}."
    instead_fr = "Il a pris fin le {closed_on}."

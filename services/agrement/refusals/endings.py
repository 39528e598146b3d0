"""Refusals of a closing and of a cancellation."""

from __future__ import annotations

from services.agrement.refusals.general import AgrementRuleError


class AgrementAlreadyExpiredError(AgrementRuleError):
    code = "agrement_already_expired"
    title = "An agrément that is over is not closed any more"
    title_fr = "Un agrément terminé ne se clôt plus"
    article = "R5132-1-3"
    instead = "It ended on {ends_on}."
    instead_fr = "Il a pris fin le {ends_on}."


class ClosedBeforeStartError(AgrementRuleError):
    code = "closed_before_start"
    title = "The agrément's end must be after its first day; cancel one that served for nothing"
    title_fr = "La fin de l'agrément doit suivre son premier jour ; annulez celui qui n'a pas servi"
    article = "R5132-1-3"
    instead = "The earliest day is {earliest_day}."
    instead_fr = "Au plus tôt le {earliest_day}."


class ClosingNotOfferedError(AgrementRuleError):
    code = "closing_not_offered"
    title = "An employer closes an agrément only after a long suspension with no SIAE hire since"
    title_fr = "Un employeur ne clôt un agrément qu'après une longue suspension sans embauche en SIAE depuis"
    article = "R5132-1-3"
    instead = "More than {more_than_days} days; a prescriber or staff may close it."
    instead_fr = "Plus de {more_than_days} jours ; un prescripteur ou le support peut le clore."


class AgrementHasHiresError(AgrementRuleError):
    code = "agrement_has_hires"
    title = "An agrément on which several hires stand is not cancelled"
    title_fr = "Un agrément sur lequel reposent plusieurs embauches ne s'annule pas"
    instead = "{hires} hires stand on it; one or none may."
    instead_fr = "{hires} embauches reposent dessus ; une seule ou aucune est permise."


class AgrementNotCancellableError(AgrementRuleError):
    code = "agrement_not_cancellable"
    title = "An agrément of this origin is not cancelled"
    title_fr = "Un agrément de cette origine ne s'annule pas"

"""Refusals of a closing and of a cancellation."""

from __future__ import annotations

from services.agrement.facts import AgrementExpired, AgrementGranted
from services.agrement.refusals.general import AgrementRuleError
from shared.deciding.refusals import by


class AgrementAlreadyExpiredError(AgrementRuleError):
    code = "agrement_already_expired"
    told_fields = ("agrement_id", "closed_on", "ends_on")
    against = by(AgrementExpired, "agrement_id") + by(AgrementGranted, "agrement_id")
    title = "An agrément that is over is not closed any more"
    title_fr = "Un agrément (PASS IAE) terminé ne se clôt plus"
    article = "R5132-1-3"
    instead = "[It ended on {ends_on}.|It ended before that day.]"
    instead_fr = "[Il a pris fin le {ends_on}.|Il a pris fin avant ce jour.]"


class ClosedBeforeStartError(AgrementRuleError):
    code = "closed_before_start"
    told_fields = ("agrement_id", "closed_on", "earliest_day")
    title = "The agrément's end must be after its first day; cancel one that served for nothing"
    title_fr = "La fin de l'agrément (PASS IAE) doit suivre son premier jour ; annulez celui qui n'a pas servi"
    article = "R5132-1-3"
    instead = "[The earliest day is {earliest_day}.|Close it on the day after its first, at the earliest.]"
    instead_fr = (
        "[Il peut être clos au plus tôt le {earliest_day}.|Il peut être clos au plus tôt le lendemain de son "
        "premier jour.]"
    )


class ClosingNotOfferedError(AgrementRuleError):
    code = "closing_not_offered"
    told_fields = ("agrement_id", "closed_on", "more_than_days")
    title = "An employer closes an agrément only after a long suspension with no SIAE hire since"
    title_fr = "Un employeur ne clôt un agrément (PASS IAE) qu'après une longue suspension sans embauche en SIAE depuis"
    article = "R5132-1-3"
    instead = (
        "[Suspended for more than {more_than_days:day}. |After a suspension of more than 365 days. ]A prescriber "
        "or staff may close it."
    )
    instead_fr = (
        "[Il faut plus de {more_than_days:jour} de suspension. |Il faut plus de 365 jours de suspension. ]Un "
        "prescripteur ou l'administration peut le clore."
    )


class AgrementHasHiresError(AgrementRuleError):
    code = "agrement_has_hires"
    title = "An agrément on which several hires stand is not cancelled"
    title_fr = "Un agrément (PASS IAE) sur lequel reposent plusieurs embauches ne s'annule pas"
    instead = "[Hires that stand on it: {hires}. ]One or none may; close it instead."
    instead_fr = "[Embauches qui reposent dessus : {hires}. ]Il en faut une seule ou aucune ; vous pouvez le clore."


class AgrementNotCancellableError(AgrementRuleError):
    code = "agrement_not_cancellable"
    title = "An agrément of this origin is not cancelled"
    title_fr = "Un agrément (PASS IAE) de cette origine ne s'annule pas"
    instead = "[Origin: {origin:@agrement_origin}. ]Close it instead."
    instead_fr = "[Origine : {origin:@agrement_origin}. ]Vous pouvez le clore."

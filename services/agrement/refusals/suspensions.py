"""Refusals of a suspension, and of what would change or remove one."""

from __future__ import annotations

from services.agrement.facts import Suspended, SuspensionLifted, SuspensionRemoved
from services.agrement.refusals.general import AgrementRuleError
from shared.deciding.refusals import by


class SuspensionRuleError(AgrementRuleError):
    article = "R5132-1-3"


class SuspensionIdUsedError(SuspensionRuleError):
    code = "suspension_id_used"
    against = by(Suspended, "suspension_id")
    title = "Another suspension of this person has this id; void or replace that one"
    title_fr = "Une autre suspension de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class SuspensionUnknownError(SuspensionRuleError):
    code = "suspension_unknown"
    title = "This agrément has no suspension with this id"
    title_fr = "Cet agrément (PASS IAE) n'a pas de suspension portant cet identifiant"
    instead = "Check the suspension's id and the person, or record the suspension first."
    instead_fr = "Vérifiez la suspension et la personne, ou enregistrez d'abord la suspension."


class SuspensionNotRunningError(SuspensionRuleError):
    code = "suspension_not_running"
    title = "A suspension is changed or removed while it runs only"
    title_fr = "Une suspension ne se modifie ou ne se supprime que pendant qu'elle court"
    instead = "[It runs from {starts_on} to {ends_on}[; the day is {day}].|It does not run that day.]"
    instead_fr = (
        "[Elle court du {starts_on} au {ends_on}[ ; jour de la déclaration : {day}].|Elle ne court pas ce jour-là.]"
    )


class SuspensionAlreadyGoneError(SuspensionRuleError):
    code = "suspension_already_gone"
    against = by(SuspensionRemoved, "suspension_id") + by(SuspensionLifted, "suspension_id")
    title = "This suspension was removed, or lifted by a hire on its first day"
    title_fr = "Cette suspension a été supprimée, ou levée par une embauche dès son premier jour"
    instead = "Nothing is to be done: it counts no more."
    instead_fr = "Il n'y a rien à faire : elle ne compte plus."


class NotTheLastEmployerError(SuspensionRuleError):
    code = "not_the_last_employer"
    title = "Only the SIAE of the person's last hire declares, changes or removes a suspension"
    title_fr = "Seule la SIAE de la dernière embauche déclare, modifie ou supprime une suspension"
    instead = (
        "[The last hire, of {last_hired_on}, is by {last_structure_name}: ask them.|The last hire, of "
        "{last_hired_on}, is by another structure: ask them.|No hire by a SIAE is known of this person: record "
        "the hire first.]"
    )
    instead_fr = (
        "[La dernière embauche date du {last_hired_on}, chez {last_structure_name} : adressez-vous à cette "
        "structure.|La dernière embauche date du {last_hired_on}, dans une autre structure : adressez-vous à "
        "elle.|Aucune embauche par une SIAE n'est connue pour cette personne : déclarez d'abord l'embauche.]"
    )


class AgrementNotInProgressError(SuspensionRuleError):
    code = "agrement_not_in_progress"
    told_fields = ("agrement_id", "day", "state", "starts_on", "ends_on")
    title = "Only an agrément in progress on the day it is declared can be suspended"
    title_fr = "Seul un agrément (PASS IAE) en cours le jour de la déclaration peut être suspendu"
    instead = "[It runs from {starts_on} to {ends_on}[; the day is {day}].|It is not in progress that day.]"
    instead_fr = (
        "[Il court du {starts_on} au {ends_on}[ ; jour de la déclaration : {day}].|Il n'est pas en cours ce jour-là.]"
    )


class AgrementAlreadySuspendedError(SuspensionRuleError):
    code = "agrement_already_suspended"
    against = by(Suspended, "suspension_id")
    title = "The agrément is suspended already; change that suspension"
    title_fr = "L'agrément (PASS IAE) est déjà suspendu ; modifiez cette suspension"
    instead = "[It is suspended until {ends_on}.|Change the suspension that runs.]"
    instead_fr = "[Il est suspendu jusqu'au {ends_on}.|Modifiez la suspension en cours.]"


class SuspensionReasonNotOfferedError(SuspensionRuleError):
    code = "suspension_reason_not_offered"
    title = "This reason is not offered to this kind of structure on the day it is declared"
    title_fr = "Ce motif n'est pas proposé à ce type de structure le jour de la déclaration"
    instead = (
        "[Offered: {offered:@suspension_reason}.|This kind of structure, {kind:@structure_kind}, uses agréments since "
        "{used_since}, and suspends them from that day on.|This kind of structure, {kind:@structure_kind}, used and "
        "suspended agréments until {used_until}.|No reason is offered to this kind of structure on that day.]"
    )
    instead_fr = (
        "[Motifs proposés : {offered:@suspension_reason}.|Ce type de structure, {kind:@structure_kind}, utilise le PASS "
        "IAE depuis le {used_since} et le suspend à partir de ce jour.|Ce type de structure, {kind:@structure_kind}, a "
        "utilisé et suspendu le PASS IAE jusqu'au {used_until}.|Aucun motif n'est proposé à ce type de structure ce "
        "jour-là.]"
    )


class SuspensionEndsBeforeStartError(SuspensionRuleError):
    code = "suspension_ends_before_start"
    title = "A suspension lasts at least one day"
    title_fr = "Une suspension dure au moins un jour"
    instead = (
        "[The earliest end is {earliest_end}, the latest {latest_end}.|The earliest end is {earliest_end}.|The "
        "latest end is {latest_end}.|Give an end on the first day or later.]"
    )
    instead_fr = (
        "[La fin peut être au plus tôt le {earliest_end}, au plus tard le {latest_end}.|La fin peut être au plus "
        "tôt le {earliest_end}.|La fin peut être au plus tard le {latest_end}.|Indiquez une fin égale ou "
        "postérieure au début.]"
    )


class SuspensionTooLongError(SuspensionRuleError):
    code = "suspension_too_long"
    title = "A suspension may not last that long"
    title_fr = "Une suspension ne peut durer aussi longtemps"
    instead = "[The latest end is {latest_end}[ ({longest_months:month/months})].|Give an earlier end.]"
    instead_fr = (
        "[La fin peut être au plus tard le {latest_end}[ ({longest_months} mois)].|Indiquez une fin plus proche.]"
    )


class SuspensionOutsideAgrementError(SuspensionRuleError):
    code = "suspension_outside_agrement"
    title = "A suspension starts within its agrément"
    title_fr = "Une suspension commence pendant son agrément (PASS IAE)"
    instead = (
        "[It may start from {earliest_start} to {latest_start}.|It may start on {earliest_start} at the "
        "earliest.|It may start on {latest_start} at the latest.|Choose a start within the agrément.]"
    )
    instead_fr = (
        "[Elle peut commencer du {earliest_start} au {latest_start}.|Elle peut commencer au plus tôt le "
        "{earliest_start}.|Elle peut commencer au plus tard le {latest_start}.|Choisissez un début pendant "
        "l'agrément.]"
    )


class SuspensionInTheFutureError(SuspensionRuleError):
    code = "suspension_in_the_future"
    title = "A suspension starts at the latest on the day it is declared"
    title_fr = "Une suspension commence au plus tard le jour de sa déclaration"
    instead = "[The latest start is {latest_start}.|Declare it on its first day, at the earliest.]"
    instead_fr = (
        "[Le début peut être au plus tard le {latest_start}.|Déclarez-la au plus tôt le jour où elle commence.]"
    )


class SuspensionTooFarBackError(SuspensionRuleError):
    code = "suspension_too_far_back"
    told_fields = ("days_back",)
    title = "A suspension may not start so long before the day it is declared"
    title_fr = "Une suspension ne peut commencer si longtemps avant sa déclaration"
    instead = (
        "[At most {days_back:day} before it is declared. |At most 365 days before it is declared. ][The earliest "
        "start is {earliest_start}.|Choose a later start.]"
    )
    instead_fr = (
        "[Au plus {days_back:jour} avant la déclaration. |Au plus 365 jours avant la déclaration. ][Le début "
        "peut être au plus tôt le {earliest_start}.|Choisissez un début plus récent.]"
    )


class SuspensionTooEarlyError(SuspensionRuleError):
    code = "suspension_too_early"
    title = "A suspension starts after the last one that ended, or from the last hire on"
    title_fr = "Une suspension commence après la dernière terminée, ou à partir de la dernière embauche"
    instead = "[The earliest start is {earliest_start}.|Choose a later start.]"
    instead_fr = "[Le début peut être au plus tôt le {earliest_start}.|Choisissez un début plus récent.]"


class SuspensionsOverlapError(SuspensionRuleError):
    code = "suspensions_overlap"
    against = by(Suspended, "suspension_id")
    title = "Two suspensions of one agrément may not share a day"
    title_fr = "Deux suspensions d'un même agrément (PASS IAE) ne peuvent avoir un jour en commun"
    instead = (
        "[The other one runs from {starts_on} to {ends_on}.|The other one runs from {starts_on}.|The other one "
        "runs until {ends_on}.|Choose other days.]"
    )
    instead_fr = (
        "[L'autre court du {starts_on} au {ends_on}.|L'autre court à partir du {starts_on}.|L'autre court "
        "jusqu'au {ends_on}.|Choisissez d'autres dates.]"
    )


class SuspensionChangeUnclearError(SuspensionRuleError):
    code = "suspension_change_unclear"
    title = "A change gives a first day, and either a last day or the day work resumed; at least one of them"
    title_fr = "Une modification donne un premier jour, et soit un dernier jour soit la date de reprise ; au moins l'un"
    instead = "Give a first day, a last day, or the day work resumed."
    instead_fr = "Indiquez un premier jour, un dernier jour, ou la date de reprise."


class BackOutsideSuspensionError(SuspensionRuleError):
    code = "back_outside_suspension"
    title = "Work resumes after the first day of the suspension and before its last"
    title_fr = "La reprise a lieu après le premier jour de la suspension et avant le dernier"
    instead = (
        "[The day may be from {earliest_back} to {latest_back}.|The day is after the first one of the "
        "suspension, and before its last; else change its end, or remove it.]"
    )
    instead_fr = (
        "[La reprise peut être déclarée du {earliest_back} au {latest_back}.|La reprise suit le premier jour de "
        "la suspension et précède le dernier ; sinon, modifiez sa fin ou supprimez-la.]"
    )

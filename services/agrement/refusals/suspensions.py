"""Refusals of a suspension, and of what would change or remove one."""

from __future__ import annotations

from services.agrement.refusals.general import AgrementRuleError


class SuspensionRuleError(AgrementRuleError):
    article = "R5132-1-3"


class SuspensionIdUsedError(SuspensionRuleError):
    code = "suspension_id_used"
    title = "Another suspension of this person has this id; void or replace that one"
    title_fr = "Une autre suspension de cette personne porte cet identifiant"


class SuspensionUnknownError(SuspensionRuleError):
    code = "suspension_unknown"
    title = "This agrément has no suspension with this id"
    title_fr = "Cet agrément n'a pas de suspension portant cet identifiant"


class SuspensionNotRunningError(SuspensionRuleError):
    code = "suspension_not_running"
    title = "A suspension is changed or removed while it runs only"
    title_fr = "Une suspension ne se modifie ou ne se supprime que pendant qu'elle court"
    instead = "It runs from {starts_on} to {ends_on}; the day is {day}."
    instead_fr = "Elle court du {starts_on} au {ends_on} ; le jour est le {day}."


class SuspensionAlreadyGoneError(SuspensionRuleError):
    code = "suspension_already_gone"
    title = "This suspension was removed, or lifted by a hire on its first day"
    title_fr = "Cette suspension a été supprimée, ou levée par une embauche dès son premier jour"


class NotTheLastEmployerError(SuspensionRuleError):
    code = "not_the_last_employer"
    title = "Only the SIAE of the person's last hire declares, changes or removes a suspension"
    title_fr = "Seule la SIAE de la dernière embauche déclare, modifie ou supprime une suspension"
    instead = "That is {last_structure_id}, hire of {last_hired_on}."
    instead_fr = "C'est {last_structure_id}, embauche du {last_hired_on}."


class AgrementNotInProgressError(SuspensionRuleError):
    code = "agrement_not_in_progress"
    title = "Only an agrément in progress on the day it is declared can be suspended"
    title_fr = "Seul un agrément en cours le jour de la déclaration peut être suspendu"
    instead = "It runs from {starts_on} to {ends_on}; the day is {day}."
    instead_fr = "Il court du {starts_on} au {ends_on} ; le jour est le {day}."


class AgrementAlreadySuspendedError(SuspensionRuleError):
    code = "agrement_already_suspended"
    title = "The agrément is suspended already; change that suspension"
    title_fr = "L'agrément est déjà suspendu ; modifiez cette suspension"
    instead = "Suspension {suspension_id} runs until {ends_on}."
    instead_fr = "La suspension {suspension_id} court jusqu'au {ends_on}."


class SuspensionReasonNotOfferedError(SuspensionRuleError):
    code = "suspension_reason_not_offered"
    title = "This reason is not offered to this kind of structure on the day it is declared"
    title_fr = "Ce motif n'est pas proposé à ce type de structure le jour de la déclaration"
    instead = "Offered: {offered}."
    instead_fr = "Motifs proposés : {offered}."


class SuspensionEndsBeforeStartError(SuspensionRuleError):
    code = "suspension_ends_before_start"
    title = "A suspension lasts at least one day"
    title_fr = "Une suspension dure au moins un jour"
    instead = "The earliest end is {earliest_end}, the latest {latest_end}."
    instead_fr = "La fin peut être au plus tôt le {earliest_end}, au plus tard le {latest_end}."


class SuspensionTooLongError(SuspensionRuleError):
    code = "suspension_too_long"
    title = "A suspension may not last that long"
    title_fr = "Une suspension ne peut durer aussi longtemps"
    instead = "The latest end is {latest_end} ({longest_months} months)."
    instead_fr = "La fin peut être au plus tard le {latest_end} ({longest_months} mois)."


class SuspensionOutsideAgrementError(SuspensionRuleError):
    code = "suspension_outside_agrement"
    title = "A suspension starts within its agrément"
    title_fr = "Une suspension commence pendant son agrément"
    instead = "It may start from {earliest_start} to {latest_start}."
    instead_fr = "Elle peut commencer du {earliest_start} au {latest_start}."


class SuspensionInTheFutureError(SuspensionRuleError):
    code = "suspension_in_the_future"
    title = "A suspension starts at the latest on the day it is declared"
    title_fr = "Une suspension commence au plus tard le jour de sa déclaration"
    instead = "The latest start is {latest_start}."
    instead_fr = "Le début peut être au plus tard le {latest_start}."


class SuspensionTooFarBackError(SuspensionRuleError):
    code = "suspension_too_far_back"
    title = "A suspension may not start so long before the day it is declared"
    title_fr = "Une suspension ne peut commencer si longtemps avant sa déclaration"
    instead = "The earliest start is {earliest_start}."
    instead_fr = "Le début peut être au plus tôt le {earliest_start}."


class SuspensionTooEarlyError(SuspensionRuleError):
    code = "suspension_too_early"
    title = "A suspension starts after the last one that ended, or from the last hire on"
    title_fr = "Une suspension commence après la dernière terminée, ou à partir de la dernière embauche"
    instead = "The earliest start is {earliest_start}."
    instead_fr = "Le début peut être au plus tôt le {earliest_start}."


class SuspensionsOverlapError(SuspensionRuleError):
    code = "suspensions_overlap"
    title = "Two suspensions of one agrément may not share a day"
    title_fr = "Deux suspensions d'un même agrément ne peuvent avoir un jour en commun"
    instead = "Suspension {suspension_id} runs from {starts_on} to {ends_on}."
    instead_fr = "La suspension {suspension_id} court du {starts_on} au {ends_on}."


class SuspensionChangeUnclearError(SuspensionRuleError):
    code = "suspension_change_unclear"
    title = "A change gives a first day, and either a last day or the day work resumed; at least one of them"
    title_fr = "Une modification donne un premier jour, et soit un dernier jour soit la date de reprise ; au moins l'un"


class BackOutsideSuspensionError(SuspensionRuleError):
    code = "back_outside_suspension"
    title = "Work resumes after the first day of the suspension and before its last"
    title_fr = "La reprise a lieu après le premier jour de la suspension et avant le dernier"
    instead = "From {earliest_back} to {latest_back}."
    instead_fr = "Du {earliest_back} au {latest_back}."

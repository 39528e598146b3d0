"""Why a hire, a change, a suspension or an end of a contract is refused, or a derogation from the weekly floor."""

from __future__ import annotations

from services.pathways.facts import ContractEnded, Hired, WeeklyHoursDerogationGranted
from shared.deciding.refusals import DomainError, by


class ContractIdUsedError(DomainError):
    code = "contract_id_used"
    against = by(Hired, "contract_id")
    title = "Another hire of this person has this contract id; void or replace that one"
    title_fr = "Une autre embauche de cette personne porte cet identifiant de contrat"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class ContractEndsBeforeStartError(DomainError):
    code = "contract_ends_before_start"
    title = "The contract's planned end is before its start"
    title_fr = "La fin prévue du contrat précède son début"
    instead = "[Given: from {starts_on} to {ends_on}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {starts_on} au {ends_on}. ]Indiquez une fin égale ou postérieure au début."


class ContractRenewsItselfError(DomainError):
    code = "contract_renews_itself"
    title = "A contract cannot renew itself"
    title_fr = "Un contrat ne peut se renouveler lui-même"
    instead = "Name the contract before it, or none."
    instead_fr = "Indiquez le contrat précédent, ou aucun."


class ContractAlreadyEndedError(DomainError):
    code = "contract_already_ended"
    against = by(ContractEnded, "contract_id")
    title = "This contract has ended already; replace that fact to move the day"
    title_fr = "Ce contrat est déjà terminé ; remplacez ce fait pour changer le jour"
    instead = "[The end known is {ended_on}. ]Replace the fact that says it to correct it."
    instead_fr = "[Fin déjà connue : {ended_on}. ]Remplacez le fait qui l'indique pour la corriger."


class ContractEndedBeforeStartError(DomainError):
    code = "contract_ended_before_start"
    title = "The contract would have ended before it started"
    title_fr = "Le contrat serait terminé avant d'avoir commencé"
    instead = "[The start is {starts_on}, the end {ended_on}. ]Correct the fact that is wrong by replacing it."
    instead_fr = "[Début : {starts_on} ; fin : {ended_on}. ]Corrigez le fait inexact en le remplaçant."


class ContractSuspensionEndsBeforeStartError(DomainError):
    code = "contract_suspension_ends_before_start"
    title = "The suspension of the contract ends before it starts"
    title_fr = "La suspension du contrat finit avant de commencer"
    instead = "[Given: from {starts_on} to {ends_on}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {starts_on} au {ends_on}. ]Indiquez une fin égale ou postérieure au début."


class DerogationIdUsedError(DomainError):
    code = "derogation_id_used"
    against = by(WeeklyHoursDerogationGranted, "derogation_id")
    title = "Another derogation of this person has this id; void or replace that one"
    title_fr = "Une autre dérogation de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class DerogationEndsBeforeStartError(DomainError):
    code = "derogation_ends_before_start"
    title = "The derogation ends before it starts"
    title_fr = "La dérogation finit avant de commencer"
    instead = "[Given: from {starts_on} to {ends_on}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {starts_on} au {ends_on}. ]Indiquez une fin égale ou postérieure au début."

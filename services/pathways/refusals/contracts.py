"""Why a hire, a change, a suspension or an end of a contract is refused, or a derogation from the weekly floor."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class ContractIdUsedError(DomainError):
    code = "contract_id_used"
    title = "Another hire of this person has this contract id; void or replace that one"
    title_fr = "Une autre embauche de cette personne porte cet identifiant de contrat"


class ContractEndsBeforeStartError(DomainError):
    code = "contract_ends_before_start"
    title = "The contract's planned end is before its start"
    title_fr = "La fin prévue du contrat précède son début"


class ContractRenewsItselfError(DomainError):
    code = "contract_renews_itself"
    title = "A contract cannot renew itself"
    title_fr = "Un contrat ne peut se renouveler lui-même"


class ContractAlreadyEndedError(DomainError):
    code = "contract_already_ended"
    title = "This contract has ended already; replace that fact to move the day"
    title_fr = "Ce contrat est déjà terminé ; remplacez ce fait pour changer le jour"


class ContractEndedBeforeStartError(DomainError):
    code = "contract_ended_before_start"
    title = "The contract would have ended before it started"
    title_fr = "Le contrat serait terminé avant d'avoir commencé"


class ContractSuspensionEndsBeforeStartError(DomainError):
    code = "contract_suspension_ends_before_start"
    title = "The suspension of the contract ends before it starts"
    title_fr = "La suspension du contrat finit avant de commencer"


class DerogationIdUsedError(DomainError):
    code = "derogation_id_used"
    title = "Another derogation of this person has this id; void or replace that one"
    title_fr = "Une autre dérogation de cette personne porte cet identifiant"


class DerogationEndsBeforeStartError(DomainError):
    code = "derogation_ends_before_start"
    title = "The derogation ends before it starts"
    title_fr = "La dérogation finit avant de commencer"

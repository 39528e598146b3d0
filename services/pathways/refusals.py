"""Why the pathways service refuses a fact: one class per rule, its code for ever.

Breaches of the law are never among them: a contract that should not exist exists, and shows as an alert.
"""

from __future__ import annotations

from shared.problems import DomainError


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


class TrainingIdUsedError(DomainError):
    code = "training_id_used"
    title = "Another training of this person has this id; void or replace that one"
    title_fr = "Une autre formation de cette personne porte cet identifiant"


class TrainingAlreadyEndedError(DomainError):
    code = "training_already_ended"
    title = "This training has ended already; replace that fact to correct it"
    title_fr = "Cette formation est déjà terminée ; remplacez ce fait pour le corriger"


class TrainingEndedBeforeStartError(DomainError):
    code = "training_ended_before_start"
    title = "The training would have ended before it started"
    title_fr = "La formation serait terminée avant d'avoir commencé"


class ImmersionIdUsedError(DomainError):
    code = "immersion_id_used"
    title = "Another immersion of this person has this id; void or replace that one"
    title_fr = "Une autre immersion de cette personne porte cet identifiant"


class ImmersionEndsBeforeStartError(DomainError):
    code = "immersion_ends_before_start"
    title = "The immersion ends before it starts"
    title_fr = "L'immersion finit avant de commencer"


class ImmersionRenewsItselfError(DomainError):
    code = "immersion_renews_itself"
    title = "An immersion cannot renew itself"
    title_fr = "Une immersion ne peut se renouveler elle-même"


class ImmersionAlreadyEndedError(DomainError):
    code = "immersion_already_ended"
    title = "This immersion has ended already; replace that fact to correct it"
    title_fr = "Cette immersion est déjà terminée ; remplacez ce fait pour le corriger"


class ImmersionEndedBeforeStartError(DomainError):
    code = "immersion_ended_before_start"
    title = "The immersion would have ended before it started"
    title_fr = "L'immersion serait terminée avant d'avoir commencé"


class ActionIdUsedError(DomainError):
    code = "action_id_used"
    title = "Another support action for this person has this id; void or replace that one"
    title_fr = "Une autre action d'accompagnement de cette personne porte cet identifiant"


class HandoverIdUsedError(DomainError):
    code = "handover_id_used"
    title = "Another hand-over of this person has this id; void or replace that one"
    title_fr = "Une autre proposition de passage de cette personne porte cet identifiant"


class HandoverToItselfError(DomainError):
    code = "handover_to_itself"
    title = "A structure cannot hand a person over to itself"
    title_fr = "Une structure ne peut se proposer une personne à elle-même"


class HandoverAlreadyAnsweredError(DomainError):
    code = "handover_already_answered"
    title = "This hand-over is answered already; replace that answer to correct it"
    title_fr = "Cette proposition a déjà sa réponse ; remplacez-la pour la corriger"


class HandoverAnsweredBeforeProposedError(DomainError):
    code = "handover_answered_before_proposed"
    title = "The hand-over would be answered before it is proposed"
    title_fr = "La proposition aurait sa réponse avant d'être faite"


class ExitIdUsedError(DomainError):
    code = "exit_id_used"
    title = "Another exit of this person has this id; void or replace that one"
    title_fr = "Une autre sortie de cette personne porte cet identifiant"


class NextStepEndsBeforeStartError(DomainError):
    code = "next_step_ends_before_start"
    title = "What comes next ends before it starts"
    title_fr = "L'étape suivante finit avant de commencer"


class ParticipationIdUsedError(DomainError):
    code = "participation_id_used"
    title = "Another ESF participation of this person has this id; void or replace that one"
    title_fr = "Une autre participation FSE de cette personne porte cet identifiant"


class ParticipationAlreadyEndedError(DomainError):
    code = "participation_already_ended"
    title = "This ESF participation has ended already; replace that fact to correct it"
    title_fr = "Cette participation FSE est déjà terminée ; remplacez ce fait pour le corriger"


class ParticipationEndedBeforeStartError(DomainError):
    code = "participation_ended_before_start"
    title = "The ESF participation would have ended before it started"
    title_fr = "La participation FSE serait terminée avant d'avoir commencé"

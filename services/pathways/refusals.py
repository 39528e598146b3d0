"""Why the pathways service refuses a fact: one class per rule, its code for ever.

Breaches of the law by a contract are never among them: a contract that should not exist exists, and shows as an alert.
An immersion beyond its limits is refused: it is agreed beforehand.
"""

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


class ImmersionLongerThanAMonthError(DomainError):
    code = "immersion_longer_than_a_month"
    title = "One agreement of immersion lasts at most one month, date to date"
    title_fr = "Une convention d'immersion dure au plus un mois, de date à date"
    article = "D5135-3"
    instead = "From {starts_on} it may last until {latest_ends_on}."
    instead_fr = "Du {starts_on}, elle peut aller jusqu'au {latest_ends_on}."


class ImmersionRenewedTwiceError(DomainError):
    code = "immersion_renewed_twice"
    title = "An agreement of immersion is renewed once at most"
    title_fr = "Une convention d'immersion n'est renouvelée qu'une fois"
    article = "D5135-3"
    instead = "Renewals would be {renewals}, at most {limit}; another agreement needs another object or objective."
    instead_fr = "Il y aurait {renewals} renouvellements, {limit} au plus ; une autre convention exige un autre objet."


class ImmersionRenewalDiffersError(DomainError):
    code = "immersion_renewal_differs"
    title = "A renewal of an immersion keeps its host and its object"
    title_fr = "Le renouvellement d'une immersion garde le même lieu d'accueil et le même objet"
    article = "D5135-3"
    instead = "The other one is with host {host_id}, object {object}; agree another immersion without renewing."
    instead_fr = "L'autre est chez {host_id}, objet {object} ; convenez d'une autre immersion, sans renouveler."


class ImmersionHostAgreementsError(DomainError):
    code = "immersion_host_agreements"
    title = "With one host: at most two agreements in twelve months, with different objects or objectives"
    title_fr = "Chez un même hôte : au plus deux conventions en douze mois, d'objets ou d'objectifs différents"
    article = "D5135-3"
    instead = "{agreements} agreements from {from_day} to {to_day}, at most {limit}, none with the same purpose."
    instead_fr = "{agreements} conventions du {from_day} au {to_day}, {limit} au plus, jamais deux du même objet."


class ImmersionHostDaysError(DomainError):
    code = "immersion_host_days"
    title = "With one host: at most sixty days of immersion in twelve months, renewals included"
    title_fr = "Chez un même hôte : au plus soixante jours d'immersion en douze mois, renouvellements compris"
    article = "D5135-3"
    instead = "It would make {days} days from {from_day} to {to_day}, at most {limit}."
    instead_fr = "Cela ferait {days} jours du {from_day} au {to_day}, {limit} au plus."


class ImmersionBeyondContractShareError(DomainError):
    code = "immersion_beyond_contract_share"
    title = "Immersions take at most a quarter of the length of a CDDI, renewals included"
    title_fr = "Les immersions ne dépassent pas le quart de la durée du CDDI, renouvellements compris"
    article = "D5135-3"
    instead = "It would make {days} days of {contract_days}, at most {limit}."
    instead_fr = "Cela ferait {days} jours sur {contract_days}, {limit} au plus."


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

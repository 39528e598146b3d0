"""What is recorded here and looks mistaken: one class per kind, its code for ever.

Facts may arrive in any order, so what is named may only be late: such a fact counts as soon as the other comes.
"""

from __future__ import annotations

from shared.deciding.warnings import DomainWarning


class ContractUnknown(DomainWarning):
    code = "contract_unknown"
    title = "No hire of this person with this contract is recorded here; it may be late, or another person's"
    title_fr = "Aucune embauche de cette personne n'est enregistrée ici pour ce contrat ; elle peut tarder, ou concerner une autre personne"


class ContractOfAnotherStructure(DomainWarning):
    code = "contract_of_another_structure"
    title = "The contract is with another structure, so this exit ends nothing of it"
    title_fr = "Le contrat est conclu avec une autre structure : cette sortie n'y met pas fin"


class NoContractWithStructure(DomainWarning):
    code = "no_contract_with_structure"
    title = "No contract of this person with this structure is recorded here, so nothing is known to be left"
    title_fr = (
        "Aucun contrat de cette personne avec cette structure n'est enregistré ici : on ne sait pas ce qu'elle quitte"
    )


class ExitBeforeContract(DomainWarning):
    code = "exit_before_contract"
    title = "The person leaves before the first day of the contract"
    title_fr = "La personne sort avant le premier jour du contrat"


class ExitUnknown(DomainWarning):
    code = "exit_unknown"
    title = "No exit of this person with this id is recorded here; what became of the person counts once it is"
    title_fr = "Aucune sortie de cette personne ne porte cet identifiant ; le suivi comptera quand elle sera connue"


class FollowUpBeforeExit(DomainWarning):
    code = "follow_up_before_exit"
    title = "What became of the person was seen before the person left"
    title_fr = "Le suivi est daté d'avant la sortie"


class MilestoneNotAsked(DomainWarning):
    code = "milestone_not_asked"
    title = "No follow-up is asked so many months after an exit, so none is met by this one; is the number mistaken?"
    title_fr = "Aucun suivi n'est demandé ce nombre de mois après une sortie : celui-ci ne répond à aucun ; le nombre est-il juste ?"


class TrainingUnknown(DomainWarning):
    code = "training_unknown"
    title = "No training of this person with this id is recorded here; it may be late, or another person's"
    title_fr = "Aucune formation de cette personne ne porte cet identifiant ; elle peut tarder, ou concerner une autre personne"


class ImmersionUnknown(DomainWarning):
    code = "immersion_unknown"
    title = "No immersion of this person with this id is recorded here; it may be late, or another person's"
    title_fr = "Aucune immersion de cette personne ne porte cet identifiant ; elle peut tarder, ou concerner une autre personne"


class HandoverUnknown(DomainWarning):
    code = "handover_unknown"
    title = "No hand-over of this person with this id is recorded here; it may be late, or another person's"
    title_fr = (
        "Aucun relais de cette personne ne porte cet identifiant ; il peut tarder, ou concerner une autre personne"
    )


class ParticipationUnknown(DomainWarning):
    code = "participation_unknown"
    title = "No participation of this person with this id is recorded here; it may be late, or another person's"
    title_fr = "Aucune participation de cette personne ne porte cet identifiant ; elle peut tarder, ou concerner une autre personne"

"""What is recorded here and looks mistaken: one class per kind, its code for ever."""

from __future__ import annotations

from shared.deciding.warnings import DomainWarning


class PlacementUnknown(DomainWarning):
    code = "placement_unknown"
    title = "No placement of this person with this id is recorded here; its hours count for no client until it is"
    title_fr = "Aucune mise à disposition de cette personne ne porte cet identifiant ; ses heures ne comptent pour aucun client d'ici là"


class PlacementOfAnotherStructure(DomainWarning):
    code = "placement_of_another_structure"
    title = "The placement was agreed by another structure than the one that says these hours"
    title_fr = "La mise à disposition a été convenue par une autre structure que celle qui déclare ces heures"


class NoContractOfTheStructure(DomainWarning):
    code = "no_contract_of_the_structure"
    title = "No contract of this person with the structure has this id in pathways; it may be late, or another's"
    title_fr = "Aucun contrat de cette personne avec la structure ne porte cet identifiant ; il peut tarder, ou être celui d'un autre"


class ContractUnknown(DomainWarning):
    told_as = NoContractOfTheStructure("/data/contract_id")
    code = "contract_unknown"
    title = "No hire of this person with this contract is recorded in pathways; it may be late, or another person's"
    title_fr = "Aucune embauche de cette personne n'est enregistrée pour ce contrat ; elle peut tarder, ou concerner une autre personne"


class ContractOfAnotherStructure(DomainWarning):
    told_as = NoContractOfTheStructure("/data/contract_id")
    code = "contract_of_another_structure"
    title = "The contract is with another structure than the one that says these hours"
    title_fr = "Le contrat est conclu avec une autre structure que celle qui déclare ces heures"


class HoursWithoutContract(DomainWarning):
    code = "hours_without_contract"
    title = "The hours lie on days on which no contract of the person with the structure is recorded in pathways"
    title_fr = "Les heures portent sur des jours où aucun contrat de la personne avec la structure n'est enregistré"


class HoursOutsidePlacement(DomainWarning):
    code = "hours_outside_placement"
    title = "The hours lie outside the days of their placement"
    title_fr = "Les heures sont hors des jours de leur mise à disposition"

"""Why two persons are not merged, or not split."""

from __future__ import annotations

from services.pathways.facts import PersonsMerged
from shared.deciding.refusals import DomainError, by


class MergedIntoItselfError(DomainError):
    code = "merged_into_itself"
    title = "A person cannot be merged into itself"
    title_fr = "Une personne ne peut être fusionnée avec elle-même"
    instead = "Name the other id of the person in `into`."
    instead_fr = "Indiquez dans « into » l'autre identifiant de la personne."


class MergedPersonUnknownError(DomainError):
    code = "merged_person_unknown"
    title = "Nothing is recorded here of one of the two persons, so they are not merged"
    title_fr = "Rien n'est enregistré ici de l'une des deux personnes : elles ne sont pas fusionnées"
    instead = "Check both ids. Whoever is known elsewhere alone is registered first (`person_registered`)."
    instead_fr = "Vérifiez les deux identifiants. Une personne connue seulement ailleurs s'enregistre d'abord (« person_registered »)."


class AlreadyMergedError(DomainError):
    code = "already_merged"
    against = by(PersonsMerged, "into", "merged_on")
    title = "This person is merged already; split or void that merge to name another"
    title_fr = "Cette personne est déjà fusionnée ; séparez ou annulez cette fusion pour en nommer une autre"
    instead = "[It is since {merged_on}. ]Merge that one further, or split this one first."
    instead_fr = "[Elle l'est depuis le {merged_on}. ]Fusionnez plutôt cette dernière, ou séparez d'abord celle-ci."


class MergedInACircleError(DomainError):
    code = "merged_in_a_circle"
    title = "The other person is merged into this one, so this one cannot be merged into it"
    title_fr = "L'autre personne est fusionnée avec celle-ci : l'inverse n'est plus possible"
    instead = "Nothing is to be done where both are meant to be one: they are. Else split the other one first."
    instead_fr = "Il n'y a rien à faire si les deux ne font qu'une : c'est déjà le cas. Sinon, séparez d'abord l'autre."


class MergeUnknownError(DomainError):
    code = "merge_unknown"
    title = "No merge of this person with this id holds, so it cannot be split"
    title_fr = "Aucune fusion de cette personne ne porte cet identifiant : elle ne peut être séparée"
    instead = (
        "Give as `merge_id` the id of the event that merged this person, and send the split about the same person."
    )
    instead_fr = (
        "Indiquez dans « merge_id » l'identifiant de l'événement de fusion, pour la personne qui y fut fusionnée."
    )


class SplitBeforeMergedError(DomainError):
    code = "split_before_merged"
    title = "The split would be before the merge"
    title_fr = "La séparation serait antérieure à la fusion"
    instead = (
        "[Merged on {merged_on}, split on {split_on}. ]Correct the day that is wrong; a mistaken merge may be voided."
    )
    instead_fr = (
        "[Fusion du {merged_on}, séparation du {split_on}. ]Corrigez le jour inexact ; une fusion faite par erreur "
        "s'annule."
    )

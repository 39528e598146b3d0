"""Why an agreement, its change or its end is refused."""

from __future__ import annotations

from services.placements.facts import PlacementAgreed, PlacementEnded
from shared.deciding.refusals import DomainError, by


class PlacementIdUsedError(DomainError):
    code = "placement_id_used"
    against = by(PlacementAgreed, "placement_id")
    title = "Another placement of this person has this id; void or replace that one"
    title_fr = "Une autre mise à disposition de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class PlacementEndsBeforeStartError(DomainError):
    code = "placement_ends_before_start"
    title = "The placement's planned end is before its start"
    title_fr = "La fin prévue de la mise à disposition précède son début"
    instead = "[Given: from {starts_on} to {ends_on}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {starts_on} au {ends_on}. ]Indiquez une fin égale ou postérieure au début."


class PlacementAlreadyEndedError(DomainError):
    code = "placement_already_ended"
    against = by(PlacementEnded, "placement_id")
    title = "This placement has ended already; replace that fact to move the day"
    title_fr = "Cette mise à disposition est déjà terminée ; remplacez ce fait pour changer le jour"
    instead = "[The end known is {ended_on}. ]Replace the fact that says it to correct it."
    instead_fr = "[Fin déjà connue : {ended_on}. ]Remplacez le fait qui l'indique pour la corriger."


class PlacementEndedBeforeStartError(DomainError):
    code = "placement_ended_before_start"
    title = "The placement would have ended before it started"
    title_fr = "La mise à disposition serait terminée avant d'avoir commencé"
    instead = "[The start is {starts_on}, the end {ended_on}. ]Correct the fact that is wrong by replacing it."
    instead_fr = "[Début : {starts_on} ; fin : {ended_on}. ]Corrigez le fait inexact en le remplaçant."

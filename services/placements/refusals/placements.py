"""Why an agreement, its change or its end is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class PlacementIdUsedError(DomainError):
    code = "placement_id_used"
    title = "Another placement of this person has this id; void or replace that one"
    title_fr = "Une autre mise à disposition de cette personne porte cet identifiant"


class PlacementEndsBeforeStartError(DomainError):
    code = "placement_ends_before_start"
    title = "The placement's planned end is before its start"
    title_fr = "La fin prévue de la mise à disposition précède son début"


class PlacementAlreadyEndedError(DomainError):
    code = "placement_already_ended"
    title = "This placement has ended already; replace that fact to move the day"
    title_fr = "Cette mise à disposition est déjà terminée ; remplacez ce fait pour changer le jour"


class PlacementEndedBeforeStartError(DomainError):
    code = "placement_ended_before_start"
    title = "The placement would have ended before it started"
    title_fr = "La mise à disposition serait terminée avant d'avoir commencé"

"""Why the placements service refuses a fact: one class per rule, its code for ever."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class OwnFactError(DomainError):
    code = "own_fact"
    title = "Only the service itself says this; it follows from other facts"
    title_fr = "Seul le service lui-même énonce ce fait, qui découle d'autres faits"


class PlacementIdUsedError(DomainError):
    code = "placement_id_used"
    title = "Another placement of this person has this id; void or replace that one"
    title_fr = "Une autre mise à disposition de cette personne porte cet identifiant"


class PlacementEndsBeforeStartError(DomainError):
    code = "placement_ends_before_start"
    title = "The placement's planned end is before its start"
    title_fr = "La fin prévue de la mise à disposition précède son début"


class HoursCapExceededError(DomainError):
    """Fields in hours: `hours_asked` is what the event adds, `hours_left` what may be added at most until then."""

    code = "hours_cap_exceeded"
    title = "The planned hours would pass the cap on hours with such clients"
    title_fr = "Les heures prévues dépasseraient le plafond d'heures auprès de tels clients"
    article = "L5132-9"
    instead = "{hours_left} h are left until {window_ends_on}; no cap with clients of kinds: {free_client_kinds}."
    instead_fr = (
        "Il reste {hours_left} h jusqu'au {window_ends_on} ; sans plafond auprès des clients : {free_clients_fr}."
    )


class PlacementAlreadyEndedError(DomainError):
    code = "placement_already_ended"
    title = "This placement has ended already; replace that fact to move the day"
    title_fr = "Cette mise à disposition est déjà terminée ; remplacez ce fait pour changer le jour"


class PlacementEndedBeforeStartError(DomainError):
    code = "placement_ended_before_start"
    title = "The placement would have ended before it started"
    title_fr = "La mise à disposition serait terminée avant d'avoir commencé"


class EntryIdUsedError(DomainError):
    code = "entry_id_used"
    title = "Another entry of hours of this person has this id; void or replace that one"
    title_fr = "Une autre saisie d'heures de cette personne porte cet identifiant"


class HoursOutsideMonthError(DomainError):
    code = "hours_outside_month"
    title = "Days of an entry of hours lie within its month"
    title_fr = "Les jours d'une saisie d'heures sont dans son mois"


class HoursEndBeforeStartError(DomainError):
    code = "hours_end_before_start"
    title = "The last day of the entry is before its first"
    title_fr = "Le dernier jour de la saisie précède le premier"

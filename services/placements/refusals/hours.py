"""Why an entry of hours is refused."""

from __future__ import annotations

from services.placements.facts import HoursWorked
from shared.deciding.refusals import DomainError, by


class EntryIdUsedError(DomainError):
    code = "entry_id_used"
    against = by(HoursWorked, "entry_id")
    title = "Another entry of hours of this person has this id; void or replace that one"
    title_fr = "Une autre saisie d'heures de cette personne porte cet identifiant"
    instead = "Void or replace the fact that stands, or take another id."
    instead_fr = "Annulez ou remplacez le fait déjà enregistré, ou prenez un autre identifiant."


class HoursOutsideMonthError(DomainError):
    code = "hours_outside_month"
    title = "Days of an entry of hours lie within its month"
    title_fr = "Les jours d'une saisie d'heures sont dans son mois"
    instead = "[The month is {month:month}, the day {day}. ]Make an entry for each month."
    instead_fr = "[Mois : {month:month} ; jour indiqué : {day}. ]Faites une saisie par mois."


class HoursEndBeforeStartError(DomainError):
    code = "hours_end_before_start"
    title = "The last day of the entry is before its first"
    title_fr = "Le dernier jour de la saisie précède le premier"
    instead = "[Given: from {from_day} to {to_day}. ]Give an end on the first day or later."
    instead_fr = "[Dates indiquées : du {from_day} au {to_day}. ]Indiquez une fin égale ou postérieure au début."

"""Why an entry of hours is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


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

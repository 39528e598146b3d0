"""Why planned hours are refused."""

from __future__ import annotations

from services.placements.facts.codes import CODES
from shared.deciding.refusals import DomainError


class HoursCapExceededError(DomainError):
    """Fields in hours: `hours_asked` is what the event adds, `hours_left` what may be added at most until then."""

    code = "hours_cap_exceeded"
    title = "The planned hours would pass the cap on hours with such clients"
    title_fr = "Les heures prévues dépasseraient le plafond (480 h sur 24 mois, sauf dérogation) auprès de tels clients"
    article = "L5132-9"
    instead = (
        "[{hours_left:h} are left of {limit:h} until {window_ends_on}. |{hours_left:h} are left. ][Asked: "
        "{hours_asked:h}. ][No cap with clients of these kinds: {free_client_kinds:@client_kind}.|Ask for fewer "
        "hours.]"
    )
    instead_fr = (
        "[Il reste {hours_left:h} sur {limit:h} jusqu'au {window_ends_on}. |Il reste {hours_left:h}. ][Heures "
        "demandées : {hours_asked:h}. ][Sans plafond auprès de ces clients : "
        "{free_client_kinds:@client_kind}.|Demandez moins d'heures.]"
    )
    codes = CODES

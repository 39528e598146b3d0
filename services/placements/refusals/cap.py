"""Why planned hours are refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


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

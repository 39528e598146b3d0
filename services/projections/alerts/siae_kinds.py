"""Of which kinds a structure must be for an alert about agréments to count."""

from __future__ import annotations

from datetime import date

from services.agrement.law.tables import FOLDER
from services.agrement.model.reference import siae_kinds
from shared.deciding.dated import by_last_change


@by_last_change(FOLDER)
def siae_kinds_on(day: date) -> str:
    """Kinds of structures that use agréments on that day, separated by one space."""
    return " ".join(
        sorted(siae.kind for siae in siae_kinds() if (siae.valid_from or day) <= day <= (siae.valid_to or day))
    )

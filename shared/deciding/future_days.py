"""A warning of what is said to have happened, or to have been decided, on a day that is still to come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from shared.deciding.rules import Case
from shared.deciding.warnings import DomainWarning
from shared.facts.fact import Fact, paris_day


class DayInTheFuture(DomainWarning):
    code = "day_in_the_future"
    title = "This is said as done, and its day is still to come; is the year right?"
    title_fr = "Ce fait est dit accompli, mais son jour est encore à venir ; l'année est-elle juste ?"


DoneOn = Mapping[type[Fact], str]
"""Of facts that say what is done, never what is planned: the field with the day it was done on."""


def future_day(fact: Fact, case: Case, done_on: DoneOn) -> Iterator[DomainWarning]:
    """Beside that field, the one in which a fact says on which day it was decided."""
    # Often one field says both: it is warned of once.
    for field in dict.fromkeys((done_on.get(type(fact)), fact.decided_on_field)):
        if field is not None and is_to_come(getattr(fact, field), case):
            yield DayInTheFuture(f"/data/{field}")


def is_to_come(day: date | None, case: Case) -> bool:
    """Whether the day is after the one, in Paris, on which the event is recorded."""
    return day is not None and day > paris_day(case.event.recordedtime)

"""What counted on a day, said once more and as plainly as can be: facts decided or true by then, agreed for later once said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.agrement.facts import SuspensionLifted
from services.placements.facts import HoursWorked, PlacementAgreed
from services.projections.alerts.person_alerts import SOURCES
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.fact import Recorded, paris_day
from shared.facts.settle import settle
from tests.services.projections.facts import ORDER, PERSON, SETTINGS


def counted_on(day: date, facts: Iterable[Recorded]) -> list[Recorded]:
    """Of all facts of a subject."""
    found: list[Recorded] = []
    for fact in settle(facts, ORDER):
        first = fact.decided_on
        if isinstance(fact.data, PlacementAgreed | SuspensionLifted):
            first = min(first, paris_day(fact.time))
        if isinstance(fact.data, HoursWorked):  # told twice: the last alone, whatever its day
            found = [one for one in found if not _same_entry(one, fact)]
        found.append(fact)
        if first > day:
            found.pop()
    return found


def _same_entry(one: Recorded, fact: Recorded) -> bool:
    return (
        isinstance(one.data, HoursWorked)
        and isinstance(fact.data, HoursWorked)
        and (one.data.structure_id, one.data.entry_id) == (fact.data.structure_id, fact.data.entry_id)
    )


def alerts_on(day: date, facts: Iterable[Recorded]) -> set[tuple[Any, ...]]:
    """Alerts about a person begun by a day, reckoned from nothing but what counted on it."""
    subject = SubjectFacts(PERSON, counted_on(day, facts), SETTINGS)
    found = {alert[:5]: alert for source in SOURCES for alert in source.alerts(subject)}
    return {tuple(alert) for alert in found.values() if alert.since <= day}


def shown_on(day: date, rows: Sequence[Any]) -> set[tuple[Any, ...]]:
    """The same from rows that have the days on which they hold."""
    days = [row for row in rows if row.said_from <= day and (row.said_until is None or day <= row.said_until)]
    place = rows[0]._fields.index("said_from") if rows else 0
    return {tuple(row[:place] + row[place + 2 :]) for row in days if row.since <= day}

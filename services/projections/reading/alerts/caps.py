"""Alerts about the hours with capped clients: as the service of placements said when they were reached."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from services.placements.facts import CapApproaching, CapExceeded
from services.placements.rules import rules_on
from services.projections.reading.alerts.alert import HIGH, MEDIUM, AlertKind, PersonAlert
from services.projections.reading.history import History
from shared.days import plus, plus_months


def alerts(history: History) -> Iterator[PersonAlert]:
    for approaching in history.of(CapApproaching):
        yield _reached(history.subject_id, "cap_approaching", MEDIUM, approaching)
    for exceeded in history.of(CapExceeded):
        yield _reached(history.subject_id, "cap_exceeded", HIGH, exceeded)


def _reached(person_id: UUID, kind: AlertKind, severity: str, fact: CapApproaching | CapExceeded) -> PersonAlert:
    """Until the end of the window: the next one begins with all its hours."""
    cap = rules_on(fact.window_starts_on).cap
    ends_on = plus(plus_months(fact.window_starts_on, cap.months), -1)
    return PersonAlert(
        person_id,
        kind,
        fact.structure_id,
        min(fact.reached_on, ends_on),
        "",
        ends_on,
        cap.article,
        severity,
        fact.structure_id,
        placement_id=fact.placement_id,
    )

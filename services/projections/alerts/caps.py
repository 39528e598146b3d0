"""Alerts about the hours with capped clients: as the service of placements said when they were reached."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from services.placements.facts import CapApproaching, CapExceeded
from services.placements.model.windows import article_of, window_ends_on
from services.projections.alerts.alert import HIGH, MEDIUM, AlertKind, PersonAlert
from services.projections.tables.history import History


def alerts(history: History) -> Iterator[PersonAlert]:
    for approaching in history.of(CapApproaching):
        yield _reached(history.subject_id, "cap_approaching", MEDIUM, approaching)
    for exceeded in history.of(CapExceeded):
        yield _reached(history.subject_id, "cap_exceeded", HIGH, exceeded)


def _reached(person_id: UUID, kind: AlertKind, severity: str, fact: CapApproaching | CapExceeded) -> PersonAlert:
    """Until the end of the window: the next one begins with all its hours."""
    ends_on = window_ends_on(fact.window_starts_on)
    return PersonAlert(
        person_id,
        kind,
        fact.structure_id,
        min(fact.reached_on, ends_on),
        "",
        ends_on,
        article_of(fact.window_starts_on),
        severity,
        fact.structure_id,
        placement_id=fact.placement_id,
    )

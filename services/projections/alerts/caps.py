"""Alerts about the hours with capped clients: as the placements service recorded when they were reached."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from services.placements.facts import CapApproaching, CapExceeded
from services.placements.model.windows import article_of, window_ends_on
from services.projections.alerts.alert import HIGH, MEDIUM, AlertKind, AlertSource, PersonAlert, always
from services.projections.tables.subject_facts import SubjectFacts


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    for approaching in subject.of(CapApproaching):
        yield _reached(subject.id, "cap_approaching", MEDIUM, approaching)
    for exceeded in subject.of(CapExceeded):
        yield _reached(subject.id, "cap_exceeded", HIGH, exceeded)


def _reached(person_id: UUID, kind: AlertKind, severity: str, fact: CapApproaching | CapExceeded) -> PersonAlert:
    """Until the end of the window: the next one begins with all its hours."""
    ends_on = window_ends_on(fact.window_starts_on)
    return PersonAlert(
        person_id=person_id,
        kind=kind,
        about_id=fact.structure_id,
        since=min(fact.reached_on, ends_on),
        structure_kinds="",
        until=ends_on,
        article=article_of(fact.window_starts_on),
        severity=severity,
        structure_id=fact.structure_id,
        placement_id=fact.placement_id,
    )


SOURCE = AlertSource(
    kinds=("cap_approaching", "cap_exceeded"), alerts=alerts, about=(CapApproaching, CapExceeded), reads=always()
)

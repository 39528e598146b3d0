"""Read table `person_alerts`: the alerts of every field of rules about persons. A field is a line of `SOURCES`."""

from __future__ import annotations

from services.pathways.facts import PersonErased
from services.projections.alerts import (
    agrements,
    bridges,
    caps,
    contests,
    contracts,
    corrections,
    coverage,
    follow_ups,
    handovers,
    immersions,
    merges,
    not_theirs,
    suspended_work,
)
from services.projections.alerts.alert import AlertSource, PersonAlert
from services.projections.alerts.held import AlertKey, as_known_now, held
from services.projections.tables.periods import Held
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts

SOURCES: tuple[AlertSource, ...] = (
    coverage.SOURCE,
    suspended_work.SOURCE,
    agrements.SOURCE,
    contracts.SOURCE,
    immersions.SOURCE,
    bridges.SOURCE,
    caps.SOURCE,
    corrections.SOURCE,
    handovers.SOURCE,
    follow_ups.SOURCE,
    contests.SOURCE,
    merges.SOURCE,
)

NAMED_BY = 5
"""Columns of the key."""


def person_alerts(subject: SubjectFacts) -> list[PersonAlert]:
    """By first day."""
    rows = [alert for found in subject.once(alerts_of_sources) for alert in as_known_now(found)]
    return sorted(rows, key=lambda alert: (alert.since, alert[:NAMED_BY]))


def alerts_of_sources(subject: SubjectFacts) -> list[list[Held[AlertKey, PersonAlert]]]:
    """For each source, its alerts by what counted from a day on. Of somebody forgotten nobody is told to do anything."""
    if subject.of(PersonErased):
        return []
    standing = [
        held(subject, source.alerts, NAMED_BY, source.about, source.reads(subject))
        for source in SOURCES
        if subject.has(source.about)
    ]
    return [*standing, not_theirs.held(subject, NAMED_BY)]


TABLE = ReadTable(
    name="person_alerts",
    subject_kind="person",
    row=PersonAlert,
    rows=person_alerts,
    key=NAMED_BY,
    indexes=(("structure_id",),),
)

"""Read table `person_alerts`: the alerts of every field of rules about persons. A field is a line of `SOURCES`."""

from __future__ import annotations

from services.projections.alerts import (
    agrements,
    bridges,
    caps,
    contracts,
    corrections,
    coverage,
    follow_ups,
    handovers,
    immersions,
    suspended_work,
)
from services.projections.alerts.alert import AlertSource, PersonAlert
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
)


def person_alerts(subject: SubjectFacts) -> list[PersonAlert]:
    """By first day. Where two rules find the same thing (kind, what it is about, first day, kinds of structures), it is one row."""
    # By the key of the table: two rows of one key would fail the whole person.
    rows = {alert[:5]: alert for source in SOURCES for alert in source.alerts(subject)}
    return sorted(rows.values(), key=lambda alert: (alert.since, alert[:5]))


TABLE = ReadTable(
    name="person_alerts",
    subject_kind="person",
    row=PersonAlert,
    rows=person_alerts,
    key=5,
    indexes=(("structure_id",),),
)

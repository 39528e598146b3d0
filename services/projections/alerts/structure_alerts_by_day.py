"""Read table `structure_alerts_by_day`: alerts about structures on each day, for views about a day that is past."""

from __future__ import annotations

from typing import NamedTuple

from services.projections.alerts.alert import Kind, Severity, Since, Until
from services.projections.alerts.structure_alerts import NAMED_BY, AboutId, Article, StructureId, held_alerts
from services.projections.tables.columns import SaidFrom, SaidUntil
from services.projections.tables.periods import same_for_days
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class StructureAlertByDay(NamedTuple):
    """An alert about a structure by what counted on these days; the view alerts shows those of the day it speaks of."""

    structure_id: StructureId
    kind: Kind
    about_id: AboutId
    since: Since
    said_from: SaidFrom
    said_until: SaidUntil
    until: Until
    article: Article
    severity: Severity


def structure_alerts_by_day(subject: SubjectFacts) -> list[StructureAlertByDay]:
    """By first day."""
    rows = [
        StructureAlertByDay._make((*alert[:NAMED_BY], *days, *alert[NAMED_BY:]))
        for _, days, alert in same_for_days(subject.once(held_alerts))
    ]
    return sorted(rows, key=lambda row: (row.since, row[: NAMED_BY + 1]))


TABLE = ReadTable(
    name="structure_alerts_by_day",
    subject_kind="structure",
    row=StructureAlertByDay,
    rows=structure_alerts_by_day,
    key=NAMED_BY + 1,
)

"""Read table `person_alerts_by_day`: alerts about persons on each day, for views about a day that is past."""

from __future__ import annotations

from typing import NamedTuple

from services.projections.alerts.alert import (
    AboutId,
    Article,
    ConcernedAgrement,
    Kind,
    NextStructureId,
    PlacementId,
    ReminderDays,
    RequestId,
    Severity,
    Since,
    StructureKinds,
    SuspensionId,
    Until,
)
from services.projections.alerts.person_alerts import NAMED_BY, alerts_of_sources
from services.projections.tables.columns import ContractId, PersonId, SaidFrom, SaidUntil, StructureId
from services.projections.tables.periods import same_for_days
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class PersonAlertByDay(NamedTuple):
    """An alert about a person by what counted on these days; the view alerts shows those of the day it speaks of."""

    person_id: PersonId
    kind: Kind
    about_id: AboutId
    since: Since
    structure_kinds: StructureKinds
    said_from: SaidFrom
    said_until: SaidUntil
    until: Until
    article: Article
    severity: Severity
    structure_id: StructureId
    next_structure_id: NextStructureId
    agrement_id: ConcernedAgrement
    contract_id: ContractId
    suspension_id: SuspensionId
    request_id: RequestId
    placement_id: PlacementId
    reminder_days: ReminderDays


def person_alerts_by_day(subject: SubjectFacts) -> list[PersonAlertByDay]:
    """By first day."""
    rows = [
        PersonAlertByDay._make((*alert[:NAMED_BY], *days, *alert[NAMED_BY:]))
        for held in subject.once(alerts_of_sources)
        for _, days, alert in same_for_days(held)
    ]
    return sorted(rows, key=lambda alert: (alert.since, alert[: NAMED_BY + 1]))


TABLE = ReadTable(
    name="person_alerts_by_day",
    subject_kind="person",
    row=PersonAlertByDay,
    rows=person_alerts_by_day,
    key=NAMED_BY + 1,
    indexes=(("structure_id",),),
)

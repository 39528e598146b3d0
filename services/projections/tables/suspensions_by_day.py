"""Read table `suspensions_by_day`: suspensions as what had been said by each day made them (see `agrements_by_day`)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, AgrementId, PersonId, SaidFrom, SaidUntil
from services.projections.tables.facts_by_day import files_by_day
from services.projections.tables.periods import same_for_days
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class SuspensionByDay(NamedTuple):
    """One suspension in force by what had been said by these days; none before it was declared, nor once removed."""

    person_id: PersonId
    agrement_id: AgrementId
    suspension_id: Annotated[UUID, "The suspension", PUBLIC]
    said_from: SaidFrom
    said_until: SaidUntil
    starts_on: Annotated[date, "First day of the suspension"]
    ends_on: Annotated[date, "Last day of the suspension"]


def suspensions_by_day(subject: SubjectFacts) -> list[SuspensionByDay]:
    held = [
        (
            day,
            {
                (agrement.agrement_id, suspension.suspension_id): (suspension.starts_on, suspension.ends_on)
                for agrement in file.agrements
                for suspension in agrement.standing_suspensions()
            },
        )
        for day, file in subject.once(files_by_day)
    ]
    return [
        SuspensionByDay(
            person_id=subject.id,
            agrement_id=agrement_id,
            suspension_id=suspension_id,
            said_from=days[0],
            said_until=days[1],
            starts_on=starts_on,
            ends_on=ends_on,
        )
        for (agrement_id, suspension_id), days, (starts_on, ends_on) in same_for_days(held)
    ]


TABLE = ReadTable(
    name="suspensions_by_day",
    subject_kind="person",
    row=SuspensionByDay,
    rows=suspensions_by_day,
    key=4,
)

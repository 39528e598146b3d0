"""Read table `agrements_by_day`: agréments as what had been said by each day made them, for views about a day that is past.

`agrements` says what everything known makes of them. Nothing is reckoned here but by `services.agrement.model`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from services.agrement.model.states import carence_span
from services.projections.tables.columns import AgrementId, PersonId, SaidFrom, SaidUntil
from services.projections.tables.facts_by_day import files_by_day
from services.projections.tables.periods import same_for_days
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class AgrementByDay(NamedTuple):
    """One agrément by what had been said of it by these days; none before it was granted, nor once it is cancelled."""

    person_id: PersonId
    agrement_id: AgrementId
    said_from: SaidFrom
    said_until: SaidUntil
    starts_on: Annotated[date, "First day of the agrément"]
    ends_on: Annotated[date, "Last day of the agrément"]
    carence_starts_on: Annotated[date, "First day after it without a new one"]
    carence_ends_on: Annotated[date, "Last day after it without a new one"]
    place: Annotated[int, "Place among the person's agréments by first day, from 0"]


def agrements_by_day(subject: SubjectFacts) -> list[AgrementByDay]:
    held = [
        (
            day,
            {
                one.agrement_id: (one.starts_on, one.ends_on, carence_span(one), place)
                # The place tells which is the latest on a day: SQL has no order of truth to go by.
                for place, one in enumerate(file.agrements)
            },
        )
        for day, file in subject.once(files_by_day)
    ]
    return [
        AgrementByDay(
            person_id=subject.id,
            agrement_id=agrement_id,
            said_from=days[0],
            said_until=days[1],
            starts_on=starts_on,
            ends_on=ends_on,
            carence_starts_on=carence.starts_on,
            carence_ends_on=carence.ends_on,
            place=place,
        )
        for agrement_id, days, (starts_on, ends_on, carence, place) in same_for_days(held)
    ]


TABLE = ReadTable(
    name="agrements_by_day",
    subject_kind="person",
    row=AgrementByDay,
    rows=agrements_by_day,
    key=3,
)

"""Read table `agrement_periods`: what moves the end of an agrément, its suspensions and prolongations.

Which of them stand and how many days they add comes from `services.agrement.model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.agrement.model.person_file import Agrement
from services.projections.tables.agrement_file import person_file
from services.projections.tables.columns import PUBLIC, SENSITIVE, STRUCTURE, AgrementId, PersonId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class AgrementPeriod(NamedTuple):
    """One suspension or prolongation in force of an agrément that stands; changes, returns to work and closing applied."""

    person_id: PersonId
    agrement_id: AgrementId
    kind: Annotated[str, "suspension or prolongation"]
    period_id: Annotated[UUID, "The suspension or the prolongation", PUBLIC]
    starts_on: Annotated[date, "First day; of a prolongation the end before it, which it moves"]
    ends_on: Annotated[date, "Last day; of a suspension without one, the latest day allowed"]
    open_ended: Annotated[bool, "A suspension whose end nobody has said"]
    pushes_days: Annotated[int, "Days it adds to the agrément's end, unless that was closed"]
    structure_id: Annotated[UUID, "Structure that declared it", PUBLIC]
    declared_on: Annotated[date | None, "Day a suspension was declared; NULL: a prolongation"]
    request_id: Annotated[UUID | None, "Request that a prolongation follows from; NULL: none", PUBLIC]
    reason: Annotated[str | None, "Code; NULL: erased", SENSITIVE]
    author_kind: Annotated[
        str | None, "Who declared a suspension: employer, prescriber; NULL: not said, or a prolongation", STRUCTURE
    ]


def agrement_periods(subject: SubjectFacts) -> list[AgrementPeriod]:
    rows = [
        row
        for agrement in subject.once(person_file).agrements
        for row in (*_suspensions(subject.id, agrement), *_prolongations(subject.id, agrement))
    ]
    return sorted(rows, key=lambda row: (row.starts_on, row[:4]))


def _suspensions(person_id: UUID, agrement: Agrement) -> Iterator[AgrementPeriod]:
    for suspension in agrement.standing_suspensions():
        yield AgrementPeriod(
            person_id=person_id,
            agrement_id=agrement.agrement_id,
            kind="suspension",
            period_id=suspension.suspension_id,
            starts_on=suspension.starts_on,
            ends_on=suspension.ends_on,
            open_ended=suspension.open_ended,
            pushes_days=suspension.pushes_days(agrement.counting),
            structure_id=suspension.structure_id,
            declared_on=suspension.declared_on,
            request_id=None,
            reason=suspension.reason,
            author_kind=suspension.author_kind,
        )


def _prolongations(person_id: UUID, agrement: Agrement) -> Iterator[AgrementPeriod]:
    for prolongation in agrement.standing_prolongations():
        yield AgrementPeriod(
            person_id=person_id,
            agrement_id=agrement.agrement_id,
            kind="prolongation",
            period_id=prolongation.prolongation_id,
            starts_on=prolongation.starts_on,
            ends_on=prolongation.ends_on,
            open_ended=False,
            pushes_days=prolongation.pushes_days,
            structure_id=prolongation.structure_id,
            declared_on=None,
            request_id=prolongation.request_id,
            reason=prolongation.reason,
            author_kind=None,
        )


TABLE = ReadTable(
    name="agrement_periods",
    subject_kind="person",
    row=AgrementPeriod,
    rows=agrement_periods,
    key=4,
    indexes=(("structure_id",),),
)

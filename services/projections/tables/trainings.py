"""Read table `trainings`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import TrainingEnded, TrainingStarted
from services.projections.tables.columns import PUBLIC, ContractId, PersonId, StructureId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class Training(NamedTuple):
    """One training of a person."""

    person_id: PersonId
    training_id: Annotated[UUID, "The training", PUBLIC]
    kind: Annotated[str | None, "adaptation, pre_qualifying, qualifying, language, other; NULL: its start is not known"]
    started_on: Annotated[date | None, "First day; NULL: its start is not known yet"]
    ended_on: Annotated[date | None, "Last day; NULL: not ended as far as known"]
    structure_id: StructureId
    contract_id: ContractId
    planned_hours: Annotated[float | None, "Hours planned; NULL: not said"]
    hours: Annotated[float | None, "Hours followed; NULL: not said, or not ended"]
    level: Annotated[str | None, "Level of the qualification; NULL: not said"]
    certifying: Annotated[bool | None, "Whether it leads to a recognised qualification; NULL: not said"]
    provider_id: Annotated[UUID | None, "Who gives it; NULL: not said", PUBLIC]
    result: Annotated[str | None, "completed, qualified, dropped; NULL: not ended as far as known"]


def trainings(subject: SubjectFacts) -> list[Training]:
    started = {fact.training_id: fact for fact in subject.of(TrainingStarted)}
    ended = {fact.training_id: fact for fact in subject.of(TrainingEnded)}
    return [
        _row(subject.id, training_id, started.get(training_id), ended.get(training_id))
        for training_id in started | ended
    ]


def _row(person_id: UUID, training_id: UUID, start: TrainingStarted | None, end: TrainingEnded | None) -> Training:
    return Training(
        person_id=person_id,
        training_id=training_id,
        kind=start.kind if start else None,
        started_on=start.started_on if start else None,
        ended_on=end.ended_on if end else None,
        structure_id=start.structure_id if start else None,
        contract_id=start.contract_id if start else None,
        planned_hours=start.planned_hours if start else None,
        hours=end.hours if end else None,
        level=start.level if start else None,
        certifying=start.certifying if start else None,
        provider_id=start.provider_id if start else None,
        result=end.result if end else None,
    )


TABLE = ReadTable(
    name="trainings",
    subject_kind="person",
    row=Training,
    rows=trainings,
    key=2,
    indexes=(("structure_id",),),
)

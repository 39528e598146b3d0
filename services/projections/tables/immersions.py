"""Read table `immersions`: stays in a firm (PMSMP) agreed for a person."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from services.projections.tables.columns import PUBLIC, ContractId, EndsOn, PersonId, StructureId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class Immersion(NamedTuple):
    """One immersion (PMSMP) of a person in a firm, its end applied."""

    person_id: PersonId
    immersion_id: Annotated[UUID, "The immersion", PUBLIC]
    structure_id: StructureId
    contract_id: ContractId
    host_id: Annotated[UUID | None, "The firm; NULL: the agreement is not known yet", PUBLIC]
    object: Annotated[str | None, "discover_trade, confirm_project, start_recruitment; NULL: not known yet"]
    objective: Annotated[str | None, "Code of the objective; NULL: not said"]
    starts_on: Annotated[date | None, "First day; NULL: the agreement is not known yet"]
    ends_on: EndsOn
    planned_ends_on: Annotated[date | None, "Last day as agreed; NULL: the agreement is not known yet"]
    planned_days: Annotated[int | None, "Days of presence as agreed; NULL: not said"]
    ended_on: Annotated[date | None, "Last day as declared by an end; NULL: not declared"]
    days: Annotated[int | None, "Days of presence as declared by its end; NULL: not said, or not ended"]
    result: Annotated[str | None, "Code of the result; NULL: not said, or not ended"]
    renews_immersion_id: Annotated[UUID | None, "The immersion it renews; NULL: none", PUBLIC]


def immersions(subject: SubjectFacts) -> list[Immersion]:
    agreed = {fact.immersion_id: fact for fact in subject.of(ImmersionAgreed)}
    ended = {fact.immersion_id: fact for fact in subject.of(ImmersionEnded)}
    return [
        _row(subject.id, immersion_id, agreed.get(immersion_id), ended.get(immersion_id))
        for immersion_id in agreed | ended
    ]


def _row(
    person_id: UUID, immersion_id: UUID, agreed: ImmersionAgreed | None, ended: ImmersionEnded | None
) -> Immersion:
    return Immersion(
        person_id=person_id,
        immersion_id=immersion_id,
        structure_id=agreed.structure_id if agreed else None,
        contract_id=agreed.contract_id if agreed else None,
        host_id=agreed.host_id if agreed else None,
        object=agreed.object if agreed else None,
        objective=agreed.objective if agreed else None,
        starts_on=agreed.starts_on if agreed else None,
        ends_on=ended.ended_on if ended else agreed.ends_on if agreed else None,
        planned_ends_on=agreed.ends_on if agreed else None,
        planned_days=agreed.days if agreed else None,
        ended_on=ended.ended_on if ended else None,
        days=ended.days if ended else None,
        result=ended.result if ended else None,
        renews_immersion_id=agreed.renews_immersion_id if agreed else None,
    )


TABLE = ReadTable(
    name="immersions",
    subject_kind="person",
    row=Immersion,
    rows=immersions,
    key=2,
    indexes=(("structure_id",),),
)

"""Read table `immersions`: stays in a firm (PMSMP) agreed for a person."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from services.projections.tables.columns import PUBLIC, ContractId, EndsOn, PersonId, StructureId
from services.projections.tables.history import History


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


def immersions(history: History) -> list[Immersion]:
    agreed = {fact.immersion_id: fact for fact in history.of(ImmersionAgreed)}
    ended = {fact.immersion_id: fact for fact in history.of(ImmersionEnded)}
    return [
        _row(history.subject_id, immersion_id, agreed.get(immersion_id), ended.get(immersion_id))
        for immersion_id in agreed | ended
    ]


def _row(
    person_id: UUID, immersion_id: UUID, agreed: ImmersionAgreed | None, ended: ImmersionEnded | None
) -> Immersion:
    return Immersion(
        person_id,
        immersion_id,
        agreed.structure_id if agreed else None,
        agreed.contract_id if agreed else None,
        agreed.host_id if agreed else None,
        agreed.object if agreed else None,
        agreed.objective if agreed else None,
        agreed.starts_on if agreed else None,
        ended.ended_on if ended else agreed.ends_on if agreed else None,
        agreed.ends_on if agreed else None,
        agreed.days if agreed else None,
        ended.ended_on if ended else None,
        ended.days if ended else None,
        ended.result if ended else None,
        agreed.renews_immersion_id if agreed else None,
    )

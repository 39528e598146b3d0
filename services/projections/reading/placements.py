"""Read table `placements`: a structure lends a person to a client."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.placements.facts import PlacementAgreed, PlacementEnded
from services.projections.reading.columns import PUBLIC, ContractId, EndsOn, OccupationCode, PersonId, StructureId
from services.projections.reading.history import History
from services.projections.reading.hours import hours_of_placements


class Placement(NamedTuple):
    """One placement (mise à disposition) of a person with a client."""

    person_id: PersonId
    placement_id: Annotated[UUID, "The placement", PUBLIC]
    structure_id: StructureId
    client_id: Annotated[UUID | None, "The client; NULL: the agreement is not known yet", PUBLIC]
    starts_on: Annotated[date | None, "First day; NULL: the agreement is not known yet"]
    ends_on: EndsOn
    ended_on: Annotated[date | None, "Last day as declared by an end; NULL: not declared"]
    end_cause: Annotated[str | None, "Cause of the declared end; NULL: not said"]
    planned_hours: Annotated[float | None, "Hours planned for the whole placement; NULL: not said"]
    hours: Annotated[float | None, "Hours worked, entries that name the placement; NULL: no entry"]
    contract_id: ContractId
    occupation_code: OccupationCode
    purpose: Annotated[str | None, "assignment, bridge; NULL: not said"]


def placements(history: History) -> list[Placement]:
    agreed = {fact.placement_id: fact for fact in history.of(PlacementAgreed)}
    ended = {fact.placement_id: fact for fact in history.of(PlacementEnded)}
    if not agreed and not ended:
        return []
    hours = history.once(hours_of_placements)
    return [
        _row(history.subject_id, placement_id, agreed.get(placement_id), ended.get(placement_id), hours)
        for placement_id in agreed | ended
    ]


def _row(
    person_id: UUID,
    placement_id: UUID,
    agreed: PlacementAgreed | None,
    ended: PlacementEnded | None,
    hours: dict[UUID, float],
) -> Placement:
    return Placement(
        person_id,
        placement_id,
        agreed.structure_id if agreed else None,
        agreed.client_id if agreed else None,
        agreed.starts_on if agreed else None,
        ended.ended_on if ended else agreed.ends_on if agreed else None,
        ended.ended_on if ended else None,
        ended.cause if ended else None,
        agreed.planned_hours if agreed else None,
        hours.get(placement_id),
        agreed.contract_id if agreed else None,
        agreed.occupation_code if agreed else None,
        agreed.purpose if agreed else None,
    )

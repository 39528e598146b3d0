"""Read table `placements`: a structure lends a person to a client."""

from __future__ import annotations

from datetime import date
from itertools import chain
from typing import Annotated, NamedTuple
from uuid import UUID

from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded
from services.placements.facts.placements import PLAIN_END_CAUSES
from services.placements.model.placements import Terms, terms
from services.projections.tables.columns import PUBLIC, ContractId, EndsOn, OccupationCode, PersonId, StructureId
from services.projections.tables.hours_ledger import hours_of_placements
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class Placement(NamedTuple):
    """One placement (mise à disposition) of a person with a client."""

    person_id: PersonId
    placement_id: Annotated[UUID, "The placement", PUBLIC]
    structure_id: StructureId
    client_id: Annotated[UUID | None, "The client; NULL: the agreement is not known yet", PUBLIC]
    starts_on: Annotated[date | None, "First day; NULL: the agreement is not known yet"]
    ends_on: EndsOn
    ended_on: Annotated[date | None, "Last day as declared by an end; NULL: not declared"]
    end_cause: Annotated[
        str | None, "Cause of the declared end; NULL: not said, or a code that lists do not show", PLAIN_END_CAUSES
    ]
    planned_ends_on: Annotated[date | None, "Last day as agreed last; NULL: none agreed"]
    planned_hours: Annotated[float | None, "Hours planned for the whole placement, as agreed last; NULL: not said"]
    first_planned_hours: Annotated[float | None, "The same as agreed first; NULL: not said"]
    hours: Annotated[float | None, "Hours worked, entries that name the placement; NULL: no entry"]
    contract_id: ContractId
    occupation_code: OccupationCode
    purpose: Annotated[str | None, "assignment, bridge; NULL: not said"]


def placements(subject: SubjectFacts) -> list[Placement]:
    hours = subject.once(hours_of_placements)
    by_placement = terms(subject.of(PlacementAgreed), chain(subject.of(PlacementChanged), subject.of(PlacementEnded)))
    return [
        _row(subject.id, placement_id, gathered, hours.get(placement_id))
        for placement_id, gathered in by_placement.items()
    ]


def _row(person_id: UUID, placement_id: UUID, gathered: Terms, hours: float | None) -> Placement:
    agreed, ended = gathered.agreed, gathered.ended
    return Placement(
        person_id=person_id,
        placement_id=placement_id,
        structure_id=agreed.structure_id if agreed else None,
        client_id=agreed.client_id if agreed else None,
        starts_on=agreed.starts_on if agreed else None,
        ends_on=ended.ended_on if ended else gathered.ends_on,
        ended_on=ended.ended_on if ended else None,
        end_cause=ended.cause if ended else None,
        planned_ends_on=gathered.ends_on,
        planned_hours=gathered.planned_hours,
        first_planned_hours=agreed.planned_hours if agreed else None,
        hours=hours,
        contract_id=agreed.contract_id if agreed else None,
        occupation_code=agreed.occupation_code if agreed else None,
        purpose=agreed.purpose if agreed else None,
    )


TABLE = ReadTable(
    name="placements",
    subject_kind="person",
    row=Placement,
    rows=placements,
    key=2,
    indexes=(("structure_id",), ("client_id",)),
)

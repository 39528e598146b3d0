"""Read table `placements`: a structure lends a person to a client."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded
from services.projections.tables.columns import PUBLIC, ContractId, EndsOn, OccupationCode, PersonId, StructureId
from services.projections.tables.history import History
from services.projections.tables.hours import hours_of_placements


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
    planned_ends_on: Annotated[date | None, "Last day as agreed last; NULL: none agreed"]
    planned_hours: Annotated[float | None, "Hours planned for the whole placement, as agreed last; NULL: not said"]
    first_planned_hours: Annotated[float | None, "The same as agreed first; NULL: not said"]
    hours: Annotated[float | None, "Hours worked, entries that name the placement; NULL: no entry"]
    contract_id: ContractId
    occupation_code: OccupationCode
    purpose: Annotated[str | None, "assignment, bridge; NULL: not said"]


@dataclass(slots=True)
class Agreement:
    """What was agreed of one placement, changes applied, and its end."""

    first: PlacementAgreed | None = None
    ends_on: date | None = None
    planned_hours: float | None = None
    ended: PlacementEnded | None = None


def placements(history: History) -> list[Placement]:
    known = _agreements(history)
    if not known:
        return []
    hours = history.once(hours_of_placements)
    return [_row(history.subject_id, name, agreement, hours.get(name)) for name, agreement in known.items()]


def _agreements(history: History) -> dict[UUID, Agreement]:
    known: dict[UUID, Agreement] = defaultdict(Agreement)
    for agreed in history.of(PlacementAgreed):
        known[agreed.placement_id] = Agreement(agreed, agreed.ends_on, agreed.planned_hours)
    for changed in history.of(PlacementChanged):
        agreement = known[changed.placement_id]
        agreement.ends_on = changed.ends_on or agreement.ends_on
        if changed.planned_hours is not None:
            agreement.planned_hours = changed.planned_hours
    for ended in history.of(PlacementEnded):
        known[ended.placement_id].ended = ended
    return known


def _row(person_id: UUID, placement_id: UUID, agreement: Agreement, hours: float | None) -> Placement:
    agreed, ended = agreement.first, agreement.ended
    return Placement(
        person_id,
        placement_id,
        agreed.structure_id if agreed else None,
        agreed.client_id if agreed else None,
        agreed.starts_on if agreed else None,
        ended.ended_on if ended else agreement.ends_on,
        ended.ended_on if ended else None,
        ended.cause if ended else None,
        agreement.ends_on,
        agreement.planned_hours,
        agreed.planned_hours if agreed else None,
        hours,
        agreed.contract_id if agreed else None,
        agreed.occupation_code if agreed else None,
        agreed.purpose if agreed else None,
    )

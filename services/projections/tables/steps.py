"""Read table `steps`: where a person's pathway led, one row per stay in a structure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, EndsOn, PathwayNumber, PersonId
from services.projections.tables.history import History
from services.projections.tables.hours import hours_of_stays
from services.projections.tables.pathways import pathway_numbers
from services.projections.tables.stays import career


class Step(NamedTuple):
    """One stay of a person in one structure, under contracts in the pathway."""

    person_id: PersonId
    step: Annotated[int, "Number of the stay, by first day, from 1"]
    structure_id: Annotated[UUID, "The structure", PUBLIC]
    starts_on: Annotated[date | None, "First day; NULL: only the exit is known yet"]
    ends_on: EndsOn
    hours: Annotated[float | None, "Hours worked in the stay; NULL: no entry of the ledger"]
    contracts: Annotated[int, "Contracts of the stay"]
    exit_reason: Annotated[str | None, "Code of the exit; NULL: no exit recorded"]
    exit_id: Annotated[UUID | None, "The exit that ended it; NULL: none recorded", PUBLIC]
    pathway: PathwayNumber


def steps(history: History) -> list[Step]:
    """No clock, no I/O, no new id: a replay gives the same rows."""
    hours = history.once(hours_of_stays)
    numbered = zip(history.once(career).stays, history.once(pathway_numbers), strict=True)
    return [
        Step(
            history.subject_id,
            number,
            stay.structure_id,
            stay.starts_on,
            stay.ends_on,
            hours.get(stay),
            len(stay.employments),
            stay.exit.reason if stay.exit else None,
            stay.exit.exit_id if stay.exit else None,
            pathway,
        )
        for number, (stay, pathway) in enumerate(numbered, start=1)
    ]

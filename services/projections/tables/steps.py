"""Read table `steps`: where a person's pathway led, one row per stay in a structure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts.leaving import PLAIN_REASONS
from services.projections.tables.columns import PUBLIC, EndsOn, PathwayNumber, PersonId
from services.projections.tables.hours_ledger import hours_of_stays
from services.projections.tables.pathway_spans import pathway_numbers
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts


class Step(NamedTuple):
    """One stay of a person in one structure, under contracts in the pathway."""

    person_id: PersonId
    step: Annotated[int, "Number of the stay, by first day, from 1"]
    structure_id: Annotated[UUID, "The structure", PUBLIC]
    starts_on: Annotated[date | None, "First day; NULL: only the exit is known yet"]
    ends_on: EndsOn
    hours: Annotated[float | None, "Hours worked in the stay; NULL: no entry of the ledger"]
    contracts: Annotated[int, "Contracts of the stay"]
    exit_reason: Annotated[
        str | None, "Code of the exit; NULL: no exit recorded; in lists, one withdrawn too", PLAIN_REASONS
    ]
    exit_id: Annotated[UUID | None, "The exit that ended it; NULL: none recorded", PUBLIC]
    pathway: PathwayNumber


def steps(subject: SubjectFacts) -> list[Step]:
    hours = subject.once(hours_of_stays)
    numbered = zip(subject.once(career).stays, subject.once(pathway_numbers), strict=True)
    return [
        Step(
            person_id=subject.id,
            step=number,
            structure_id=stay.structure_id,
            starts_on=stay.starts_on,
            ends_on=stay.ends_on,
            hours=hours.get(stay),
            contracts=len(stay.employments),
            exit_reason=stay.exit.reason if stay.exit else None,
            exit_id=stay.exit.exit_id if stay.exit else None,
            pathway=pathway,
        )
        for number, (stay, pathway) in enumerate(numbered, start=1)
    ]


TABLE = ReadTable(
    name="steps",
    subject_kind="person",
    row=Step,
    rows=steps,
    key=2,
    indexes=(("structure_id", "starts_on"),),
)

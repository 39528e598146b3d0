"""Read table `registrations`: what was said of a person for the figures, each time it was said."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from services.pathways.facts import PersonRegistered
from services.projections.tables.columns import PersonId, Place, SaidFor
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.sayers import structure_of


class Registration(NamedTuple):
    """One registration of a person. `persons` has the last value said of each field, whoever said it."""

    person_id: PersonId
    place: Place
    structure_id: SaidFor
    registered_on: Annotated[date, "Day registered"]
    sex: Annotated[str | None, "Code; NULL: not said"]
    birth_year: Annotated[int | None, "Year of birth; NULL: not said"]
    education_level: Annotated[str | None, "Code; NULL: not said"]


def registrations(subject: SubjectFacts) -> list[Registration]:
    return [
        Registration(
            person_id=subject.id,
            place=place,
            structure_id=structure_of(recorded),
            registered_on=recorded.data.registered_on,
            sex=recorded.data.sex,
            birth_year=recorded.data.birth_year,
            education_level=recorded.data.education_level,
        )
        for place, recorded in enumerate(subject.recorded(frozenset({PersonRegistered})), start=1)
        if isinstance(recorded.data, PersonRegistered)
    ]


TABLE = ReadTable(
    name="registrations",
    subject_kind="person",
    row=Registration,
    rows=registrations,
    key=2,
    indexes=(("structure_id",),),
)

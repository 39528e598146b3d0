"""Read table `persons`: who the person is for the figures; never a name or a number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from services.pathways.facts import PersonErased, PersonRegistered
from services.projections.tables.columns import PUBLIC, SENSITIVE, STRUCTURE, PersonId, SoleStructureId
from services.projections.tables.pathways import only, pathways, sole_structure
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.sayers import structure_of


class Person(NamedTuple):
    """A person of whom something stands; the last value said of each field."""

    person_id: PersonId
    registered_on: Annotated[date | None, "First day registered; NULL: never"]
    sex: Annotated[str | None, "Code; NULL: not said"]
    birth_year: Annotated[int | None, "Year of birth; NULL: not said"]
    education_level: Annotated[str | None, "Code; NULL: not said"]
    steps: Annotated[int, "Steps so far, all pathways"]
    pathways: Annotated[int, "Pathways so far"]
    first_hired_on: Annotated[date | None, "First day of the first step; NULL: no hire in a pathway known"]
    benefits: Annotated[str | None, "Codes of minimum benefits, separated by one space; NULL: not said", SENSITIVE]
    rqth: Annotated[bool | None, "Recognised as a disabled worker; NULL: not said", SENSITIVE]
    housing: Annotated[str | None, "Code; NULL: not said", SENSITIVE]
    qpv: Annotated[bool | None, "Lives in a priority district (QPV); NULL: not said", STRUCTURE]
    rural: Annotated[bool | None, "Lives in a rural area; NULL: not said", STRUCTURE]
    unemployed_months: Annotated[int | None, "Months without a job at the registration; NULL: not said", STRUCTURE]
    erased_on: Annotated[date | None, "Since when it is forgotten: its rows are pseudonymous; NULL: it is not"]
    sole_structure_id: SoleStructureId
    registered_for_id: Annotated[
        UUID | None, "The one structure for which all its registrations were said; NULL: several, or nobody", PUBLIC
    ]


def persons(subject: SubjectFacts) -> list[Person]:
    """No row while nothing but voids is known: a void stands, but says nothing of the person."""
    if not subject.says_something:
        return []
    registrations = subject.of(PersonRegistered)
    stays = subject.once(career).stays
    first_days = [stay.starts_on for stay in stays if stay.starts_on is not None]
    benefits = _last(registrations, "benefits")
    return [
        Person(
            person_id=subject.id,
            registered_on=registrations[0].registered_on if registrations else None,
            sex=_last(registrations, "sex"),
            birth_year=_last(registrations, "birth_year"),
            education_level=_last(registrations, "education_level"),
            steps=len(stays),
            pathways=len(subject.once(pathways)),
            first_hired_on=min(first_days, default=None),
            # One text: columns of read tables are of plain types, which every tool for BI reads.
            benefits=None if benefits is None else " ".join(benefits),
            rqth=_last(registrations, "rqth"),
            housing=_last(registrations, "housing"),
            qpv=_last(registrations, "qpv"),
            rural=_last(registrations, "rural"),
            unemployed_months=_last(registrations, "unemployed_months"),
            erased_on=min((erasure.erased_on for erasure in subject.of(PersonErased)), default=None),
            sole_structure_id=subject.once(sole_structure),
            registered_for_id=only({structure_of(said) for said in subject.recorded(_REGISTERED)}),
        )
    ]


_REGISTERED = frozenset({PersonRegistered})


def _last(registrations: Sequence[PersonRegistered], name: str) -> Any:
    """The last value said of a field: a later registration that leaves it out takes nothing back."""
    for registration in reversed(registrations):
        if (value := getattr(registration, name)) is not None:
            return value
    return None


TABLE = ReadTable(
    name="persons",
    subject_kind="person",
    row=Person,
    rows=persons,
    key=1,
    indexes=(("erased_on",),),
)

"""Read table `persons`: who the person is for the figures; never a name or a number."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple

from services.pathways.facts import PersonRegistered
from services.projections.tables.columns import STRUCTURE, PersonId
from services.projections.tables.history import History
from services.projections.tables.pathways import pathways
from services.projections.tables.stays import career
from shared.facts.fact import FactVoided


class Person(NamedTuple):
    """A person of whom something stands; the last value told of each field."""

    person_id: PersonId
    registered_on: Annotated[date | None, "First day registered; NULL: never"]
    sex: Annotated[str | None, "Code; NULL: not said"]
    birth_year: Annotated[int | None, "Year of birth; NULL: not said"]
    education_level: Annotated[str | None, "Code; NULL: not said"]
    steps: Annotated[int, "Steps so far, all pathways"]
    pathways: Annotated[int, "Pathways so far"]
    first_hired_on: Annotated[date | None, "First day of the first step; NULL: no hire in a pathway known"]
    benefits: Annotated[str | None, "Codes of minimum benefits, separated by one space; NULL: not said", STRUCTURE]
    rqth: Annotated[bool | None, "Recognised as a disabled worker; NULL: not said", STRUCTURE]
    housing: Annotated[str | None, "Code; NULL: not said", STRUCTURE]
    qpv: Annotated[bool | None, "Lives in a priority district (QPV); NULL: not said", STRUCTURE]
    rural: Annotated[bool | None, "Lives in a rural area; NULL: not said", STRUCTURE]
    unemployed_months: Annotated[int | None, "Months without a job at the registration; NULL: not said", STRUCTURE]


def persons(history: History) -> list[Person]:
    if all(isinstance(fact, FactVoided) for fact in history.facts):
        return []
    registrations = history.of(PersonRegistered)
    told = registrations[::-1]
    starts = [stay.starts_on for stay in history.once(career).stays if stay.starts_on is not None]
    benefits = _last(told, "benefits")
    return [
        Person(
            history.subject_id,
            registrations[0].registered_on if registrations else None,
            _last(told, "sex"),
            _last(told, "birth_year"),
            _last(told, "education_level"),
            len(history.once(career).stays),
            len(history.once(pathways)),
            min(starts, default=None),
            None if benefits is None else " ".join(benefits),
            _last(told, "rqth"),
            _last(told, "housing"),
            _last(told, "qpv"),
            _last(told, "rural"),
            _last(told, "unemployed_months"),
        )
    ]


def _last(told: Any, name: str) -> Any:
    for registration in told:
        if (value := getattr(registration, name)) is not None:
            return value
    return None

"""What this service answers, and what it is sent, as its contract tells."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.identities.names import LONGEST

MOST_ASKED = 500
"""Persons of one question."""
PAGE, LARGEST_PAGE = 20, 50
"""Of what is found: whoever has more in view looks for too little."""

FamilyName = Field(min_length=1, max_length=LONGEST, description="As the registry has it; letters, no number")
GivenNames = Field(min_length=1, max_length=LONGEST, description="All of them, in their order")
BirthDate = Field(description="Day of birth, not before 1900; what part of it nobody knows is 1")


class GivenNamesOfPerson(BaseModel):
    """The body of a PUT: the whole of what the structure says."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"family_name": "Exemple", "given_names": "Camille", "birth_date": "1990-12-31"}]})  # fmt: skip

    family_name: str = FamilyName
    given_names: str = GivenNames
    birth_date: date = BirthDate


class SaidNames(BaseModel):
    """What one structure says."""

    person_id: UUID = Field(description="The id under which it says so, one of the person's")
    said_for: str = Field(description="`structure/<id>`: whose words these are")
    given_at: str
    family_name: str
    given_names: str
    birth_date: date


class PersonNames(BaseModel):
    """A person's names as far as the caller sees them: those of its own structure, else the latest."""

    person_id: UUID = Field(description="Under which the person is told of: of merged ids the one that stays")
    said_for: str
    given_at: str
    family_name: str
    given_names: str
    birth_date: date
    others: list[SaidNames] = Field(description="What else is said of the person")


class PersonIds(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_ids: list[UUID] = Field(min_length=1, max_length=MOST_ASKED)


class AskedId(PersonNames):
    asked_id: UUID = Field(description="The id that was asked for")


class ListOfNames(BaseModel):
    """Those of whom the caller sees a name; of the others nothing."""

    items: list[AskedId]


class Search(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=2,
        max_length=LONGEST,
        description="Beginnings of words of the family or given names, in any order; accents and case make no difference",
    )
    birth_date: date | None = Field(None, description="Only who was born on that day")
    limit: int | None = Field(None, ge=1, description=f"At most {LARGEST_PAGE}")
    next: str | None = None


class FoundPersons(BaseModel):
    items: list[PersonNames]
    next: str | None


class Match(BaseModel):
    """Two persons who may be one: a word of the family name, one of the given names and the birth date are the same."""

    person_id: UUID
    other_person_id: UUID
    names: list[SaidNames] = Field(description="Of both, in the words of each structure")


class Matches(BaseModel):
    items: list[Match]
    next: str | None


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """A request's body in the document: it is read by hand, so that nothing that was sent comes back in a refusal."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

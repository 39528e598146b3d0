"""Financial annexes: what the State agreed to fund, and how their numbers are written."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, NamedTuple
from uuid import UUID

from pydantic import Field
from pydantic_core import PydanticCustomError

from services.structures.facts.bodies import Amount
from services.structures.facts.codes import CODES
from services.structures.facts.structures import StructureFact
from shared.facts.fact import Code, Day, Visibility, on_arrival

_GRAMMAR = re.compile(
    r"^(?P<measure>[A-Z]{2,5})(?P<department>[0-9]{2}[0-9A-Z])(?P<year>[0-9]{2})(?P<rank>[0-9]{4})"
    r"A(?P<amendment>[0-9]{1,2})M(?P<modification>[0-9]{1,2})$"
)


class AnnexParts(NamedTuple):
    """What a number says. `convention`: the number without amendment and modification."""

    convention: str
    department: str
    year: int
    amendment: int
    modification: int


def parts_of(number: str) -> AnnexParts | None:
    """None for a number recorded before numbers were checked."""
    found = _GRAMMAR.fullmatch(number)
    if found is None:
        return None
    return AnnexParts(
        number[: found.end("rank")],
        found["department"],
        2000 + int(found["year"]),
        int(found["amendment"]),
        int(found["modification"]),
    )


def _well_formed(number: str) -> str:
    parts = parts_of(number)
    if parts is None or parts.department == "000":
        raise PydanticCustomError(
            "bad_annex_number", "measure, department, year, rank, A, amendment, M, modification: ACI039240001A0M0"
        )
    return number


AnnexNumber = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", json_schema_extra={"pattern": re.sub(r"\?P<\w+>", "", _GRAMMAR.pattern)}),
    on_arrival(_well_formed),
]
"""Measure (letters), department (three characters), year (two digits), rank (four), A amendment, M modification:
`ACI039240001A0M0`, `EI59V182019A1M1`, `ETTI02A240001A10M2`. A number with a department of two characters has none."""


class AnnexRecorded(StructureFact):
    """A financial annex (annexe financière) of the structure's agreement with the State, in its `state` of today.

    A new state of an annex is said by a further fact of the same `annex_id`, or by one that `replaces` this one.
    `funded_posts`: full-time posts the State helps to pay. Source: L5132-2, R5132-1 and following.
    """

    type: ClassVar[str] = "structures.annex_recorded.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    example: ClassVar[dict[str, Any]] = {
        "annex_id": "8f1d6d3e-7a0b-4a57-9a0a-6b0f8f5a1c11",
        "number": "ACI039240001A0M0",
        "measure": "ACI_DC",
        "state": "VALIDE",
        "starts_on": "2024-01-01",
        "ends_on": "2024-12-31",
        "funded_posts": 12.5,
    }
    annex_id: UUID
    number: AnnexNumber
    measure: Annotated[Code, CODES.named("annex_measure")]
    state: Annotated[Code, CODES.named("annex_state")]
    starts_on: Day
    ends_on: Day
    funded_posts: Annotated[Amount | None, Visibility.GROUP] = None

"""Numbers of financial annexes: how they are written, and what their parts say."""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple

from pydantic import Field
from pydantic_core import PydanticCustomError

from shared.facts.fact import on_arrival

_GRAMMAR = re.compile(
    r"^(?P<measure>[A-Z]{2,5})(?P<department>[0-9][0-9A-Z]{1,2})(?P<year>[0-9]{2})(?P<rank>[0-9]{4})"
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
    if parts_of(number) is None:
        raise PydanticCustomError(
            "bad_annex_number", "measure, department, year, rank, A, amendment, M, modification: ACI039240001A0M0"
        )
    return number


AnnexNumber = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_-]{1,40}$", json_schema_extra={"pattern": re.sub(r"\?P<\w+>", "", _GRAMMAR.pattern)}),
    on_arrival(_well_formed),
]
"""Measure (letters), department (two or three characters), year (two digits), rank (four), A amendment, M modification:
`ACI039240001A0M0`, `EI59V182019A1M1`."""

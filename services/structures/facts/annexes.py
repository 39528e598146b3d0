"""Numbers of financial annexes: how they are written, and what their parts say."""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple

from pydantic import Field

_PATTERN = (
    r"^(?P<measure>[A-Z]{2,5})(?P<department>[0-9][0-9A-Z]{1,2})(?P<year>[0-9]{2})(?P<rank>[0-9]{4})"
    r"A(?P<amendment>[0-9]{1,2})M(?P<modification>[0-9]{1,2})$"
)

AnnexNumber = Annotated[str, Field(pattern=re.sub(r"\?P<\w+>", "", _PATTERN), examples=["ACI039240001A0M0"])]
"""Measure (letters), department (two or three characters), year (two digits), rank (four), A amendment, M modification:
`ACI039240001A0M0`, `EI59V182019A1M1`."""


class AnnexParts(NamedTuple):
    """What a number says. `convention`: the number without amendment and modification."""

    convention: str
    measure: str
    department: str
    year: int
    amendment: int
    modification: int


def parts_of(number: str) -> AnnexParts:
    found = re.match(_PATTERN, number)
    if found is None:
        raise ValueError(f"{number!r} is no number of a financial annex")
    return AnnexParts(
        number[: found.end("rank")],
        found["measure"],
        found["department"],
        2000 + int(found["year"]),
        int(found["amendment"]),
        int(found["modification"]),
    )

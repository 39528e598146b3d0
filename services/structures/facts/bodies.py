"""Names, numbers, places and amounts: the fields that facts of several topics have."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_LA_POSTE = "356000000"


def _not_blank(name: str) -> str:
    if not name.strip():
        raise PydanticCustomError("blank", "at least one visible character")
    return name


def _real_siret(siret: str) -> str:
    """Refuse a mistyped number: Luhn's sum; La Poste's offices have their own, the digits' sum is a multiple of five."""
    digits = [int(digit) for digit in siret]
    doubled = sum(digit if place % 2 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(digits))
    if doubled % 10 and not (siret.startswith(_LA_POSTE) and sum(digits) % 5 == 0):
        raise PydanticCustomError("bad_siret", "the check digits of this SIRET do not fit")
    return siret


LegalName = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
    AfterValidator(_not_blank),
]
"""Name of a legal body, never of a person."""
Siret = Annotated[str, Field(pattern=r"^[0-9]{14}$"), AfterValidator(_real_siret)]
Department = Annotated[str, Field(pattern=r"^(0[1-9]|[1-8][0-9]|9[0-5]|2[AB]|97[1-6]|98[4-8])$")]
Amount = Annotated[float, Field(ge=0, le=1_000_000)]

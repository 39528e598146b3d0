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


def siret_key_fits(siret: str) -> bool:
    """Luhn's sum of its 14 digits; La Poste's offices have their own: the digits' sum is a multiple of five."""
    digits = [int(digit) for digit in siret]
    doubled = sum(digit if place % 2 else sum(divmod(digit * 2, 10)) for place, digit in enumerate(digits))
    return doubled % 10 == 0 or (siret.startswith(_LA_POSTE) and sum(digits) % 5 == 0)


LegalName = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
    AfterValidator(_not_blank),
]
"""Name of a legal body, never of a person."""
Siret = Annotated[str, Field(pattern=r"^[0-9]{14}$")]
"""Recorded as it is said, as the official service does; whether its key fits is `siret_key_fits`."""
_CORSICA_AND_MAINLAND, _OVERSEAS = "0[1-9]|[1-8][0-9]|9[0-5]|2[AB]", "97[1-8]|98[4-9]"
Department = Annotated[str, Field(pattern=f"^({_CORSICA_AND_MAINLAND}|{_OVERSEAS})$")]
"""Code officiel géographique: 01 to 95, 2A, 2B, and overseas what it calls departments, collectivities and territories
(971 to 978, 984 to 989: Saint-Barthélemy is 977, Saint-Martin 978; 985 was Mayotte's), and 20, Corsica's before 1976."""
CommuneCode = Annotated[str, Field(pattern=f"^(({_CORSICA_AND_MAINLAND})[0-9]{{3}}|({_OVERSEAS})[0-9]{{2}})$")]
"""Code officiel géographique of INSEE, which is not the postal code: five characters that begin with the department's."""
Amount = Annotated[float, Field(ge=0, le=1_000_000)]

"""Dated rules that whoever joins facts of several subjects needs, as rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from services.agrement.law.tables import FOLDER
from shared.deciding.dated import table


class SiaeKind(NamedTuple):
    """A kind of structure that uses agréments, from `valid_from` to `valid_to`, both included; an absent bound is open."""

    kind: Annotated[str, "Kind of structure"]
    valid_from: date | None
    valid_to: date | None


def siae_kinds() -> tuple[SiaeKind, ...]:
    return tuple(
        SiaeKind(kind, row["valid_from"], row["valid_to"])
        for row in table(FOLDER, "siae_kinds")
        for kind in row["kinds"]
    )

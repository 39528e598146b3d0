"""Dated rules that whoever joins facts of several subjects needs, as rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from services.structures.law.tables import FOLDER
from shared.deciding.dated import table


class AnnexMeasure(NamedTuple):
    """The kind of structure whose own measure this is, from `valid_from` to `valid_to`, both included; an absent bound is
    open. `measure`: the code of an annex before its `_`; `kind` no_kind: no structure's own."""

    measure: Annotated[str, "Code of a measure of annexes, before its _"]
    kind: Annotated[str, "Kind of structure whose own it is; no_kind: no structure's"]
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


def annex_measures() -> tuple[AnnexMeasure, ...]:
    """Those of every day."""
    return tuple(AnnexMeasure(**{**row, "kind": row["kind"] or "no_kind"}) for row in table(FOLDER, "measures"))

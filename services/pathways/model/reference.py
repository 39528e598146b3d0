"""Dated rules that whoever joins facts of several subjects needs, as rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from services.pathways.law.tables import FOLDER
from shared.deciding.dated import table


class ContractTypes(NamedTuple):
    """Types of contracts in the pathway that a kind of structure uses, and those that any may sign, for contracts begun
    from `valid_from` to `valid_to`, both included; an absent bound is open."""

    kind: Annotated[str, "Kind of structure"]
    usual: Annotated[tuple[str, ...], "Types of contracts that it uses, separated by one space"]
    allowed: Annotated[tuple[str, ...], "Types that any structure may sign, separated by one space"]
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


def contract_types() -> tuple[ContractTypes, ...]:
    """Those of every day."""
    return tuple(
        ContractTypes(
            row["kind"],
            tuple(row["usual"]),
            tuple(row["allowed"]),
            *(row[name] for name in ("article", "valid_from", "valid_to", "source", "confidence")),
        )
        for row in table(FOLDER, "contract_types")
    )

"""Dated reference tables of the read side (`rules/*.yaml`): what an exit reason counts as, which kind stands where.

A row is in force from `valid_from` to `valid_to`, both included; an absent bound is open or not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

RULES = Path(__file__).parent / "rules"
EXIT_CATEGORIES = RULES / "exit_categories.yaml"
STAGES = RULES / "stages.yaml"

Confidence = Literal["confirmed", "open"]


class ExitReason(NamedTuple):
    """What one reason of leaving a structure counts as, for a time. `leads_to`: employment, training, iae or nothing."""

    code: str
    title: str
    category: str
    leads_to: str | None
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class Stage(NamedTuple):
    """How near an ordinary job a kind of structure stands: 1 is the furthest."""

    kind: str
    stage: int
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


ExitReasons = Mapping[str, Sequence[ExitReason]]
"""By code."""


def exit_reason_on(reasons: ExitReasons, code: str, day: date) -> ExitReason | None:
    """The row in force on the day of the exit; None for a code the table does not have."""
    for row in reasons.get(code, ()):
        if (row.valid_from is None or row.valid_from <= day) and (row.valid_to is None or day <= row.valid_to):
            return row
    return None


@cache
def exit_reasons() -> ExitReasons:
    reasons: dict[str, list[ExitReason]] = {}
    for row in _rows(EXIT_CATEGORIES):
        reasons.setdefault(row["code"], []).append(ExitReason(**row))
    return reasons


@cache
def stages() -> tuple[Stage, ...]:
    return tuple(Stage(kind=kind, **row) for row in _rows(STAGES) for kind in row.pop("kinds"))


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a table; `defaults` fill what a row leaves out."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [{**table["defaults"], **row} for row in table["rows"]]

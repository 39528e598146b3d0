"""The rules that the law or the State's own service dates (`rules/*.yaml`): which set is in force on a day.

A row is in force from `valid_from` to `valid_to`, both included; an absent bound is open. `confidence: open` marks a
row whose meaning or date is in doubt. A decision is judged by the set of the day it was declared on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

RULES = Path(__file__).parent / "rules"

R = TypeVar("R", bound="Row")


@dataclass(frozen=True)
class Row:
    """What every row says beside its rule."""

    source: str
    confidence: Literal["confirmed", "open"]


@dataclass(frozen=True)
class Length(Row):
    days: int | None
    years: int | None


@dataclass(frozen=True)
class Origin(Row):
    code: str
    diagnosis: Literal["required", "forbidden"]
    carence: bool
    cancellable: bool


@dataclass(frozen=True)
class SiaeKinds(Row):
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class SuspensionReason(Row):
    code: str
    kinds: tuple[str, ...]
    lifted: bool


@dataclass(frozen=True)
class SuspensionLimits(Row):
    longest_months: int
    days_back: int


@dataclass(frozen=True)
class ProlongationReason(Row):
    code: str
    per_request: int
    in_all: int | None
    kinds: tuple[str, ...]
    opinion: bool
    least_age: int | None


@dataclass(frozen=True)
class ProlongationTotals(Row):
    counts: Literal["same_reason", "every_reason"]


@dataclass(frozen=True)
class ProlongationOpinions(Row):
    by: Literal["declared", "request"]


@dataclass(frozen=True)
class ProlongationWindow(Row):
    months_before: int | None
    months_after_start: int | None
    months_after: int


@dataclass(frozen=True)
class Carence(Row):
    ended: Literal["at_term", "closed", "closed_while_suspended"]
    counts_from: Literal["end", "suspension_start"]
    years: int


@dataclass(frozen=True)
class Closing(Row):
    suspended_more_than_days: int


@dataclass(frozen=True)
class Alerts(Row):
    days_before_end: tuple[int, ...]
    days_after_request: tuple[int, ...]


@dataclass(frozen=True)
class DenyReason(Row):
    code: str
    next_step: bool


@dataclass(frozen=True)
class DiagnosisValidity(Row):
    author: str
    days: int | None
    months: int | None


@dataclass(frozen=True)
class CriterionRule(Row):
    code: str
    level: int
    least_age: int | None
    greatest_age: int | None
    least_months: int | None
    greatest_months: int | None
    excludes: tuple[str, ...]


@dataclass(frozen=True)
class CriteriaRequired(Row):
    kinds: tuple[str, ...]
    level_1: int
    level_2: int


@dataclass(frozen=True)
class Rules:
    """The rules in force on one day; tables with several rows at once by their key, in the order of the file."""

    length: Length
    origins: Mapping[str, Origin]
    siae_kinds: tuple[str, ...]
    suspension_reasons: Mapping[str, SuspensionReason]
    suspension_limits: SuspensionLimits
    prolongation_reasons: Mapping[str, ProlongationReason]
    prolongation_totals: ProlongationTotals
    prolongation_opinions: ProlongationOpinions
    prolongation_window: ProlongationWindow
    carence: Mapping[str, Carence]
    closing: Closing
    alerts: Alerts
    deny_reasons: Mapping[str, DenyReason]
    diagnosis_validity: Mapping[str, DiagnosisValidity]
    criteria: Mapping[str, CriterionRule]
    criteria_required: Mapping[str, CriteriaRequired]

    def is_siae(self, kind: str) -> bool:
        return kind in self.siae_kinds

    def offered_suspensions(self, kind: str | None) -> list[str]:
        """Reasons for a new suspension by a structure of that kind; of every kind where it is not known."""
        return [row.code for row in self.suspension_reasons.values() if kind is None or kind in row.kinds]

    def offered_prolongations(self, kind: str | None) -> list[str]:
        return [row.code for row in self.prolongation_reasons.values() if kind is None or kind in row.kinds]


def rules_on(day: date) -> Rules:
    return _rules_since(max(start for start in _starts() if start <= day))


@cache
def _rules_since(day: date) -> Rules:
    def only(name: str, kind: type[R]) -> R:
        (row,) = _rows_on(name, kind, day)
        return row

    return Rules(
        length=only("length", Length),
        origins={row.code: row for row in _rows_on("origins", Origin, day)},
        siae_kinds=only("siae_kinds", SiaeKinds).kinds,
        suspension_reasons={row.code: row for row in _rows_on("suspension_reasons", SuspensionReason, day)},
        suspension_limits=only("suspension_limits", SuspensionLimits),
        prolongation_reasons={row.code: row for row in _rows_on("prolongation_reasons", ProlongationReason, day)},
        prolongation_totals=only("prolongation_totals", ProlongationTotals),
        prolongation_opinions=only("prolongation_opinions", ProlongationOpinions),
        prolongation_window=only("prolongation_windows", ProlongationWindow),
        carence={row.ended: row for row in _rows_on("carence", Carence, day)},
        closing=only("closing", Closing),
        alerts=only("alerts", Alerts),
        deny_reasons={row.code: row for row in _rows_on("deny_reasons", DenyReason, day)},
        diagnosis_validity={row.author: row for row in _rows_on("diagnosis_validity", DiagnosisValidity, day)},
        criteria={row.code: row for row in _rows_on("criteria", CriterionRule, day)},
        criteria_required={
            kind: row for row in _rows_on("criteria_required", CriteriaRequired, day) for kind in row.kinds
        },
    )


@cache
def lifted_reasons() -> frozenset[str]:
    """Reasons of suspension that a hire lifts, whatever the day: the current ones; the legacy ones never are."""
    return frozenset(row["code"] for row in table("suspension_reasons") if row["lifted"])


@cache
def table(name: str) -> tuple[Mapping[str, Any], ...]:
    """The rows of a table, of every day; `defaults` fill what a row leaves out."""
    content = yaml.safe_load((RULES / f"{name}.yaml").read_text(encoding="utf-8"))
    return tuple({**content["defaults"], **row} for row in content["rows"])


@cache
def _starts() -> tuple[date, ...]:
    """Every day on which some table changes."""
    rows = [row for path in sorted(RULES.glob("*.yaml")) for row in table(path.stem)]
    starts = {row["valid_from"] for row in rows} | {_day_after(row["valid_to"]) for row in rows}
    return (date.min, *sorted(start for start in starts if start is not None))


def _day_after(day: date | None) -> date | None:
    return None if day is None else day + timedelta(days=1)


def _rows_on(name: str, kind: type[R], day: date) -> list[R]:
    return [_row(kind, row) for row in table(name) if _in_force(row, day)]


def _in_force(row: Mapping[str, Any], day: date) -> bool:
    since, until = row["valid_from"], row["valid_to"]
    return (since is None or since <= day) and (until is None or day <= until)


def _row(kind: type[R], row: Mapping[str, Any]) -> R:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(kind)}
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return kind(**values)

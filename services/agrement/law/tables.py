"""Rules that the law or the State's own service dates (`law/*.yaml`, see shared/deciding/dated.py), by day.

A decision is judged by the set of the day it was declared on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from shared.deciding.dated import Row, by_last_change, row_on, rows_on, table

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Length(Row):
    days: int | None
    years: int | None


@dataclass(frozen=True)
class Origin(Row):
    code: str
    diagnosis: Literal["required", "forbidden", "optional"]
    carence: bool
    cancellable: bool
    of_a_stock: bool
    official: bool


@dataclass(frozen=True)
class SiaeKinds(Row):
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class AgrementKinds(Row):
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class SuspensionReason(Row):
    code: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class HireLifts(Row):
    reasons: tuple[str, ...]


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
class Law:
    """What is in force on one day; tables with several rows at once by their key, in the order of the file."""

    length: Length
    origins: Mapping[str, Origin]
    siae_kinds: tuple[str, ...]
    agrement_kinds: tuple[str, ...]
    suspension_reasons: Mapping[str, SuspensionReason]
    lifted_reasons: tuple[str, ...]
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

    def uses_agrements(self, kind: str) -> bool:
        """Whether a new agrément may be granted for a structure of that kind; a SIAE may have had another regime."""
        return kind in self.agrement_kinds

    def offered_suspensions(self, kind: str | None) -> list[str]:
        """Reasons for a new suspension by a structure of that kind; of every kind where it is not known."""
        if kind is not None and not self.uses_agrements(kind):
            return []
        return [row.code for row in self.suspension_reasons.values() if kind is None or kind in row.kinds]

    def offered_prolongations(self, kind: str | None) -> list[str]:
        return [row.code for row in self.prolongation_reasons.values() if kind is None or kind in row.kinds]


@by_last_change(FOLDER)
def law_on(day: date) -> Law:
    return Law(
        length=row_on(FOLDER, "length", Length, day),
        origins={row.code: row for row in rows_on(FOLDER, "origins", Origin, day)},
        siae_kinds=row_on(FOLDER, "siae_kinds", SiaeKinds, day).kinds,
        agrement_kinds=row_on(FOLDER, "agrement_kinds", AgrementKinds, day).kinds,
        suspension_reasons={row.code: row for row in rows_on(FOLDER, "suspension_reasons", SuspensionReason, day)},
        lifted_reasons=row_on(FOLDER, "hire_lifts", HireLifts, day).reasons,
        suspension_limits=row_on(FOLDER, "suspension_limits", SuspensionLimits, day),
        prolongation_reasons={
            row.code: row for row in rows_on(FOLDER, "prolongation_reasons", ProlongationReason, day)
        },
        prolongation_totals=row_on(FOLDER, "prolongation_totals", ProlongationTotals, day),
        prolongation_opinions=row_on(FOLDER, "prolongation_opinions", ProlongationOpinions, day),
        prolongation_window=row_on(FOLDER, "prolongation_windows", ProlongationWindow, day),
        carence={row.ended: row for row in rows_on(FOLDER, "carence", Carence, day)},
        closing=row_on(FOLDER, "closing", Closing, day),
        alerts=row_on(FOLDER, "alerts", Alerts, day),
        deny_reasons={row.code: row for row in rows_on(FOLDER, "deny_reasons", DenyReason, day)},
        diagnosis_validity={row.author: row for row in rows_on(FOLDER, "diagnosis_validity", DiagnosisValidity, day)},
        criteria={row.code: row for row in rows_on(FOLDER, "criteria", CriterionRule, day)},
        criteria_required={
            kind: row for row in rows_on(FOLDER, "criteria_required", CriteriaRequired, day) for kind in row.kinds
        },
    )


def use_of_agrements(kind: str | None, day: date) -> tuple[date | None, date | None]:
    """Of a kind that uses no agrément on a day: from which later day it does, and until which earlier day it did."""
    rows = [row for row in table(FOLDER, "agrement_kinds") if kind in row["kinds"]]
    starts = [row["valid_from"] for row in rows if row["valid_from"] is not None and row["valid_from"] > day]
    ends = [row["valid_to"] for row in rows if row["valid_to"] is not None and row["valid_to"] < day]
    return min(starts, default=None), max(ends, default=None)

"""What the law dates about structures (`*.yaml` here; how rows are read: `shared/deciding/dated.py`).

An annex follows the rows in force on its first day (its state, and whose measure it is), a gap after it those of the gap's
first day, a certificate those of its term.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shared.deciding.dated import Row, by_last_change, row_on, rows_on

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Annexes(Row):
    """`kinds` of structure need an annex, in one of these `states`; `article` says so."""

    kinds: tuple[str, ...]
    states: tuple[str, ...]
    article: str


@dataclass(frozen=True)
class Measure(Row):
    """A measure, the code of an annex before its `_`, and the kind of structure whose own it is; None: no structure's."""

    measure: str
    kind: str | None


@dataclass(frozen=True)
class Certifications(Row):
    """How many days before its term a certificate is to be looked at."""

    days_before_term: int


@dataclass(frozen=True)
class Law:
    """The rows in force on one day."""

    annexes: Annexes
    measures: tuple[Measure, ...]
    certifications: Certifications

    def knows_measure(self, measure: str) -> bool:
        """Whether a list has the measure of an annex of this code, a structure's own or not."""
        code, *_ = measure.split("_")
        return any(row.measure == code for row in self.measures)

    def kind_of_measure(self, measure: str) -> str | None:
        """The kind of structure whose own measure an annex of this code has (`ACI_DC`); None: no structure's."""
        code, *_ = measure.split("_")
        return next((row.kind for row in self.measures if row.measure == code), None)


@by_last_change(FOLDER)
def law_on(day: date) -> Law:
    return Law(
        annexes=row_on(FOLDER, "annexes", Annexes, day),
        measures=tuple(rows_on(FOLDER, "measures", Measure, day)),
        certifications=row_on(FOLDER, "certifications", Certifications, day),
    )

"""How long what is held of a person is kept (`retention.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.projections.law.tables import FOLDER
from shared.deciding.dated import Row, by_last_change, rows_on
from shared.facts.months import months_after


@dataclass(frozen=True)
class RetentionPeriod(Row):
    records: str
    months: int
    to_year_end: bool

    def last_day(self, since: date) -> date:
        return months_after(date(since.year, 12, 31) if self.to_year_end else since, self.months)


@dataclass(frozen=True, slots=True)
class Retention:
    pathway: RetentionPeriod
    esf: RetentionPeriod
    warning: RetentionPeriod


@by_last_change(FOLDER)
def retention_on(day: date) -> Retention:
    by_records = {row.records: row for row in rows_on(FOLDER, "retention", RetentionPeriod, day)}
    return Retention(by_records["pathway"], by_records["esf"], by_records["warning"])

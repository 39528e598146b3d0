"""Periods: the days on which a body (a structure, a client) had one kind, one SIRET…; those of one body do not overlap."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Protocol, TypeVar


class Period(Protocol):
    """A row whose first three columns are the body, `starts_on` and `ends_on`; the others are what held."""

    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date | None: ...
    def __getitem__(self, columns: slice, /) -> tuple[Any, ...]: ...
    def _replace(self: P, *, ends_on: date) -> P: ...


P = TypeVar("P", bound=Period)


def begin_period(rows: list[P], period: P) -> None:
    """Add a period, which ends the one before. One that says the same, or begins on the same day, is the same period."""
    if rows and rows[-1].starts_on == period.starts_on:
        rows[-1] = period
        return
    if rows and rows[-1].ends_on is None:
        if rows[-1][3:] == period[3:]:
            return
        rows[-1] = rows[-1]._replace(ends_on=period.starts_on - timedelta(days=1))
    rows.append(period)

"""Periods: the days on which a body (a structure, a client) had one kind, one SIRET…; those of one body do not overlap.
And the days on which anything was the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
        # After the body and the days stands what held: the same again is no change.
        if rows[-1][3:] == period[3:]:
            return
        rows[-1] = rows[-1]._replace(ends_on=period.starts_on - timedelta(days=1))
    rows.append(period)


K = TypeVar("K")
V = TypeVar("V")

Held = tuple[date, Mapping[K, V]]
"""From a day on, until the next: values by what they are about."""


def same_for_days(held: Sequence[Held[K, V]]) -> Iterator[tuple[K, tuple[date, date | None], V]]:
    """Each value with the first and last days on which it was the same (None: still). `held`: in the order of the days; of
    several from one day the last counts."""
    since: dict[K, tuple[date, V]] = {}
    for place, (day, values) in enumerate(held):
        if place + 1 < len(held) and held[place + 1][0] <= day:
            continue
        for key in [key for key, (_, value) in since.items() if values.get(key) != value]:
            first, value = since.pop(key)
            yield key, (first, day - timedelta(days=1)), value
        for key, value in values.items():
            # Set only where it is new or was just taken out: what goes on keeps its first day.
            since.setdefault(key, (day, value))
    for key, (first, value) in since.items():
        yield key, (first, None), value

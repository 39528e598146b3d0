"""Days counted without ever leaving the calendar that facts may use: past its edges a day stays at the edge."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from shared.facts.fact import FIRST_DAY, LAST_DAY


@cache
def _ordinals() -> tuple[int, int]:
    return FIRST_DAY.toordinal(), LAST_DAY.toordinal()


def plus(day: date, days: int) -> date:
    """So many days later, or earlier where `days` is negative."""
    first, last = _ordinals()
    return date.fromordinal(min(max(day.toordinal() + days, first), last))


def span_days(starts_on: date, ends_on: date) -> int:
    """How many days from one to the other, both included: 1 where they are the same."""
    return (ends_on - starts_on) // timedelta(days=1) + 1

"""Days counted without ever leaving the calendar that facts may use: past its edges a day stays at the edge."""

from __future__ import annotations

import calendar
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


def plus_months(day: date, months: int) -> date:
    """The same day of the month; the last one where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < FIRST_DAY.year:
        return FIRST_DAY
    if year > LAST_DAY.year:
        return LAST_DAY
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def plus_years(day: date, years: int) -> date:
    """The same day of the year; 28 February for the 29th where there is none."""
    return plus_months(day, 12 * years)


def span_days(starts_on: date, ends_on: date) -> int:
    """How many days from one to the other, both included: 1 where they are the same."""
    return (ends_on - starts_on) // timedelta(days=1) + 1

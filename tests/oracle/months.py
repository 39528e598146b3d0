"""Months by walking the calendar (agrement.md §8: clips; pathways.md §9: spans)."""

from __future__ import annotations

from datetime import date, timedelta

DAY = timedelta(days=1)


def months_after(day: date, months: int) -> date:
    """The same day of the month, so many months later; the last day of that month where it has no such day."""
    year, month = _month_after(day, months)
    return max(one for one in _days_of(year, month) if one.day <= day.day)


def years_after(day: date, years: int) -> date:
    return months_after(day, 12 * years)


def span_end(day: date, months: int) -> date:
    """ "A span of n months from a day ends the day before the same day n months later; where that month has no such day,
    with its last day." """
    days = _days_of(*_month_after(day, months))
    same = [one for one in days if one.day == day.day]
    return same[0] - DAY if same else days[-1]


def _month_after(day: date, months: int) -> tuple[int, int]:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return year, month


def _days_of(year: int, month: int) -> list[date]:
    days = [date(year, month, 1)]
    while (days[-1] + DAY).month == month:
        days.append(days[-1] + DAY)
    return days

"""Months counted date to date, and what is left of a span of days."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)

Span = tuple[date, date]
"""Both days included; `date.max` for an open end."""


def after_months(first: date, months: int) -> date:
    """The day after so many months that begin on `first`: the same day of the month, or the first of the next month
    where there is none. After one month from 13 May: 13 June, so that the month ends on 12 June."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    if first.day > monthrange(year, month + 1)[1]:
        return date(year, month + 1, 1) + timedelta(days=monthrange(year, month + 1)[1])
    return date(year, month + 1, first.day)


def last_of_months(first: date, months: int) -> date:
    return after_months(first, months) - DAY


def days_of(span: Span) -> int:
    return max((span[1] - span[0]).days + 1, 0)


def common_days(one: Span, other: Span) -> int:
    return days_of((max(one[0], other[0]), min(one[1], other[1])))


def uncovered(span: Span, covers: Iterable[Span]) -> Iterator[Span]:
    """The days of a span that none of the others holds, as spans in their order."""
    first, last = span
    for starts_on, ends_on in sorted(covers):
        if starts_on > last:
            break
        if ends_on < starts_on:
            continue
        if starts_on > first:
            yield first, starts_on - DAY
        if ends_on >= first:
            if ends_on >= last:
                return
            first = ends_on + DAY
    if first <= last:
        yield first, last


def known_end(day: date) -> date | None:
    """Of a span's last day, as rows tell it: None for an open end."""
    return None if day == date.max else day

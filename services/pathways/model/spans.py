"""Spans of days: how long they are, what two have in common, what is left of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)

Span = tuple[date, date]
"""Both days included; `date.max` for an open end, so that spans compare. Never add a day to that end: it overflows."""


def days_of(span: Span) -> int:
    """How many days, 0 for a span that ends before it starts."""
    return max((span[1] - span[0]).days + 1, 0)


def common_days(first: Span, second: Span) -> int:
    return days_of((max(first[0], second[0]), min(first[1], second[1])))


def uncovered(span: Span, covers: Iterable[Span]) -> Iterator[Span]:
    """The days of a span that none of the covers holds, as spans in their order."""
    first, last = span
    for starts_on, ends_on in sorted(covers):
        if starts_on > last:
            break
        if ends_on < starts_on:
            continue
        if starts_on > first:
            yield first, starts_on - DAY
        if ends_on >= first:
            if ends_on >= last:  # before the day after is asked for: an open end has none
                return
            first = ends_on + DAY
    if first <= last:
        yield first, last


def known_end(last_day: date) -> date | None:
    """A span's last day as rows tell it: None for an open end."""
    return None if last_day == date.max else last_day

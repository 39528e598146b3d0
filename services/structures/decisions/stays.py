"""Stays in a group or a network: one is left before the next begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date


def stays_left_open(day: date, starts: Iterable[date], ends: Iterable[date]) -> Iterator[date]:
    """First days of the stays that no known end parts from a new stay from `day`, before it or after it.

    An end is a last day, so the next stay begins after it. An end alone says nothing: its start may not be known yet.
    """
    last_days = list(ends)
    for start in starts:
        # Facts come in any order: the stay told now may be the earlier of the two.
        first, last = min(start, day), max(start, day)
        if not any(first <= end < last for end in last_days):
            yield start

"""What several rules ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date


def ends_first(start: date | None, end: date | None) -> bool:
    return start is not None and end is not None and end < start


def crossed(starts: list[date], ends: list[date]) -> Iterator[tuple[date, date]]:
    """Each start with each end that lies before it; a thing has one of both unless its id is used twice."""
    return ((start, end) for start in starts for end in ends if end < start)

"""Days that cannot both be true: an end before its beginning. Said by one fact, or by two that may come in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date


def ends_first(starts_on: date | None, ends_on: date | None) -> bool:
    """Whether the last day is before the first; not where one of them is not known. One day is enough for a span."""
    # Strictly before: a contract of one day starts and ends on it.
    return starts_on is not None and ends_on is not None and ends_on < starts_on


def contradictions(starts: Sequence[date], ends: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Each start with each end that lies before it. A thing has one of both, unless its id is used twice."""
    return ((start, end) for start in starts for end in ends if end < start)

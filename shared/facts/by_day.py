"""Things found by their days, without looking at each of them: some subjects have thousands."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")

Lasting = tuple[date, date, T]
"""A first day, a last day (`date.max`: open), and what lasts that long."""


class ByDay(Generic[T]):
    """Built from things in the order of their first days; on one day, in the order they are to be found in."""

    __slots__ = ("_ends", "_starts", "_things")

    def __init__(self, lasting: Iterable[Lasting[T]]) -> None:
        spans = list(lasting)
        self._starts = [first for first, _, _ in spans]
        self._ends = list(accumulate((last for _, last, _ in spans), max))
        """The latest last day so far: the first that reaches a day is there where this does."""
        self._things = [thing for _, _, thing in spans]

    def touching(self, first: date, last: date) -> T | None:
        """The first that has a day in common with these, both included."""
        # Latest last days only grow, so that they can be searched though the spans themselves are in no such order.
        place = bisect_left(self._ends, first)
        return self._things[place] if place < len(self._things) and self._starts[place] <= last else None

    def begun_by(self, day: date) -> T | None:
        """The last of those whose first day is not after that day."""
        place = bisect_right(self._starts, day)
        return self._things[place - 1] if place else None

    def begun_from(self, first: date, last: date) -> T | None:
        """The first of those whose first day lies between these, both included."""
        place = bisect_left(self._starts, first)
        return self._things[place] if place < len(self._things) and self._starts[place] <= last else None

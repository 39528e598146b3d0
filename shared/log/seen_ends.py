"""Where a log ended at which moment, as one process saw it: since when, at least, what comes after a place is there.

A log that is ahead of its clock (ADR 0019) gives its facts an instant that is still to come: by that alone whoever does
not apply them would be behind by nothing, for as long as that lasts.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import timedelta

from shared.log.tail import Tail

MOST_KEPT = 1_000
"""Moments remembered: four hours of scrapes under load, and then every second of them."""


class SeenEnds:
    """Of one log and whoever reads it; for one thread at a time. What was waiting before the process began is as old as
    its facts say, or as the process."""

    def __init__(self) -> None:
        self._at: list[float] = []
        self._sequences: list[int] = []

    def aged(self, end: Tail, now_s: float) -> Tail:
        """The tail, with the first fact after each place recorded no later than it was seen here. `now_s`: seconds of a
        clock of the process that nobody sets."""
        self._forget(min(end.first_after, default=end.sequence), end.sequence)
        if end.first_after and (not self._sequences or end.sequence > self._sequences[-1]):
            self._at.append(now_s)
            self._sequences.append(end.sequence)
        if len(self._at) > MOST_KEPT:
            self._at, self._sequences = self._at[::2], self._sequences[::2]
        return replace(
            end,
            first_after={
                place: min(first, end.now - timedelta(seconds=now_s - self._seen_at(place, now_s)))
                for place, first in end.first_after.items()
            },
        )

    def _seen_at(self, place: int, now_s: float) -> float:
        """When the log was first seen to go on after a place."""
        found = bisect_right(self._sequences, place)
        return self._at[found] if found < len(self._at) else now_s

    def _forget(self, through: int, last: int) -> None:
        """What nobody waits for any more; and all there was of a log that ends before, which is another one."""
        if self._sequences and self._sequences[-1] > last:
            self._at, self._sequences = [], []
        first = bisect_right(self._sequences, through)
        self._at, self._sequences = self._at[first:], self._sequences[first:]

"""How a loop that is woken for each fact takes several at once, without keeping a single one waiting."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(slots=True)
class Pace:
    """Turns begin no sooner than `every_s` seconds after each other: what a turn costs is paid for all facts that come
    meanwhile. The first after a silence begins at once. Instants are given (monotonic)."""

    every_s: float
    _next_at: float = -inf

    def begin(self, now: float) -> None:
        """A turn that has something to do begins."""
        self._next_at = now + self.every_s

    def left_s(self, now: float) -> float:
        """How long the next turn still waits for more to come; 0: not at all."""
        return max(self._next_at - now, 0.0)

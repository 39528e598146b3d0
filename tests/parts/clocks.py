"""Clocks that are told what they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.log.log_clock import When


@dataclass(frozen=True, slots=True)
class SetClock:
    """A log's clock that shows what it is set to, whatever the database's says: `FactStore(…, clock=SetClock(…))`."""

    shown: Callable[[], datetime]

    def when(self) -> When:
        return When(self.shown())

    def instant(self, database: datetime) -> datetime:
        return self.shown()

    def now(self) -> datetime:
        return self.shown()

    @property
    def is_fresh(self) -> bool:
        return True

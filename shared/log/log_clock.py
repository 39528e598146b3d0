"""Which instant a fact is recorded at: that of the database, as long as this process's own clock agrees with it.

A `recordedtime` never goes back, so one that lay in the future would be that of every later fact too. The database's
clock is the one that all processes of a service share; this process's own is only compared with it, because a clock that
is wrong by days cannot be told from one that is right by looking at it alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NamedTuple, Protocol

from shared.facts.fact import printed
from shared.process.unavailable import UnavailableError

APART = timedelta(minutes=1)
"""Two clocks that are kept are milliseconds apart; a minute is one that nobody keeps."""
FRESH_S = 5.0
"""How long what the database's clock showed is counted on from without looking again: clocks that are set are noticed
within so long, and a service that records all the time never has to look, since each commit tells it."""


class ClocksDifferError(UnavailableError):
    """One of the two is wrong, and what is recorded at a wrong instant stays so."""

    def __init__(self, process: datetime, database: datetime) -> None:
        super().__init__(reason="clock", process_clock=printed(process), database_clock=printed(database))
        self._told = (
            f"the clocks differ by {_length(abs(process - database))}: this process's says {printed(process)}, the "
            f"database's {printed(database)}; nothing is recorded before the wrong one is set"
        )

    @property
    def told(self) -> str:
        return self._told


class When(NamedTuple):
    """`instant`: to record at, where it is known already. `earliest`, `latest`: between which the database's clock must
    be for anything to be recorded; None: it may show anything."""

    instant: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


class LogClock(Protocol):
    """What a store asks for the instant at which it records."""

    def when(self) -> When:
        """To record, told before it is known what the database's clock shows."""
        ...

    def instant(self, database: datetime) -> datetime:
        """At which a fact is recorded now, given what the database's clock shows now. Raise ClocksDifferError."""
        ...

    def now(self) -> datetime:
        """The same, as far as is known without asking the database."""
        ...

    @property
    def is_fresh(self) -> bool:
        """Whether `now` can be relied upon."""
        ...


class DatabaseClock:
    """The database's clock, held against the process's. One thread may note an instant while others ask for it.

    `process`: this machine's clock (UTC). `steady`: seconds that nobody sets.
    """

    def __init__(
        self,
        process: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self._process = process
        self._steady = steady
        self._seen: tuple[datetime, float] | None = None
        """What the database's clock showed, and when that was; put in its place as one, so that no lock is needed."""

    def when(self) -> When:
        process = self._process()
        return When(None, process - APART, process + APART)

    def instant(self, database: datetime) -> datetime:
        process = self._process()
        if abs(process - database) > APART:
            self._seen = None  # `now` must not go on from what one of the two no longer agrees with
            raise ClocksDifferError(process, database)
        self._seen = (database, self._steady())
        return database

    def now(self) -> datetime:
        seen = self._seen
        if seen is None:
            return self._process()
        database, at = seen
        return database + timedelta(seconds=self._steady() - at)

    @property
    def is_fresh(self) -> bool:
        seen = self._seen
        # The process's clock too: a machine that slept, or whose clock was set, is noticed by the difference.
        return seen is not None and self._steady() - seen[1] < FRESH_S and abs(self._process() - self.now()) <= APART


def ahead(last: datetime | None, now: datetime) -> str | None:
    """What to tell where the last fact's instant is not reached yet: facts get that instant until it is."""
    if last is None or last - now <= APART:
        return None
    return (
        f"the log is {_length(last - now)} ahead of the clock: its last fact was recorded at {printed(last)}, and since no "
        f"later one may be recorded before, all are until then; `known_at` shows them only then"
    )


def _length(span: timedelta) -> str:
    """In one unit, for a sentence."""
    seconds = span.total_seconds()
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"

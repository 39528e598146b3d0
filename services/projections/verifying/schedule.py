"""Verification in the background, now and then: slow on purpose, one of all projectors at a time, never in the way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog
from psycopg import Connection

from services.projections.database import VERIFYING_LOCK, Database
from services.projections.read_sets.recipe import ReadSetError
from services.projections.verifying import runs
from services.projections.verifying.runs import Run
from shared.log.comparison import Comparison, Rest
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 60.0
"""How often it is looked whether one is due; also the time before the first, in which a process has better to do."""

SHARE = 0.2
"""Of the time that it works: the rest belongs to the projector, in whose process it runs."""

LONGEST_REST_S = 5.0

VerifyAll = Callable[[Rest], Iterable[Comparison]]


class _StoppedError(Exception):
    """The process is being stopped."""


class Schedule:
    """Run it in a thread beside the projector. `every`: from the beginning of one to that of the next.

    It ends nobody: what keeps it from verifying is logged, and it tries again.
    """

    def __init__(
        self,
        database: Database,
        every: timedelta,
        verify: VerifyAll,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._database = database
        self._every = every
        self._verify = verify
        self._now = now
        self._look_every_s = look_every_s

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(self._look_every_s):
            try:
                self.look(stop)
            except _StoppedError:
                return
            except (UnavailableError, ReadSetError) as reason:
                log.info("verify_waits", reason=str(reason))
            except Exception:  # it is a check: the projector beside it goes on
                log.exception("verify_failed")

    def look(self, stop: threading.Event) -> Run | None:
        """Verify where that is due and nobody else does; what it found, or what was found last."""
        with self._database.connection() as connection:
            last = runs.last_run(connection)
        if last is not None and self._now() - last.started_at < self._every:
            return last
        with self._database.alone(autocommit=True) as turn:
            # Of the session: it ends with this process, whatever ends that.
            if not _is_ours(turn):
                return last
            return self._verified(stop)

    def _verified(self, stop: threading.Event) -> Run:
        started = self._now()
        found = list(self._verify(_Pace(stop).rest))
        run = Run.of(started, self._now(), socket.gethostname(), found)
        with self._database.transaction() as connection:
            runs.create(connection)  # by whoever has its turn: two at once would get in each other's way
            runs.keep(connection, run)
        level = log.error if run.differences else log.info
        level("verified", subjects=run.subjects, differences=run.differences, first=run.first[:3], notes=run.notes)
        return run


class _Pace:
    """Rests between two steps for as long as makes the work SHARE of the time."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._since = monotonic()

    def rest(self) -> None:
        worked = monotonic() - self._since
        if self._stop.wait(min(worked * (1 / SHARE - 1), LONGEST_REST_S)):
            raise _StoppedError
        self._since = monotonic()


def _is_ours(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [VERIFYING_LOCK]).fetchone()
    return bool(row and row[0])

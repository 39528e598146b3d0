"""The clock of a service: records, on the day it is due, what follows from time alone.

Deadlines are rows written with the facts they follow from, and rebuildable from them. A notice's id follows from what it
speaks of, so it exists once however many clocks run and however long they stood still. The day is an argument.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from time import monotonic

import structlog

from shared.facts.fact import Recorded, paris_day, printed
from shared.log.store import FactStore
from shared.process.progress import Progress
from shared.process.unavailable import UnavailableError
from shared.reacting.actor import Actor
from shared.reacting.effects import OwnFact
from shared.roles.presence import STARTING, Pulse

log = structlog.get_logger(__name__)

TOGETHER = 500
EVERY_S = 60.0
AGAIN_S = 5.0
LOOK_S = 1.0
"""How soon a clock that waits learns that it is paused, and says that it lives."""

Notices = Callable[[Sequence[Recorded], date], Iterable[OwnFact]]
"""From a subject's standing facts, what is due by a day and not recorded yet."""


class Clock:
    """Run it in a thread, or `strike` once."""

    def __init__(
        self,
        store: FactStore,
        actor: Actor,
        notices: Notices,
        today: Callable[[], date] | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        """`today`: the day in Paris; without it, that of the log's clock."""
        self._store = store
        self._actor = actor
        self._notices = notices
        self._today = today
        self._pulse = pulse or Pulse()
        self._struck: dict[str, str] = {}
        self.problem: str | None = STARTING

    async def check(self) -> str | None:
        # Struck once a minute: in between its heartbeats tell whether the database is there.
        return self._pulse.said or self.problem or self._pulse.away

    def strike(self, progress: Progress = lambda done, due: None, stop: threading.Event | None = None) -> int:
        """Record all that is due today, in small transactions; memory is one's. Return for how many subjects.

        One about whom it fails is logged and stays due; the others go on. Raise UnavailableError, also where this
        process's clock and the database's differ: an end said on a wrong day would be for ever."""
        now = self._store.now()
        today = paris_day(now) if self._today is None else self._today()
        self._struck = {**self._struck, "day": today.isoformat()}
        due = self._store.deadlines.count_due(today)
        done, after = 0, ""
        while subjects := self._store.deadlines.due(today, after, TOGETHER):
            failures = self._actor.act(subjects, lambda stream: self._notices(stream.settled, today))
            after = subjects[-1]
            # One that fails stays due: passed over by its name now, it is met again at the next strike.
            done += len(subjects) - len(failures)
            progress(done, max(due, done))
            self._beat()
            if self._pulse.pause is not None or (stop is not None and stop.is_set()):
                break
        else:
            self._struck = {"day": today.isoformat(), "at": printed(now)}
        return done

    def rebuild(self, progress: Progress = lambda done, due: None) -> int:
        """Write anew whatever rows differ from what the facts say: after a restore, a change of the rules' tables, or
        an upgrade. Records nothing. Return how many subjects were looked at."""
        done, after = 0, ""
        while subjects := self._store.subjects(after, TOGETHER):
            # Nothing to say, but the actor writes the deadlines that differ from what the facts give.
            self._actor.act(subjects, lambda stream: ())
            after = subjects[-1]
            done += len(subjects)
            progress(done, done)
        return done

    def run(self, stop: threading.Event) -> None:
        """Strike every minute until told to stop; the database away: a little later."""
        self._beat()  # before anything is recorded: it may have been paused before it was started
        while not stop.is_set():
            if self._pulse.pause is not None:
                self._pulse.rest(stop)
                continue
            try:
                self.strike(stop=stop)
                self.problem = None
                self._wait(stop, EVERY_S)
            except UnavailableError as error:
                self.problem = error.told
                log.warning("clock_waits", reason=self.problem)
                self._wait(stop, AGAIN_S)

    def _wait(self, stop: threading.Event, seconds: float) -> None:
        until = monotonic() + seconds
        while not stop.is_set() and self._pulse.pause is None and (left := until - monotonic()) > 0:
            self._beat()
            stop.wait(min(left, LOOK_S))

    def _beat(self) -> None:
        self._pulse.beat(self._struck, self.problem)

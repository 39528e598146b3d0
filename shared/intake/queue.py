"""What waits for a writer, and how it is taken: a group per commit, imports and single events each with their share.

No fixed timer: what waits is committed when the previous commit ends. Where several callers ask at once, the next group
waits a little for as many of them as do: what a commit costs, and waking its thread, is paid for all of them. One caller
alone waits for nothing. Large imports take at most half of a group, so that single events pass between. What a group had no
time for comes first in the next.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, field
from time import monotonic

import structlog

from shared.facts.merging import subjects_of
from shared.intake.incoming import Incoming
from shared.intake.outcome import FailedError, Outcome
from shared.log.connections import ANSWER_S
from shared.log.ledger import LedgerError
from shared.process.pace import Pace
from shared.process.unavailable import UnavailableError
from shared.web.stopping import StoppingError

log = structlog.get_logger(__name__)

GROUP_LIMIT = 512
"""Events of one commit, so that nobody waits long for somebody else's; one job that has more is taken whole."""
IMPORT_SHARE = GROUP_LIMIT // 2
"""Events of a commit that imports may take while single events wait."""
QUEUE_LIMIT = 10_000
"""Jobs. What waits behind so many would not be answered in time: better told at once to come again."""
ALMOST_ALL = 0.9
"""Of the callers who ask at once: a group waits for so many, not for stragglers."""
RETURN_S = 0.002
"""In which those who were answered come back: so long a group waits for them after the first, however long the last took."""


@dataclass(slots=True, eq=False)
class Job:
    """Events that came together. `atomic`: all or nothing, alone in its commit. `outcomes`: of its first events, so far."""

    events: Sequence[Incoming]
    done: asyncio.Future[list[Outcome]]
    atomic: bool = False
    is_import: bool = False
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def is_waited_for(self) -> bool:
        return not self.done.done()

    @property
    def rest(self) -> Sequence[Incoming]:
        """Its events that have no outcome yet."""
        return self.events[len(self.outcomes) :] if self.outcomes else self.events

    @property
    def subjects(self) -> set[str]:
        """Whom the rest of its events are judged beside; not all that merges joined with them before."""
        return {subject for event in self.rest for subject in subjects_of(event.fact)}

    def answer(self, outcomes: list[Outcome]) -> None:
        if not self.done.done():
            self.done.set_result(outcomes)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class QueueFullError(UnavailableError):
    """Too many wait already."""


Answer = tuple[Job, list[Outcome] | Exception]
"""A job, and its outcomes in the order of its events, or why there are none."""


class Queue:
    """Jobs are put in by event loops and taken out, group by group, by the one thread of a writer."""

    def __init__(self, pace: Pace, beside: Sized = ()) -> None:
        """`pace`: of groups, where several callers ask at once. `beside`: what was taken out and waits elsewhere, which
        counts as well."""
        self._pace = pace
        self._return_s = min(RETURN_S, pace.every_s)
        self._beside = beside
        self._single: deque[Job] = deque()
        self._imports: deque[Job] = deque()
        # Guards everything here. It is held for moments only, never during a commit: event loops wait for it.
        self._changed = threading.Condition()
        self._stopping = False
        self._asking = 0
        """Callers with a job here or in a commit, but imports."""
        self._at_once = 0
        """The most of them since the last group was taken."""
        self._wanted = 1.0
        """So many single jobs have to wait for the writer to be woken: it costs a change of threads for each."""
        self._atomic_waited = False
        self._single_first = True

    def put(self, job: Job, *, is_import: bool) -> None:
        """Raise UnavailableError where too many wait already, and once stopped."""
        with self._changed:
            if self._stopping:
                raise StoppingError()
            if len(self._single) + len(self._imports) + len(self._beside) >= QUEUE_LIMIT:
                raise QueueFullError(reason="overloaded")
            job.is_import = is_import or job.atomic
            if job.is_import:
                self._imports.append(job)
            else:
                self._single.append(job)
                self._asking += 1
                self._at_once = max(self._at_once, self._asking)
            if job.is_import or len(self._single) >= self._wanted:
                self._changed.notify()

    def leave(self, job: Job) -> None:
        """Who put it in has its answer, or waits no more."""
        if not job.is_import:
            with self._changed:
                self._asking -= 1

    def put_back(self, jobs: Sequence[Job]) -> None:
        """Jobs of the group taken last for which there was no time, in their order: they are the next."""
        with self._changed:
            for job in reversed(jobs):
                (self._imports if job.is_import else self._single).appendleft(job)

    def stop(self) -> None:
        """Nothing is put in any more; what waits can still be taken."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def take_group(self, *, waits: bool = True) -> list[Job] | None:
        """The next jobs for one commit, but those that nobody waits for any more; None when stopped and all is done.
        `waits`: until there are some; else there may be none."""
        with self._changed:
            while not (self._single or self._imports):
                if self._stopping:
                    return None
                if not waits:
                    return []
                self._wanted = 1
                self._changed.wait()
            if waits:
                self._wait_for_more()
            self._pace.begin(monotonic())
            self._at_once = self._asking
            jobs = self._choose()
            # Recorded for nobody, they would be duplicates when their sender, who was told to, sends them again.
            return [job for job in jobs if job.is_waited_for]

    def take_all(self) -> list[Job]:
        """Whatever waits while the database is away: it is told now rather than after a wait of its own."""
        with self._changed:
            jobs = [*self._single, *self._imports]
            self._single.clear()
            self._imports.clear()
            return jobs

    def _wait_for_more(self) -> None:
        """A little patience while fewer wait than asked at once since the last group: they are on their way.

        Without it the first of those answered just now to return would be committed alone, and all the others in the commit
        after; and of those who ask one after the other, each would have a commit of its own.
        """
        self._wanted = min(ALMOST_ALL * self._at_once, GROUP_LIMIT)
        if not self._is_enough():
            self._changed.wait_for(self._is_enough, max(self._return_s, self._pace.left_s(monotonic())))

    def _is_enough(self) -> bool:
        return len(self._single) >= self._wanted or bool(self._imports) or self._stopping

    def _choose(self) -> list[Job]:
        """Imports up to their share, and single events; an atomic batch alone, after one group of the others."""
        is_atomic = bool(self._imports) and self._imports[0].atomic
        # One group of single events goes first, one only: neither may keep the other waiting for ever.
        if is_atomic and (self._atomic_waited or not self._single):
            self._atomic_waited = False
            return [self._imports.popleft()]
        self._atomic_waited = is_atomic
        imports: list[Job] = []
        single: list[Job] = []
        size = 0
        share = IMPORT_SHARE if self._single else GROUP_LIMIT
        while self._imports and not self._imports[0].atomic and size + len(self._imports[0].rest) <= share:
            imports.append(self._imports.popleft())
            size += len(imports[-1].rest)
        while self._single and (not size or size + len(self._single[0].rest) <= GROUP_LIMIT):
            single.append(self._single.popleft())
            size += len(single[-1].rest)
        # In turns: those who come first may use up the time of the group.
        self._single_first = not self._single_first
        jobs = [*single, *imports] if self._single_first else [*imports, *single]
        # Neither took any: an import larger than its share is first, and no single event waits.
        return jobs or [self._imports.popleft()]


class SignsOfLife:
    """When the database last answered the writer: callers wait as long as it goes on, however long a commit takes.

    Written by the writer's thread and read by event loops without a lock: it is one number, and a late look costs a
    little patience only.
    """

    def __init__(self) -> None:
        self._at = monotonic()

    def give(self) -> None:
        self._at = monotonic()

    def left_s(self, since: float = 0.0) -> float:
        """Seconds until silence counts as absence; at least as long after the instant `since` (monotonic)."""
        return max(since, self._at) + ANSWER_S - monotonic()

    async def answer_of(self, job: Job) -> list[Outcome]:
        """Raise UnavailableError where the writer has been silent for too long."""
        watch = _Watch(self, job)
        try:
            return await job.done
        finally:
            watch.end()
            # What is raised here holds this frame, and the job would hold what is raised.
            del job, watch


class _Watch:
    """Whether anything comes for a job, looked at each time that silence would count as absence."""

    __slots__ = ("_job", "_life", "_loop", "_since", "_timer")

    def __init__(self, life: SignsOfLife, job: Job) -> None:
        self._life, self._job = life, job
        self._loop, self._since = asyncio.get_running_loop(), monotonic()
        self._timer = self._loop.call_later(ANSWER_S, self._look)

    def _look(self) -> None:
        left_s = self._life.left_s(self._since)
        if left_s > 0:
            self._timer = self._loop.call_later(left_s, self._look)
        else:
            self._job.fail(UnavailableError(reason="database"))

    def end(self) -> None:
        self._timer.cancel()


def failed(service: str, job: Job, error: Exception) -> Answer:
    """What a job is answered that met a bug of ours, or whose erasure could not be noted, once that is in the log."""
    if isinstance(error, LedgerError):
        log.error("ledger_away", service=service, problem=str(error))
        return job, UnavailableError(reason="erasures")
    correlationid = next((event.fact.correlationid for event in job.events), None)
    log.exception("job_failed", service=service, correlationid=correlationid, error=error)
    return job, FailedError()


def resolve(answers: Iterable[Answer]) -> None:
    """From the writer's thread: answer a whole group with one wake-up of its event loop, which is what costs."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Answer]] = {}
    for answer in answers:
        # A future is set on the loop that made it; a process may run several servers.
        by_loop.setdefault(answer[0].done.get_loop(), []).append(answer)
    for loop, of_loop in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_answer_all, of_loop)


def _answer_all(answers: Iterable[Answer]) -> None:
    for job, answer in answers:
        if isinstance(answer, Exception):
            job.fail(answer)
        else:
            job.answer(answer)

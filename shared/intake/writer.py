"""The writer of one service: one thread that takes what waits, a group at a time, has it judged, and records it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence, Set
from math import inf
from time import monotonic

from shared.deciding.rules import Decide, Prepare, plain_context
from shared.deciding.warnings import Warn, no_warnings
from shared.facts.catalogue import Catalogue
from shared.intake.incoming import Incoming
from shared.intake.judge import SUBJECT_LIMIT, Judge
from shared.intake.long_questions import is_in_company
from shared.intake.outcome import FailedError, Foreseen, Outcome
from shared.intake.queue import Answer, Job, Queue, QueueFullError, SignsOfLife, failed, resolve
from shared.intake.recorder import Ahead, Recorder, at_once
from shared.intake.seen import NotYetKnownError
from shared.intake.slow_lane import SlowLane, takes_long
from shared.log.deadlines import DeadlinesOf
from shared.log.entries import NewFact
from shared.log.merges import Merges, NoMerges
from shared.log.room import why_not_written
from shared.log.store import FactStore
from shared.log.streams import Streams
from shared.process.giving_way import giving_way
from shared.process.metrics import Metrics
from shared.process.pace import Pace
from shared.process.unavailable import UnavailableError

GROUP_S = 0.25
"""How long events of one group are judged; those for which there is no time are in the next one."""
MOST_LOADED = 4_000
"""Facts loaded for one group, some 0.2 s."""
BUSY_S = 0.05
"""Between two looks at a queue that is full, which takes its writer a second or more to work off."""


class Writer:
    """Start it with `start()`; `submit` from the event loop; `stop()` finishes what waits, if the database answers."""

    def __init__(
        self,
        store: FactStore,
        catalogue: Catalogue,
        decide: Decide,
        metrics: Metrics,
        *,
        group_wait_s: float = 0.008,
        subject_limit: int = SUBJECT_LIMIT,
        prepare: Prepare = plain_context,
        deadlines_of: DeadlinesOf | None = None,
        warn: Warn = no_warnings,
        merges: Merges | None = None,
    ) -> None:
        self.store = store
        self._catalogue = catalogue
        self._judge = Judge(store.service, decide, subject_limit, warn, can_erase=store.emptying is not None)
        self._metrics = metrics
        self._life = SignsOfLife()
        self._recorder = Recorder(
            store, catalogue, self._judge, prepare, deadlines_of, self._life, merges or NoMerges()
        )
        self._looked_at = Streams(store, catalogue, capacity=1)
        """Of the long subject that was asked about last: that many facts are not read anew for each question."""
        self._lane = SlowLane(store.service, self._recorder, self._life)
        self._queue = Queue(Pace(group_wait_s), self._lane)
        self.problem: str | None = None
        """Why the last group could not be recorded, for readiness; None once one was, or could be."""
        self._thread = threading.Thread(target=self._run, name=f"writer-{store.service}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return once all that waits is answered, or the database keeps silent."""
        self._queue.stop()
        self._life.give()  # an idle writer has given no sign for long, and is not away for that
        while self._thread.is_alive() and self._life.left_s() > 0:
            self._thread.join(0.05)

    async def submit(
        self, events: Sequence[Incoming], *, atomic: bool = False, is_import: bool = False
    ) -> list[Outcome]:
        """One outcome per event, in order. Raise UnavailableError when the database does not answer in time."""
        job = Job(events, asyncio.get_running_loop().create_future(), atomic)
        self._queue.put(job, is_import=is_import)
        try:
            return await self._life.answer_of(job)
        finally:
            self._queue.leave(job)

    async def put_in_turn(self, events: Sequence[Incoming]) -> Job:
        """Events of a long import, put into the queue once there is room for them. Raise UnavailableError when the
        database does not answer in time."""
        job, waiting_since = Job(events, asyncio.get_running_loop().create_future()), monotonic()
        while True:
            try:
                self._queue.put(job, is_import=True)
            except QueueFullError:
                if self._life.left_s(waiting_since) <= 0:
                    raise UnavailableError(reason="database") from None
                await asyncio.sleep(BUSY_S)
            else:
                return job

    async def answer_of(self, job: Job) -> list[Outcome]:
        """One outcome per event, in order. Raise UnavailableError when the database does not answer in time."""
        return await self._life.answer_of(job)

    @property
    def looked_at(self) -> Streams:
        """Streams for a question: those of the writer belong to the writer's thread, and those that are kept to the one
        thread in which long questions are asked."""
        return Streams(self.store, self._catalogue, capacity=0) if is_in_company() else self._looked_at

    def foresee(self, event: Incoming) -> Foreseen:
        """What would become of an event now; nothing is recorded. Blocks on the database; beside the writer's thread.

        Raise DomainError where it could not be judged at all (a bug of ours, the database away)."""
        streams = self.looked_at
        group = at_once(self._recorder.loaded([event], streams))
        draft = self._judge.foresee(event, group)
        streams.keep(group.streams)
        if isinstance(draft, NewFact):
            return Foreseen("recorded", draft, warnings=draft.warnings)
        if isinstance(draft.error, FailedError | NotYetKnownError):
            raise draft.error
        return Foreseen(draft.outcome, error=draft.error, warnings=draft.warnings)

    def _run(self) -> None:
        while (jobs := self._queue.take_group(waits=not self._lane)) is not None or self._lane:
            try:
                if jobs:
                    self._handle(jobs)
                if self._lane:
                    with giving_way():
                        self._lane.take_turn(self._answer)
            except UnavailableError as error:
                if error.fields.get("reason") == "database":
                    self.problem = why_not_written(error)
                # All that waits: each group would else find out for itself, one timeout after the other.
                waiting = [*(jobs or ()), *self._lane.take_all(), *self._queue.take_all()]
                # One error each: every caller raises its own, and a raised error carries the traceback of its raiser.
                resolve([(job, UnavailableError(**error.fields)) for job in waiting])

    def _answer(self, answers: list[Answer]) -> None:
        self._life.give()
        if self.problem is not None and any(_is_recorded(answer) for _, answer in answers):
            self.problem = None
        resolve(answers)

    def _handle(self, jobs: list[Job]) -> None:
        """Decide and record one group, but what has to wait. Raise UnavailableError."""
        started = monotonic()
        try:
            needed, ahead = self._looked_ahead(jobs)
        except UnavailableError:
            raise
        except Exception as error:  # a bug must not stop the writer
            self._answer([failed(self.store.service, job, error) for job in jobs])
            return
        quick, slow = self._sorted(needed, ahead)
        answers = self._record(quick, ahead) if quick else []
        if answers:
            self._metrics.group(self.store.service, sum(len(job.events) for job, _ in answers), monotonic() - started)
        if len(answers) < len(jobs):
            self._put_off(needed, {job for job, _ in answers}, slow)
        self._answer(answers)

    def _looked_ahead(self, jobs: list[Job]) -> tuple[Mapping[Job, Set[str]], Ahead]:
        """The subjects of which each job needs the facts: its own, and all that were ever joined with them. Of those in the
        slow lane nothing more is asked."""
        ahead = self._recorder.ahead([event for job in jobs for event in job.rest], self._lane.holds)
        return {job: ahead.together(job.subjects) for job in jobs}, ahead

    def _sorted(self, needed: Mapping[Job, Set[str]], ahead: Ahead) -> tuple[list[Job], Set[Job]]:
        """The jobs that take no longer than a group may; those that do, or come after one with which they share a subject.
        Others wait: too much would have to be loaded for them."""
        quick: list[Job] = []
        slow: set[Job] = set()
        held: set[str] = set()
        loaded = 0
        for job, subjects in needed.items():
            if self._lane.holds(*subjects) or not held.isdisjoint(subjects) or takes_long(job, subjects, ahead):
                slow.add(job)
                held |= subjects
                continue
            loaded += ahead.facts_to_load(subjects)
            if loaded > MOST_LOADED and quick:
                break
            quick.append(job)
        return quick, slow

    def _put_off(self, needed: Mapping[Job, Set[str]], done: Set[Job], slow: Set[Job]) -> None:
        """Into the slow lane, or back to where they came from: for those there was no time. Nobody overtakes one of these
        with whom they share a subject."""
        back: list[Job] = []
        held: set[str] = set()
        for job, subjects in needed.items():
            if job in done:
                continue
            if job in slow and held.isdisjoint(subjects):
                self._lane.put(job, subjects)
            else:
                back.append(job)
                held |= subjects
        self._queue.put_back(back)

    def _record(self, jobs: list[Job], ahead: Ahead) -> list[Answer]:
        """A failure that one job causes does not take the others with it. Raise UnavailableError."""
        work = self._recorder.record(
            [job.rest for job in jobs],
            ahead,
            atomic=jobs[0].atomic,
            until=inf if jobs[0].atomic else monotonic() + GROUP_S,
        )
        try:
            # A sign of life for each event: a large group may take longer than a silent database is given.
            outcomes = at_once(work, self._life.give)
        except UnavailableError:
            raise
        except Exception as error:  # a bug must not stop the writer, nor take more than its own job
            if len(jobs) > 1:
                # One at a time, to find whose it is: the others of the group are recorded.
                return [answer for job in jobs for answer in self._record([job], ahead)]
            return [failed(self.store.service, jobs[0], error)]
        for job, of_job in zip(jobs, outcomes, strict=False):  # there may have been no time for the last ones
            job.outcomes += of_job
        return [(job, job.outcomes) for job in jobs if not job.rest]


def _is_recorded(answer: list[Outcome] | Exception) -> bool:
    return isinstance(answer, list) and any(outcome.outcome == "recorded" for outcome in answer)

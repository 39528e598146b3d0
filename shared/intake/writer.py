"""The writer of one service: one thread that takes what waits, a group at a time, has it judged, and records it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from time import monotonic

import structlog

from shared.deciding.rules import Decide, Prepare, plain_context
from shared.deciding.warnings import Warn, no_warnings
from shared.facts.catalogue import Catalogue
from shared.facts.sayers import linked_names
from shared.intake.incoming import Incoming
from shared.intake.judge import SUBJECT_LIMIT, Group, Judge
from shared.intake.outcome import Draft, FailedError, Foreseen, Outcome, outcomes_of, withheld
from shared.intake.queue import Answer, Job, Queue, QueueFullError, SignsOfLife, resolve
from shared.intake.seen import NotYetKnownError
from shared.log.deadlines import DeadlinesBySubject, DeadlinesOf
from shared.log.entries import ATTEMPTS, ConflictError, NewFact
from shared.log.room import why_not_written
from shared.log.store import FactStore
from shared.log.streams import Streams
from shared.process.metrics import Metrics
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

CACHED_FACTS = 20_000
"""Facts of recently used subjects kept in memory, about 40 MB."""
WARY_GROUPS = 64
"""Somebody else recorded too: looking at the store first is then cheaper than deciding twice."""
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
        group_wait_s: float = 0.002,
        subject_limit: int = SUBJECT_LIMIT,
        prepare: Prepare = plain_context,
        deadlines_of: DeadlinesOf | None = None,
        warn: Warn = no_warnings,
    ) -> None:
        self.store = store
        self._catalogue = catalogue
        self._prepare = prepare
        self._deadlines_of = deadlines_of
        self._judge = Judge(store.service, decide, subject_limit, warn)
        self._metrics = metrics
        self._streams = Streams(store, catalogue, CACHED_FACTS)
        self._queue = Queue(group_wait_s)
        self._life = SignsOfLife()
        self._wary = 0
        """Groups for which the store is looked at first."""
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
        return await self._life.answer_of(job)

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

    def foresee(self, event: Incoming) -> Foreseen:
        """What would become of an event now; nothing is recorded. Blocks on the database; beside the writer's thread.

        Raise DomainError where it could not be judged at all (a bug of ours, the database away)."""
        # Streams of its own: those of the writer belong to the writer's thread.
        draft = self._judge.judge(event, self._group([event], Streams(self.store, self._catalogue, capacity=0)))
        if isinstance(draft, NewFact):
            return Foreseen("recorded", draft, warnings=draft.warnings)
        if isinstance(draft.error, FailedError | NotYetKnownError):
            raise draft.error
        return Foreseen(draft.outcome, error=draft.error, warnings=draft.warnings)

    def _run(self) -> None:
        while (jobs := self._queue.take_group()) is not None:
            if not jobs:
                continue
            started = monotonic()
            answers = self._handle(jobs)
            self._metrics.group(self.store.service, sum(len(job.events) for job in jobs), monotonic() - started)
            away = next((answer for _, answer in answers if isinstance(answer, UnavailableError)), None)
            if away is not None:
                # All that waits: each group would else find out for itself, one timeout after the other.
                answers += [(job, UnavailableError(**away.fields)) for job in self._queue.take_all()]
            else:
                self._life.give()
            resolve(answers)

    def _handle(self, jobs: list[Job]) -> list[Answer]:
        """Decide and record one group. A failure that one job causes does not take the others with it."""
        try:
            return list(zip(jobs, self._record(jobs), strict=True))
        except UnavailableError as error:
            if error.fields.get("reason") == "database":
                self.problem = why_not_written(error)
            # One error each: every caller raises its own, and a raised error carries the traceback of its raiser.
            return [(job, UnavailableError(**error.fields)) for job in jobs]
        except Exception as error:  # a bug must not stop the writer, nor take more than its own job
            if len(jobs) > 1:
                # One at a time, to find whose it is: the others of the group are recorded.
                return [answer for job in jobs for answer in self._handle([job])]
            correlationid = next((event.fact.correlationid for event in jobs[0].events), None)
            log.exception("job_failed", service=self.store.service, correlationid=correlationid, error=error)
            return [(jobs[0], FailedError())]

    def _record(self, jobs: list[Job]) -> list[list[Outcome]]:
        looks_first = self._wary > 0
        self._wary -= looks_first
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(jobs, looks_first)
            except ConflictError as error:
                log.info("conflict", service=self.store.service, constraint=str(error))
                if not looks_first:
                    self._wary = WARY_GROUPS
                looks_first = True
        # So often in a row is no chance: another process writes for this service without pause.
        raise UnavailableError(reason="contention")

    def _attempt(self, jobs: list[Job], looks_first: bool) -> list[list[Outcome]]:
        """Raise ConflictError where what was judged on, if only a refusal, is not what the store has."""
        events = [event for job in jobs for event in job.events]
        group = self._group(events, self._streams) if looks_first else self._group_at_hand(events)
        versions = {subject: stream.version for subject, stream in group.streams.items()}
        drafts = [[self._judged(event, group) for event in job.events] for job in jobs]
        if not looks_first:
            self._check_refusals(events, [draft for of_job in drafts for draft in of_job], versions, group)
        if jobs[0].atomic and any(isinstance(draft, Outcome) and draft.error for draft in drafts[0]):
            # Its streams, which count on what is not recorded, are dropped; an atomic job is alone in its group.
            return [[withheld(draft) for draft in drafts[0]]]
        commit = None
        if group.new:
            commit = self.store.record(group.new, self._life.give, self._deadlines(group))
            self.problem = None
            for fact, sequence in commit.of(group.new):
                group.streams[fact.subject].note(fact, sequence)
        # Only now: after a conflict or an error, memory would hold what the store does not.
        self._streams.keep(group.streams)
        return outcomes_of(drafts, group.new, commit)

    def _group(self, events: Sequence[Incoming], streams: Streams) -> Group:
        """With all that the store has of these events now: two questions, however many they are."""
        loaded = streams.load({event.fact.subject for event in events})
        links = [name for event in events for name in linked_names(event.fact)]
        first_answers = self.store.first_answers([*(event.key for event in events), *links])
        return Group(loaded, first_answers, self._prepare([event.fact for event in events], loaded))

    def _group_at_hand(self, events: Sequence[Incoming]) -> Group:
        """What is kept here may be behind the store. A fact judged on that cannot be recorded: its place in its stream is
        taken, or its id is. First answers are looked up of what is known here to have one, and of what events name."""
        loaded = self._streams.at_hand({event.fact.subject for event in events})
        known = [event.key for event in events if event.key in loaded[event.fact.subject].names]
        known += [name for event in events for name in linked_names(event.fact)]
        first_answers = self.store.first_answers(known) if known else {}
        return Group(loaded, first_answers, self._prepare([event.fact for event in events], loaded))

    def _check_refusals(
        self, events: Sequence[Incoming], drafts: Sequence[Draft], versions: Mapping[str, int], group: Group
    ) -> None:
        """Of those judged on what is at hand: nothing keeps a refusal from being answered, so it is looked at once more
        whether the store has anything else. Raise ConflictError where it does."""
        refused = [
            event
            for event, draft in zip(events, drafts, strict=True)
            if isinstance(draft, Outcome) and draft.error is not None and event.key not in group.answers
        ]
        if not refused:
            return
        subjects = {event.fact.subject for event in refused}
        if self.store.tails({subject: versions[subject] for subject in subjects}) or self.store.first_answers(
            [event.key for event in refused]
        ):
            raise ConflictError("refused on what was behind")

    def _judged(self, event: Incoming, group: Group) -> Draft:
        # A sign of life for each: judging a large batch may take longer than a silent database is given.
        self._life.give()
        return self._judge.judge(event, group)

    def _deadlines(self, group: Group) -> DeadlinesBySubject | None:
        if self._deadlines_of is None:
            return None
        # Computed on the streams as they will be: they were extended by each judgment.
        moving = {fact.fact.subject for fact in group.new}
        return {subject: self._deadlines_of(group.streams[subject].settled) for subject in moving}

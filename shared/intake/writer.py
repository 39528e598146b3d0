"""The writer of one service: one thread that decides and records what waits, a group per commit.

No fixed timer: what waits is committed when the previous commit ends, with at most a short wait while a group is
smaller than the last one. Large imports take at most half of a group, so that single events pass between.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import structlog

from shared.deciding.refusals import DomainError
from shared.deciding.rules import Context, Decide, MakeContext, Prepare, effect_id, plain_context
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact, Recorded, printed
from shared.intake.incoming import Incoming, plain_data
from shared.log.store import ANSWER_S, ConflictError, Deadline, Deadlines, FactStore, FirstAnswer, NewFact, effects_of
from shared.log.streams import Stream, Streams
from shared.process.metrics import Metrics
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

GROUP_LIMIT = 512
IMPORT_SHARE = GROUP_LIMIT // 2
QUEUE_LIMIT = 10_000
ATTEMPTS = 6
CACHED_FACTS = 20_000
SUBJECT_LIMIT = 50_000
"""Facts one subject may have in a service; more is a sender gone wrong."""

DeadlinesOf = Callable[[Sequence[Recorded]], Sequence[Deadline]]
"""What will be due about a subject, from its standing facts."""


def own_source(service: str) -> str:
    """The source of facts that a service records by itself; nobody else may use it."""
    return f"urn:parcours:{service}"


class IdReusedError(DomainError):
    """An id names one event for ever. `first_position` is where the first one was recorded."""

    code = "id_reused"
    title = "This id was used by the same source for another content; give each event its own id"
    title_fr = "Cet identifiant a déjà servi pour un autre contenu"


class VersionMismatchError(DomainError):
    code = "version_mismatch"
    title = "The subject has moved since; read it again, then decide again"
    title_fr = "Le sujet a changé entre-temps ; relisez avant de décider"
    status = 412


class SubjectFullError(DomainError):
    code = "subject_full"
    title = "This subject holds as many facts as a subject may"
    title_fr = "Ce sujet a atteint le nombre maximal de faits"


class FailedError(DomainError):
    """A bug of ours, kept to the one event it concerns."""

    code = "failed"
    title = "The event could not be judged because of an error on our side; nothing was recorded"
    title_fr = "Une erreur de notre côté a empêché de juger l'événement ; rien n'a été enregistré"
    status = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event."""

    outcome: str
    id: str
    position: str = ""
    recordedtime: str = ""
    effects: Sequence[dict[str, str]] = ()
    streamversion: int | None = None
    error: DomainError | None = None

    @property
    def status(self) -> int:
        if self.error is not None:
            return self.error.status
        return 201 if self.outcome == "recorded" else 200

    def json(self) -> dict[str, Any]:
        if self.error is not None:
            return {"id": self.id, "outcome": self.outcome, **self.error.problem()}
        return {
            "id": self.id,
            "outcome": self.outcome,
            "position": self.position,
            "recordedtime": self.recordedtime,
            "effects": list(self.effects),
        }


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of an event: `recorded` with the fact as it would be, `duplicate`, or refused."""

    outcome: str
    new: NewFact | None = None
    error: DomainError | None = None

    def refusals(self) -> list[dict[str, Any]]:
        """Every rule it breaks, each as a problem of its own."""
        if self.error is None:
            return []
        first = self.error.problem()
        return [first, *first.pop("also", [])]


def refusal(name: str, error: DomainError) -> Outcome:
    return Outcome("malformed" if error.status == 422 else "refused", name, error=error)


@dataclass(slots=True)
class Job:
    """Events that came together. `atomic`: all or nothing, alone in its commit."""

    events: Sequence[Incoming]
    done: asyncio.Future[list[Outcome]]
    atomic: bool = False

    @property
    def is_waited_for(self) -> bool:
        return not self.done.done()

    def answer(self, outcomes: list[Outcome]) -> None:
        if not self.done.done():
            self.done.set_result(outcomes)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


@dataclass(slots=True)
class _Group:
    """What one transaction will record, and how each event will be answered once it has."""

    streams: dict[str, Stream]
    answers: dict[tuple[str, str], FirstAnswer]
    context: MakeContext
    claimed: set[str] = field(default_factory=set)
    new: list[NewFact] = field(default_factory=list)
    pending: dict[tuple[str, str], NewFact] = field(default_factory=dict)


class Writer:
    """Start it with `start()`; `submit` from the event loop; `stop()` finishes what waits, if the database answers."""

    def __init__(
        self,
        store: FactStore,
        catalogue: Catalogue,
        decide: Decide,
        metrics: Metrics,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        group_wait_s: float = 0.002,
        subject_limit: int = SUBJECT_LIMIT,
        prepare: Prepare = plain_context,
        deadlines_of: DeadlinesOf | None = None,
    ) -> None:
        self.store = store
        self._prepare = prepare
        self._deadlines_of = deadlines_of
        self._decide = decide
        self._metrics = metrics
        self._clock = clock
        self._group_wait_s = group_wait_s
        self._subject_limit = subject_limit
        self._catalogue = catalogue
        self._streams = Streams(store, catalogue, CACHED_FACTS)
        self._single: deque[Job] = deque()
        self._imports: deque[Job] = deque()
        self._waiting = threading.Condition()
        self._stopping = False
        self._last_size = 1
        self._atomic_waited = False
        self._alive_at = monotonic()
        self._thread = threading.Thread(target=self._run, name=f"writer-{store.service}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._waiting:
            self._stopping = True
            self._waiting.notify()
        self._is_alive()
        while self._thread.is_alive() and monotonic() < self._alive_at + ANSWER_S:
            self._thread.join(0.05)

    async def submit(
        self, events: Sequence[Incoming], *, atomic: bool = False, is_import: bool = False
    ) -> list[Outcome]:
        """One outcome per event, in order. Raise UnavailableError when the database does not answer in time."""
        job = Job(events, asyncio.get_running_loop().create_future(), atomic)
        with self._waiting:
            if self._stopping:
                raise UnavailableError(reason="stopping")
            if len(self._single) + len(self._imports) >= QUEUE_LIMIT:
                raise UnavailableError(reason="overloaded")
            (self._imports if is_import or atomic else self._single).append(job)
            self._waiting.notify()
        return await self._answer_of(job)

    async def _answer_of(self, job: Job) -> list[Outcome]:
        """Wait as long as the writer gives signs of life; a silent database is away."""
        loop, submitted_at = asyncio.get_running_loop(), monotonic()
        watch: asyncio.TimerHandle

        def look() -> None:
            nonlocal watch
            left = max(submitted_at, self._alive_at) + ANSWER_S - monotonic()
            if left > 0:
                watch = loop.call_later(left, look)
            else:
                job.fail(UnavailableError(reason="database"))

        watch = loop.call_later(ANSWER_S, look)
        try:
            return await job.done
        finally:
            watch.cancel()

    def foresee(self, event: Incoming) -> Foreseen:
        """What would become of an event now; nothing is recorded. Blocks on the database; beside the writer's thread.

        Raise DomainError where it could not be judged at all (a bug of ours, the database away)."""
        streams = Streams(self.store, self._catalogue, capacity=0)
        loaded = streams.load([event.fact.subject])
        group = _Group(loaded, self.store.first_answers([event.key]), self._prepare([event.fact], loaded))
        draft = self._judge(event, group)
        if isinstance(draft, NewFact):
            return Foreseen("recorded", draft)
        if isinstance(draft.error, FailedError):
            raise draft.error
        return Foreseen(draft.outcome, error=draft.error)

    def _is_alive(self) -> None:
        self._alive_at = monotonic()

    def _run(self) -> None:
        while (jobs := self._take_group()) is not None:
            if not jobs:
                continue
            started = monotonic()
            answers = self._handle(jobs)
            self._metrics.group(self.store.service, sum(len(job.events) for job in jobs), monotonic() - started)
            if any(isinstance(answer, UnavailableError) for _, answer in answers):
                answers += [(job, UnavailableError(reason="database")) for job in self._take_all()]
            else:
                self._is_alive()
            self._resolve(answers)

    def _take_all(self) -> list[Job]:
        """Whatever waits while the database is away: it is told now rather than after a wait of its own."""
        with self._waiting:
            jobs = [*self._single, *self._imports]
            self._single.clear()
            self._imports.clear()
            return jobs

    def _take_group(self) -> list[Job] | None:
        """The next jobs for one commit, but those that nobody waits for any more; None when stopped and all is done."""
        with self._waiting:
            while not (self._single or self._imports):
                if self._stopping:
                    return None
                self._waiting.wait()
            self._wait_for_more()
            jobs = self._choose()
            self._last_size = len(jobs)
            return [job for job in jobs if job.is_waited_for]

    def _wait_for_more(self) -> None:
        """A little patience while fewer wait than the last group had: callers answered just now are coming back."""
        deadline = monotonic() + self._group_wait_s
        while len(self._single) < 0.9 * self._last_size and not self._imports:
            left = deadline - monotonic()
            if left <= 0 or not self._waiting.wait(left):
                return

    def _choose(self) -> list[Job]:
        """Imports up to their share, then single events; an atomic batch alone, after one group of the others."""
        is_atomic = bool(self._imports) and self._imports[0].atomic
        if is_atomic and (self._atomic_waited or not self._single):
            self._atomic_waited = False
            return [self._imports.popleft()]
        self._atomic_waited = is_atomic
        jobs: list[Job] = []
        size = 0
        share = IMPORT_SHARE if self._single else GROUP_LIMIT
        while self._imports and not self._imports[0].atomic and size + len(self._imports[0].events) <= share:
            jobs.append(self._imports.popleft())
            size += len(jobs[-1].events)
        while self._single and (not jobs or size + len(self._single[0].events) <= GROUP_LIMIT):
            jobs.append(self._single.popleft())
            size += len(jobs[-1].events)
        return jobs or [self._imports.popleft()]

    def _handle(self, jobs: list[Job]) -> list[tuple[Job, list[Outcome] | Exception]]:
        """Decide and record one group. A failure that one job causes does not take the others with it."""
        try:
            return list(zip(jobs, self._record(jobs), strict=True))
        except UnavailableError as error:
            return [(job, UnavailableError(**error.fields)) for job in jobs]  # raised once for each of them
        except Exception as error:  # a bug must not stop the writer, nor take more than its own job
            if len(jobs) > 1:
                return [answer for job in jobs for answer in self._handle([job])]
            log.exception("job_failed", service=self.store.service, error=repr(error))
            return [(jobs[0], FailedError())]

    def _resolve(self, answers: Iterable[tuple[Job, list[Outcome] | Exception]]) -> None:
        """Answer a whole group with one wake-up of the event loop."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Job, list[Outcome] | Exception]]] = {}
        for answer in answers:
            by_loop.setdefault(answer[0].done.get_loop(), []).append(answer)
        for loop, its in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer_all, its)

    def _record(self, jobs: list[Job]) -> list[list[Outcome]]:
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(jobs)
            except ConflictError as error:
                log.info("conflict", service=self.store.service, constraint=str(error))
        raise UnavailableError(reason="contention")

    def _attempt(self, jobs: list[Job]) -> list[list[Outcome]]:
        events = [event for job in jobs for event in job.events]
        streams = self._streams.load({event.fact.subject for event in events})
        group = _Group(
            streams,
            self.store.first_answers([event.key for event in events]),
            self._prepare([event.fact for event in events], streams),
        )
        drafts = [[self._judged_alive(event, group) for event in job.events] for job in jobs]
        if jobs[0].atomic and any(isinstance(draft, Outcome) and draft.error for draft in drafts[0]):
            return [[_withheld(draft) for draft in drafts[0]]]
        recorded = []
        if group.new:
            recorded = self.store.record(group.new, self._clock, self._is_alive, self._deadlines(group))
        self._streams.keep(group.streams)
        answers = _Answers(group.new, recorded)
        return [[answers.finished(draft) for draft in job] for job in drafts]

    def _deadlines(self, group: _Group) -> Deadlines | None:
        if self._deadlines_of is None:
            return None
        return {
            subject: self._deadlines_of(group.streams[subject].settled)
            for subject in {one.fact.subject for one in group.new}
        }

    def _judged_alive(self, event: Incoming, group: _Group) -> Outcome | NewFact:
        self._is_alive()
        return self._judge(event, group)

    def _judge(self, event: Incoming, group: _Group) -> Outcome | NewFact:
        """The event's outcome when it is known already, else the fact to record."""
        first = group.answers.get(event.key)
        if first is not None:
            return _repeated(event, first, self.store.service)
        earlier = group.pending.get(event.key)
        if earlier is not None:
            return earlier if earlier.digest == event.digest else refusal(event.fact.id, IdReusedError())
        stream = group.streams[event.fact.subject]
        fact = event.fact.model_copy(update={"streamversion": stream.version + 1})
        try:
            new = self._decided(event, fact, stream, group.context(stream.names, group.claimed))
        except DomainError as error:
            return refusal(event.fact.id, error)
        except Exception as error:  # one event's failing rule must not stop the others
            log.exception("decide_failed", service=self.store.service, type=event.fact.type, error=repr(error))
            return refusal(event.fact.id, FailedError())
        stream.extend([new.fact, *(effect.fact for effect in new.effects)], fact.streamversion + len(new.effects))
        group.new.append(new)
        group.claimed.update(new.claims)
        group.pending[event.key] = new
        return new

    def _decided(self, event: Incoming, fact: Recorded, stream: Stream, context: Context) -> NewFact:
        if event.expectedversion is not None and event.expectedversion != stream.version:
            raise VersionMismatchError(expectedversion=event.expectedversion, streamversion=stream.version)
        if len(stream) >= self._subject_limit:
            raise SubjectFullError(limit=self._subject_limit)
        verdict = self._decide(stream.settled, fact, context)
        if verdict.refusals:
            raise _first_with_rest(verdict.refusals)
        data = event.data
        if verdict.recorded is not None:
            fact, data = fact.model_copy(update={"data": verdict.recorded}), plain_data(verdict.recorded)
        told: Counter[str] = Counter()  # by type, as policies count: said again, an effect gets the next number
        effects = []
        for place, effect in enumerate(verdict.effects, start=1):
            told[effect.type] += 1
            effects.append(self._effect(fact, effect, place, told[effect.type]))
        return NewFact(fact, data, event.digest, tuple(effects), verdict.claims)

    def _effect(self, cause: Recorded, effect: Fact, place: int, number: int) -> NewFact:
        fact = cause.model_copy(
            update={
                "id": effect_id(cause, effect.type, number),
                "source": own_source(self.store.service),
                "type": effect.type,
                "streamversion": cause.streamversion + place,
                "replaces": None,
                "causationid": cause.id,
                "data": effect,
            }
        )
        return NewFact(fact, plain_data(effect), b"")


class _Answers:
    """From what was recorded to the outcome of each event; an id given twice in a group is answered the same."""

    def __init__(self, new: Sequence[NewFact], recorded: Sequence[Recorded]) -> None:
        self._outcomes: dict[int, Outcome] = {}
        self._given: set[int] = set()
        rest = iter(recorded)
        for fact in new:
            its = [next(rest) for _ in range(1 + len(fact.effects))]
            self._outcomes[id(fact)] = Outcome(
                "recorded",
                fact.fact.id,
                position=f"{its[0].service}:{its[-1].sequence}",
                recordedtime=printed(its[0].recordedtime),
                effects=effects_of(fact),
                streamversion=its[-1].streamversion,
            )

    def finished(self, draft: Outcome | NewFact) -> Outcome:
        if isinstance(draft, Outcome):
            return draft
        outcome = self._outcomes[id(draft)]
        if id(draft) in self._given:
            return _as_duplicate(outcome)
        self._given.add(id(draft))
        return outcome


def _as_duplicate(outcome: Outcome) -> Outcome:
    return Outcome(
        "duplicate", outcome.id, outcome.position, outcome.recordedtime, outcome.effects, outcome.streamversion
    )


def _repeated(event: Incoming, first: FirstAnswer, service: str) -> Outcome:
    position = f"{service}:{first.sequence}"
    if first.digest != event.digest:
        return refusal(event.fact.id, IdReusedError(first_position=position))
    return Outcome("duplicate", event.fact.id, position, first.recordedtime, first.effects, first.streamversion)


def _withheld(draft: Outcome | NewFact) -> Outcome:
    """What an event of a refused atomic batch is told: its own refusal, or that the others' kept it out."""
    return draft if isinstance(draft, Outcome) else Outcome("refused", draft.fact.id, error=NotRecordedError())


class NotRecordedError(DomainError):
    code = "not_recorded"
    title = "Not recorded, because another event of the atomic batch was refused"
    title_fr = "Non enregistré : un autre événement du lot a été refusé"


def _first_with_rest(refusals: Sequence[DomainError]) -> DomainError:
    """The first refusal speaks for the event; the others are listed beside it."""
    first, *rest = refusals
    if rest:
        first.fields = {**first.fields, "also": [error.problem() for error in rest]}
    return first


def _answer_all(answers: Iterable[tuple[Job, list[Outcome] | Exception]]) -> None:
    for job, answer in answers:
        if isinstance(answer, Exception):
            job.fail(answer)
        else:
            job.answer(answer)

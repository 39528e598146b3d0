"""What one write service does with parsed events: check, hand to the writer, count; whatever they came in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request

from shared.deciding.refusals import DomainError
from shared.facts.catalogue import Catalogue
from shared.facts.fact import own_source, paris_day
from shared.intake.body_room import BodyRoom
from shared.intake.incoming import Incoming, read_event
from shared.intake.long_questions import LongQuestions, TakesLongError, in_company
from shared.intake.looking import LONGEST_WAIT_S, AsksOf, Looking, Outlook
from shared.intake.outcome import NotRecordedError, Outcome, refusal
from shared.intake.successions import Successions
from shared.intake.writer import Writer
from shared.log.merges import Merges, NoMerges
from shared.log.store import FactStore
from shared.process.control_characters import without_control
from shared.process.current_request import request_id
from shared.process.giving_way import giving_way
from shared.process.metrics import Metrics
from shared.rights.caller import Caller
from shared.rights.refusals import SourceNotAllowedError
from shared.web import read_log
from shared.web.callers import Callers
from shared.web.grouped_reads import GroupedReads
from shared.web.headers import listed
from shared.web.positions import Positions, positions, reached, wait_seconds
from shared.web.quotas import FactQuota
from shared.web.stopping import stopping_of

T = TypeVar("T")

CHUNK = 256
"""Events of a non-atomic batch handed to the writer at a time, so that others pass between."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What one write service answers with."""

    service: str
    catalogue: Catalogue
    store: FactStore
    writer: Writer
    callers: Callers
    metrics: Metrics
    quota: FactQuota = field(default_factory=FactQuota)
    merges: Merges = field(default_factory=NoMerges)
    successions: Successions | None = None
    outlook: Outlook | None = None
    asks_of: AsksOf = lambda _: {}
    """Which services the rules and warnings of a fact ask."""
    look_s: float = LONGEST_WAIT_S
    body_room: BodyRoom = field(default_factory=BodyRoom)
    reads: GroupedReads = field(default_factory=GroupedReads)
    long_questions: LongQuestions = field(default_factory=LongQuestions)
    reader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "batches"))
    reading: Callable[[], Positions] | None = None
    """Up to where facts are acted upon here, where some are read: other services', and its own if it acts on those."""

    def read(self, value: Any, suspect: bool, caller: Caller) -> Incoming | Outcome:
        """One parsed event as something to record, or as the outcome it has already."""
        try:
            incoming = read_event(value, suspect, self.catalogue, self.store.clock.now(), request_id(), caller)
            if incoming.fact.source == own_source(self.service):  # its ids are taken in advance, by effects
                raise SourceNotAllowedError(source=incoming.fact.source)
        except DomainError as error:
            return refusal(_sendable(value.get("id") if isinstance(value, dict) else None), error)
        return incoming

    async def who_reads(
        self,
        request: Request,
        purpose: str,
        applied: Callable[[], Awaitable[Positions]] | None = None,
    ) -> Caller:
        """Who reads, for one of its structures, noted for the log of reads, once what the request wants to come after is
        `applied`. Raise MalformedError, UnavailableError beside what `acting_for` does."""
        caller = self.callers.caller(request.headers.get("authorization"))
        if applied is not None:
            await reached(request, applied)
        caller = await self.with_taken_over(request, caller)
        caller = caller.acting_for(listed(request.headers, "acting-for"))
        read_log.begin(request, caller, purpose)
        return caller

    async def with_taken_over(self, request: Request, caller: Caller) -> Caller:
        """With the structures that its own took over by today: it has their rights. Raise UnavailableError."""
        if self.successions is None or not caller.structures:
            return caller
        # Who says what it comes after may have read of the succession there.
        if self.successions.is_due or listed(request.headers, "after-position"):
            await self.store.ask(self.successions.look)
        return self.successions.with_taken_over(caller, paris_day(self.store.clock.now()))

    async def beside(self, function: Callable[..., T], *args: Any) -> T:
        """What a large body takes, beside the event loop: singles of others must not wait for it. On one thread, since
        several would only take turns, each waiting for the others and for the loop."""
        context = copy_context()  # it holds the id of the request
        return await asyncio.get_running_loop().run_in_executor(self.reader, context.run, function, *args)

    async def ask(self, question: Callable[[], T]) -> T:
        """What it finds in the database, beside the event loop; about a long subject once others' long ones are answered.
        Raise UnavailableError when that takes too long."""
        question = giving_way()(question)
        try:
            return await self.store.ask(in_company().run, question)
        except TakesLongError:
            return await self.long_questions.ask(read_log.who_asks_what(), question)

    def close(self) -> None:
        """Its threads end once they have done what they have."""
        self.reader.shutdown(wait=False)
        self.long_questions.close()

    async def looked(self, request: Request, drafts: Sequence[Incoming | T]) -> Sequence[Incoming | T]:
        """The drafts, with what has been seen of other services where a service has rules that ask them."""
        return drafts if self.outlook is None else await self.looking(request).look(drafts)

    def looking(self, request: Request) -> Looking:
        """For one request, which waits up to the positions it says it comes after, or as long as it prefers."""
        return Looking(
            self.outlook,
            self.asks_of,
            positions(listed(request.headers, "after-position")),
            wait_seconds(request.headers, self.look_s),
            stopping_of(request.scope),
        )

    async def begin(self, request: Request) -> None:
        """What a request with facts wants to come after. A service that acts upon others' facts waits for it once it is
        known what the facts ask (`looking`), and refuses no others; any other service waits here.

        What it says of time is judged by the log's clock. Raise MalformedError, NotYetAppliedError, ClocksDifferError.
        """
        await self.store.look_at_clocks()
        if self.outlook is None:
            await reached(request, self.applied)
        else:
            positions(listed(request.headers, "after-position"))

    async def record(self, drafts: Sequence[Incoming | Outcome], *, atomic: bool = False) -> list[Outcome]:
        """The outcome of each draft, in order; only well-formed ones reach the writer."""
        incoming = [draft for draft in drafts if isinstance(draft, Incoming)]
        if atomic:
            if len(incoming) < len(drafts):
                return [d if isinstance(d, Outcome) else _kept_out(d) for d in drafts]
            return await self.writer.submit(incoming, atomic=True) if incoming else []
        chunks = [incoming[start : start + CHUNK] for start in range(0, len(incoming), CHUNK)]
        answers = await asyncio.gather(*(self.writer.submit(chunk, is_import=True) for chunk in chunks))
        recorded = iter([outcome for answer in answers for outcome in answer])
        return [draft if isinstance(draft, Outcome) else next(recorded) for draft in drafts]

    async def record_in_turn(self, drafts: Sequence[Incoming | Outcome]) -> Coroutine[Any, Any, list[Outcome]]:
        """As `record`, for a few drafts of many that come in order: returns once the writer's queue has had room for
        them, with what gives their outcomes."""
        incoming = [draft for draft in drafts if isinstance(draft, Incoming)]
        job = await self.writer.put_in_turn(incoming) if incoming else None

        async def outcomes() -> list[Outcome]:
            recorded = iter(() if job is None else await self.writer.answer_of(job))
            return [draft if isinstance(draft, Outcome) else next(recorded) for draft in drafts]

        return outcomes()

    def count(self, outcomes: Iterable[Outcome]) -> None:
        for outcome, count in Counter(outcome.outcome for outcome in outcomes).items():
            self.metrics.outcome(self.service, outcome, count)

    async def applied(self) -> Positions:
        """What its own store holds is applied; of what it acts upon, as far as it has."""
        acted_upon = await self.store.ask(self.reading) if self.reading else {}
        return {self.service: await self.store.ask(self.store.last_sequence), **acted_upon}


def _kept_out(draft: Incoming) -> Outcome:
    return refusal(draft.fact.id, NotRecordedError())


def _sendable(name: object) -> str:
    """An id as far as it can be sent back: of a malformed one, without what it is refused for."""
    return without_control(name.encode("utf-8", "replace").decode()[:256]) if isinstance(name, str) else ""

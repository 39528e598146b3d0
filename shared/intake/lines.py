"""A stream of lines (`application/x-ndjson`): any length, constant memory, one answer line each.

Answers are spooled while the body comes in and sent when it ends, so a client that sends everything before it reads
cannot deadlock with us.

A body is given up where the database is away or the process is stopped: the `503` then names the last line answered,
with the answers up to it, and the sender goes on behind that line. One that is malformed line after line is read no
further: the last line of its answer says so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from shared.deciding.refusals import DomainError
from shared.intake.incoming import MAX_EVENT_BYTES, Incoming
from shared.intake.intake import CHUNK, Intake
from shared.intake.line_answers import LineAnswers
from shared.intake.logging_reads import log_refusals
from shared.intake.outcome import Outcome, refusal
from shared.intake.strict_json import JsonSyntaxError, parse
from shared.process.unavailable import UnavailableError
from shared.rights.caller import Caller
from shared.web.headers import prefers_minimal
from shared.web.problems import PROBLEM_JSON, Fault, MalformedError, TooLargeError, retry_after
from shared.web.stopping import StoppingError, last_answer, stopping_of

LINES = "application/x-ndjson"
IN_FLIGHT = 4
"""Chunks handed to the writer and not answered: it always has the next one, and memory holds no more than these."""
MAX_MALFORMED = 10_000
"""Lines of one stream. What has so many is no file of events; each would be parsed and answered, of any length."""
SETTLE_S = 2.0
"""How long a stop waits for what the writer has of a stream: as long as the writer would for the database."""


async def answer_stream(request: Request, intake: Intake, caller: Caller) -> Response:
    """Record the lines of the body as they come and answer them in order when it ends, or where it must be given up."""
    minimal = prefers_minimal(request.headers)
    answers = LineAnswers(intake.service, minimal)
    recording = _Recording(intake, caller, answers)
    try:
        given_up = await recording.run(request)
    except BaseException:
        answers.close()
        raise
    finally:
        await recording.abandon()
    if given_up is not None:
        return _GivenUp(answers, given_up)
    applied = {"Preference-Applied": "return=minimal"} if minimal else {}
    if recording.stopped:
        return _Stopped(answers.parts(TooManyMalformedError().problem()), 200, applied, LINES)
    return StreamingResponse(answers.parts(), 200, applied, LINES)


class TooManyMalformedError(DomainError):
    code = "too_many_malformed"
    title = "So many lines are malformed that the stream was not read further; see `last_line`"
    title_fr = "Trop de lignes mal formées : la suite n'a pas été lue ; voir « last_line »"
    instead = "Correct the malformed lines, then send the lines behind `last_line`."
    instead_fr = "Corrigez les lignes mal formées, puis envoyez celles qui suivent « last_line »."
    status = 422


class _Recording:
    """The lines of one body on their way. A few chunks are under way at once; they enter the writer's queue, and their
    answers are kept, in the order of the lines."""

    def __init__(self, intake: Intake, caller: Caller, answers: LineAnswers) -> None:
        self._intake = intake
        self._caller = caller
        self._answers = answers
        self.stopped = False
        """Whether the rest was not read, since too much of it was malformed."""
        self._under_way: deque[tuple[list[int], asyncio.Task[list[Outcome]]]] = deque()

    async def run(self, request: Request) -> UnavailableError | None:
        """Why the body was given up, if it was."""
        self._looking = self._intake.looking(request)
        reading = asyncio.create_task(self._read(request))
        told = asyncio.create_task(stopping_of(request.scope).told.wait())
        try:
            await asyncio.wait((reading, told), return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
                return None
        except UnavailableError as error:
            return error
        finally:
            for task in (reading, told):
                task.cancel()
            await asyncio.gather(reading, told, return_exceptions=True)
        await self._settle_in_time()
        return StoppingError()

    async def _read(self, request: Request) -> None:
        numbers: list[int] = []
        chunk: list[Incoming | Outcome] = []
        malformed = 0
        async for number, line in _lines(request):
            if malformed == MAX_MALFORMED:
                self.stopped = True
                break
            numbers.append(number)
            chunk.append(draft := _read_line(line, self._intake, self._caller))
            malformed += isinstance(draft, Outcome) and draft.outcome == "malformed"
            # In chunks: one line at a time would be one place in the queue each.
            if len(chunk) == CHUNK:
                await self._hand_over(numbers, chunk)
                numbers, chunk = [], []
                await self._settle_down_to(IN_FLIGHT - 1)
        await self._hand_over(numbers, chunk)
        await self._settle_down_to(0)

    async def _hand_over(self, numbers: list[int], chunk: list[Incoming | Outcome]) -> None:
        """While the queue is full nothing more is read: whoever sends waits, instead of being told to come again."""
        sources = (draft.fact.source if isinstance(draft, Incoming) else "" for draft in chunk)
        await self._intake.quota.wait_for(self._caller, sources)
        # Looked before the queue, chunk by chunk: one that waits must not be overtaken by the next.
        outcomes = await self._intake.record_in_turn(await self._looking.look(chunk))
        self._under_way.append((numbers, asyncio.create_task(self._logged(outcomes))))

    async def _logged(self, outcomes: Coroutine[Any, Any, list[Outcome]]) -> list[Outcome]:
        """At once, not when they are told: by then the database may be away, and what was recorded be told to nobody."""
        found = await outcomes
        await log_refusals(self._intake, self._caller, found)
        return found

    async def _settle_down_to(self, count: int) -> None:
        while len(self._under_way) > count:
            numbers, task = self._under_way[0]
            outcomes = await asyncio.shield(task)  # whoever stops waiting here may come back for it
            self._under_way.popleft()
            self._intake.count(outcomes)
            self._answers.write(numbers, outcomes)

    async def _settle_in_time(self) -> None:
        """What the writer has is still answered, so that it need not be sent again."""
        with suppress(UnavailableError, TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self._settle_down_to(0)

    async def abandon(self) -> None:
        """Also where the client left in the middle: nobody waits for these, and the writer then leaves them out."""
        for _, task in self._under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in self._under_way), return_exceptions=True)


class _Stopped(StreamingResponse):
    """Answers to a body of which the rest is not read."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await last_answer(self.stream_response, scope, send)


class _GivenUp(_Stopped):
    """The problem with the last line that was answered, and the answers up to it."""

    def __init__(self, answers: LineAnswers, error: UnavailableError) -> None:
        super().__init__(
            answers.problem_parts(error.problem()),
            error.status,
            retry_after(error),
            PROBLEM_JSON,
        )


class _Overlong:
    """Stands for a line that was longer than an event may be and was not kept."""


async def _lines(request: Request) -> AsyncIterator[tuple[int, bytes | _Overlong]]:
    """The lines that hold something, with their numbers; the rest of an overlong one is dropped as it comes."""
    rest = b""
    dropping = False
    number = 1
    async for part in request.stream():
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            if dropping or len(line) > MAX_EVENT_BYTES:
                dropping = False
                yield number, _Overlong()
            elif line.strip():
                yield number, line
            number += 1
        # Dropped as it comes: a body without a line break must not fill the memory.
        if len(rest) > MAX_EVENT_BYTES:
            rest, dropping = b"", True
    if dropping:
        yield number, _Overlong()
    elif rest.strip():
        yield number, rest


def _read_line(line: bytes | _Overlong, intake: Intake, caller: Caller) -> Incoming | Outcome:
    if isinstance(line, _Overlong):
        return refusal("", TooLargeError(limit_bytes=MAX_EVENT_BYTES))
    try:
        value, suspect = parse(line)
    except JsonSyntaxError as error:
        return refusal("", MalformedError([Fault("", "not_json", str(error))]))
    return intake.read(value, suspect, caller)

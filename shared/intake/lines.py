"""A stream of lines (`application/x-ndjson`): any length, constant memory, one answer line each.

Answers are spooled while the body comes in and sent when it ends, so a client that sends everything before it reads
cannot deadlock with us.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from shared.intake.incoming import MAX_EVENT_BYTES, Incoming
from shared.intake.intake import CHUNK, Intake
from shared.intake.outcome import Outcome, refusal
from shared.intake.strict_json import JsonSyntaxError, parse
from shared.web.callers import Caller
from shared.web.headers import prefers_minimal
from shared.web.problems import Fault, MalformedError, TooLargeError

IN_FLIGHT = 4
"""Chunks handed to the writer and not answered: it always has the next one, and memory holds no more than these."""
IN_MEMORY_BYTES = 1024 * 1024
"""Of answers; what is longer is spooled to disk."""
SEND_BYTES = 64 * 1024


async def answer_stream(request: Request, intake: Intake, caller: Caller) -> Response:
    """Record the lines of the body as they come and answer them in order when it ends."""
    minimal = prefers_minimal(request.headers)
    answers = _Answers(intake.service, minimal)
    try:
        await _record_lines(request, intake, caller, answers)
    except BaseException:
        answers.close()
        raise
    applied = {"Preference-Applied": "return=minimal"} if minimal else {}
    return StreamingResponse(answers.parts(), 200, applied, "application/x-ndjson")


async def _record_lines(request: Request, intake: Intake, caller: Caller, answers: _Answers) -> None:
    """A few chunks are under way at once; their answers are kept in the order of the lines."""
    under_way: deque[tuple[list[int], asyncio.Task[list[Outcome]]]] = deque()
    numbers: list[int] = []
    chunk: list[Incoming | Outcome] = []

    async def settle_down_to(count: int) -> None:
        while len(under_way) > count:
            lines, task = under_way.popleft()
            outcomes = await task
            intake.count(outcomes)
            answers.write(lines, outcomes)

    try:
        async for number, line in _lines(request):
            numbers.append(number)
            chunk.append(_read_line(line, intake, caller))
            if len(chunk) == CHUNK:
                under_way.append((numbers, asyncio.create_task(intake.record(chunk))))
                numbers, chunk = [], []
                await settle_down_to(IN_FLIGHT - 1)
        under_way.append((numbers, asyncio.create_task(intake.record(chunk))))
        await settle_down_to(0)
    finally:
        # Also where the client left in the middle: nobody waits for these, and the writer then leaves them out.
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)


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


def _spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)


@dataclass(slots=True)
class _Answers:
    """Answer lines on their way out, on disk beyond a mebibyte."""

    service: str
    minimal: bool
    _file: IO[bytes] = field(default_factory=_spool)
    _counts: Counter[str] = field(default_factory=Counter)
    _warned: int = 0
    """Lines that were recorded though something in them looks mistaken."""
    _last: int = 0
    """The highest sequence of a fact that these lines recorded, now or when they were first sent."""

    def write(self, numbers: list[int], outcomes: list[Outcome]) -> None:
        for number, outcome in zip(numbers, outcomes, strict=True):
            self._counts[outcome.outcome] += 1
            if outcome.error is None:
                self._last = max(self._last, int(outcome.position.rpartition(":")[2]))
            self._warned += bool(outcome.warnings)
            if not self.minimal or outcome.error is not None or outcome.warnings:
                self._put({"line": number, **outcome.json()})

    def _put(self, answer: dict[str, Any]) -> None:
        self._file.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def parts(self) -> Iterator[bytes]:
        if self.minimal:
            self._put({"summary": self._summary()})
        self._file.seek(0)
        try:
            while part := self._file.read(SEND_BYTES):
                yield part
        finally:
            self.close()

    def _summary(self) -> dict[str, Any]:
        """How many lines met which end; `position` of the last that is recorded, to come after."""
        counts = {name: self._counts[name] for name in ("recorded", "duplicate", "refused", "malformed")}
        position = {"position": f"{self.service}:{self._last}"} if self._last else {}
        warned = {"warned": self._warned} if self._warned else {}
        return {"lines": self._counts.total(), **counts, **warned, **position}

    def close(self) -> None:
        self._file.close()

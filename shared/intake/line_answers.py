"""The answers to a stream of lines, kept on disk until they are sent."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from shared.intake.outcome import Outcome

IN_MEMORY_BYTES = 1024 * 1024
"""Of answers; what is longer is spooled to disk."""
SEND_BYTES = 64 * 1024


def _spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)


@dataclass(slots=True)
class LineAnswers:
    """Answer lines on their way out, on disk beyond a mebibyte."""

    service: str
    minimal: bool
    _file: IO[bytes] = field(default_factory=_spool)
    _counts: Counter[str] = field(default_factory=Counter)
    _warned: int = 0
    """Lines that were recorded though something in them looks mistaken."""
    _last: int = 0
    """The highest sequence of a fact that these lines recorded, now or when they were first sent."""
    _last_line: int = 0

    def write(self, numbers: list[int], outcomes: list[Outcome]) -> None:
        for number, outcome in zip(numbers, outcomes, strict=True):
            self._counts[outcome.outcome] += 1
            self._last_line = number
            if outcome.error is None:
                self._last = max(self._last, int(outcome.position.rpartition(":")[2]))
            self._warned += bool(outcome.warnings)
            # Asked for the least, a sender still gets what somebody has to look at.
            if not self.minimal or outcome.error is not None or outcome.warnings:
                self._put({"line": number, **outcome.json()})

    def _put(self, answer: dict[str, Any]) -> None:
        self._file.write(_json(answer) + b"\n")

    def parts(self, stopped: dict[str, Any] | None = None) -> Iterator[bytes]:
        """`stopped`: the problem for which the rest was not read, told in the last line as in `problem_parts`."""
        if stopped is not None:
            self._put({**stopped, "last_line": self._last_line, "summary": self._summary()})
        elif self.minimal:
            self._put({"summary": self._summary()})
        self._file.seek(0)
        try:
            while part := self._file.read(SEND_BYTES):
                yield part
        finally:
            self.close()

    def problem_parts(self, problem: dict[str, Any]) -> Iterator[bytes]:
        """The problem with `last_line`, the last line answered, `outcomes`, the answers up to it, and their
        `summary`; put together as it is sent, since there may be any number of answers."""
        whole = {**problem, "last_line": self._last_line, "summary": self._summary()}
        yield _json(whole)[:-1] + b',"outcomes":['
        self._file.seek(0)
        try:
            for number, answer in enumerate(self._file):
                yield (b"," if number else b"") + answer.rstrip()
            yield b"]}"
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


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

"""Events in a file: one a line, a JSON array, or a single one over several lines. Never the whole file in memory."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from parcours.terminal.console import CommandError

READ_BYTES = 1024 * 1024
LARGEST_EVENT = 16 * 1024 * 1024
"""Bytes of a line, or characters of an array's event, beyond which it is given up; the intake takes 64 KiB."""

SHOWN_OF_OVERLONG = 200

_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Item:
    """One event as it stands in the file, on one line. `number`: its line, in an array its place, from 1."""

    number: int
    text: bytes
    type: str | None
    """None where it cannot be read; `fault` then says why."""

    fault: str = ""


@dataclass(slots=True)
class EventFile:
    """Iterates once. `read_bytes` is how much of the file has been read."""

    stream: IO[bytes]
    name: str
    read_bytes: int = 0
    unit: str = "line"

    def __iter__(self) -> Iterator[Item]:
        head = self._first_line()
        if head.lstrip()[:1] == b"[":
            self.unit = "event"
            return self._array(head)
        if head.lstrip()[:1] == b"{" and not _is_whole(head):
            return self._one_or_lines(head)
        return self._lines(head)

    def _first_line(self) -> bytes:
        """The first line that holds something, with the blank ones before it, so that numbers stay right."""
        head = b""
        while not head.strip() and (line := self._line()):
            head += line
        # Spreadsheets and editors of Windows put one in front; JSON knows none.
        return head.removeprefix(codecs.BOM_UTF8)

    def _lines(self, head: bytes) -> Iterator[Item]:
        for number, line in enumerate(self._whole_lines(head), start=1):
            if len(line) >= LARGEST_EVENT:
                yield Item(number, line[:SHOWN_OF_OVERLONG], None, f"longer than {LARGEST_EVENT:,} bytes")
            elif text := line.strip():
                yield item(number, text)

    def _whole_lines(self, head: bytes) -> Iterator[bytes]:
        """The lines of `head` and of the rest; of one that is too long its beginning, the rest of it is passed over."""
        yield from BytesIO(head)  # `splitlines` would also split at a bare carriage return
        while line := self._line():
            yield line

    def _line(self) -> bytes:
        line = rest = self.stream.readline(LARGEST_EVENT)
        self.read_bytes += len(line)
        while len(rest) == LARGEST_EVENT and not rest.endswith(b"\n"):
            rest = self.stream.readline(LARGEST_EVENT)
            self.read_bytes += len(rest)
        return line

    def _one_or_lines(self, head: bytes) -> Iterator[Item]:
        """An event that was laid out for reading; anything else is lines, of which the first is broken."""
        rest = self.stream.read(READ_BYTES)
        self.read_bytes += len(rest)
        if len(rest) < READ_BYTES and _is_whole(head + rest):
            self.unit = "event"
            return iter([item(1, _on_one_line((head + rest).decode()))])
        following = rest + (self._line() if rest else b"")
        return self._lines(head + following)

    def _array(self, head: bytes) -> Iterator[Item]:
        text = _Text(self, head)
        text.skip("[")
        number = 0
        while text.next_is_value(first=number == 0):
            number += 1
            yield item(number, text.value(number))

    def more(self) -> bytes:
        part = self.stream.read(READ_BYTES)
        self.read_bytes += len(part)
        return part


class _Text:
    """The array's text, a window at a time."""

    def __init__(self, file: EventFile, head: bytes) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._window = self._decoded(head)
        self._decoder = json.JSONDecoder()

    def skip(self, mark: str) -> None:
        self._window = self._window.lstrip(_BLANKS).removeprefix(mark)

    def next_is_value(self, first: bool) -> bool:
        self._fill()
        mark = self._window[:1]
        if mark == "]":
            return False
        if first:
            return True
        if mark != ",":
            raise self._broken("a comma or the closing bracket is missing")
        self._window = self._window[1:]
        self._fill()
        return True

    def value(self, number: int) -> bytes:
        while True:
            try:
                # Tried again from the start of the event with each part read: events are small, and mostly whole at
                # once.
                _, end = self._decoder.raw_decode(self._window)
            except ValueError as error:
                if len(self._window) > LARGEST_EVENT or not self._grow():
                    raise self._broken(f"event {number} is not JSON: {error}") from None
                continue
            text, self._window = self._window[:end], self._window[end:]
            return _on_one_line(text)

    def _fill(self) -> None:
        self._window = self._window.lstrip(_BLANKS)
        while not self._window:
            if not self._grow():
                raise self._broken("it ends before its closing bracket")
            self._window = self._window.lstrip(_BLANKS)

    def _grow(self) -> bool:
        part = self._file.more()
        self._window += self._decoded(part)
        return bool(part)

    def _decoded(self, part: bytes) -> str:
        try:
            return self._decode.decode(part)
        except UnicodeDecodeError:
            raise self._broken("it is not UTF-8") from None

    def _broken(self, why: str) -> CommandError:
        return CommandError(f"{self._file.name} is a JSON array that cannot be read: {why}")


def item(number: int, text: bytes) -> Item:
    """Only the type is looked at: the intake judges the rest, and its answer is the one that counts."""
    try:
        event = json.loads(text)
    except ValueError as error:
        return Item(number, text, None, f"not JSON: {error}")
    if not isinstance(event, dict):
        return Item(number, text, None, "an event is a JSON object")
    name = event.get("type")
    if not isinstance(name, str):
        return Item(number, text, None, "an event has a type, such as pathways.hired.v1")
    return Item(number, text, name)


def _is_whole(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _on_one_line(text: str) -> bytes:
    """JSON has line breaks only between its tokens."""
    return text.replace("\r", " ").replace("\n", " ").strip().encode()

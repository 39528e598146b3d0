"""What every command prints, the same way: results on stdout, everything else on stderr, exit 0, 1 or 2."""

from __future__ import annotations

import codecs
import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, NoReturn, TextIO

import structlog
import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from shared.process.control_characters import EscapingStream, escaped_lines, unfiltered

DONE, FOUND_SOMETHING, COULD_NOT_RUN = 0, 1, 2

QUIET_S = 1.0
"""Nothing is shown of what takes less."""

PLAIN_EVERY_S = 5.0
"""Without a terminal, one line at most this often."""

_WIDE = 120


class CommandError(Exception):
    """Why a command could not run, in one or two lines that say what to do."""


def give_up(message: str) -> NoReturn:
    raise CommandError(message)


def confirm(question: str) -> None:
    """Somebody at a terminal says yes. Raise CommandError where nobody is there, Exit where the answer is no."""
    if not sys.stdin.isatty():
        give_up("nobody can be asked here: say --yes")
    if not typer.confirm(question, err=True):
        say("parcours: nothing was done")
        raise typer.Exit(COULD_NOT_RUN)


def show_any_text() -> None:
    """A terminal that is not UTF-8 gets question marks for what it cannot show, never an error in the middle; and none is
    steered by a text that somebody recorded."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):  # tests put others in their place
            stream.reconfigure(errors="replace")
            setattr(sys, name, EscapingStream(stream))


class _Screen(Console):
    """What is printed in colours or in a table is escaped piece by piece; colours are its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else escaped_lines(text), style, control)


def _escapes() -> bool:
    """Whether JSON is printed in ASCII: for machines nothing may be replaced, and every reader knows the escapes."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return codecs.lookup(encoding).name != "utf-8"


def screen() -> Console:
    """Standard output for people: words are printed as they are, and tables without a terminal are wide enough."""
    stream = unfiltered(sys.stdout)
    console = _Screen(file=stream, highlight=False, markup=False)
    return console if console.is_terminal else _Screen(file=stream, highlight=False, markup=False, width=_WIDE)


@dataclass
class _Saying:
    """How this process says what is going on."""

    as_log_lines: bool = False


_saying = _Saying()


def say_as_log_lines() -> None:
    """From now on: a process whose log is for machines writes nothing else to stderr, its last words included."""
    _saying.as_log_lines = True


def say(text: str, level: int = logging.INFO) -> None:
    """A line about what is going on, not part of the result."""
    if _saying.as_log_lines:
        structlog.get_logger("parcours").log(level, text)
    else:
        print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """One document, for `--json`."""
    print(json.dumps(value, ensure_ascii=_escapes(), indent=2, default=str), flush=True)


def print_line(value: Any) -> None:
    """One line of a stream of documents, for `--json`."""
    print(json.dumps(value, ensure_ascii=_escapes(), separators=(",", ":"), default=str), flush=True)


class ProgressLine:
    """How far something long has come: count, rate and time left, on stderr once it has taken a second.

    On a terminal one line that is rewritten; elsewhere a new line every five seconds.
    """

    def __init__(self, label: str, unit: str, stream: TextIO) -> None:
        self._label, self._unit, self._stream = label, unit, stream
        self._started = self._shown = monotonic()
        self._live = stream.isatty()
        self._every = 0.1 if self._live else PLAIN_EVERY_S
        self._written = False

    def at(self, count: int, share: float | None = None) -> None:
        """`count` are done; `share` of everything (0 to 1), where it is known."""
        now = monotonic()
        wait = QUIET_S if self._live and not self._written else 0.0
        if now - self._started < wait or now - self._shown < self._every:
            return
        self._shown = now
        self._write(self._line(count, share, now - self._started))

    def of(self, done: int, total: int) -> None:
        """As a `Progress` is told; a `total` of 0: not known."""
        self.at(done, done / total if total else None)

    def _line(self, count: int, share: float | None, seconds: float) -> str:
        line = f"{self._label}: {count:,} {self._unit}, {count / seconds:,.0f}/s"
        if share:
            line += f", {share:.0%}, {duration(seconds * (1 - share) / share)} left"
        return line

    def _write(self, line: str) -> None:
        self._written = True
        if self._live:
            self._stream.write(f"\r\x1b[2K{line[: Console(file=self._stream).width - 1]}")
            self._stream.flush()
        else:
            print(line, file=self._stream, flush=True)

    def close(self) -> None:
        if self._live and self._written:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


@contextmanager
def progress(label: str, unit: str = "events") -> Iterator[ProgressLine]:
    shown = ProgressLine(label, unit, unfiltered(sys.stderr))
    try:
        yield shown
    finally:
        shown.close()


def duration(seconds: float) -> str:
    """`40 s`, `3 min`, `2 h 05 min`, `3 days`."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60:02} min" if hours < 48 else f"{hours // 24} days"

"""Log lines: on stderr, for people, or one JSON object a line; those of libraries among them.

A line has `event`, `level`, `timestamp` (UTC) and fields; while a request is answered `request_id`, and of an error its
traceback in `exception`. What repeats itself while something is away is told once (`repeated_lines`), and nothing that is
secret or about a person is told at all (`private_text`).
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any

import structlog

from shared.process.control_characters import escaped_lines, unfiltered
from shared.process.current_request import request_id
from shared.process.private_text import masked, masked_value, traceback_of
from shared.process.repeated_lines import RepeatedLines
from shared.process.settings import Settings

Line = MutableMapping[str, Any]


class _Lines:
    """Writes to whatever stderr is now. Where nobody reads it any more the line is lost, and the work goes on."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            # One write: two threads that log at once do not share a line.
            stream = unfiltered(sys.stderr)  # colours pass; what is quoted is escaped (`_without_secrets`)
            stream.write(f"{message}\n")
            stream.flush()

    debug = info = warning = warn = error = critical = fatal = exception = log = msg


class _Handler(logging.Handler):
    """What libraries log, through the same formatter; written as our own lines are."""

    def __init__(self, repeated: RepeatedLines, shows_all: bool) -> None:
        super().__init__()
        self._repeated = repeated
        self._shows_all = shows_all
        self._lines = _Lines()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            told = {"event": record.getMessage(), "logger": record.name}
            if self._shows_all or not self._repeated.is_repeated(told):
                self._lines.msg(self.format(record))
        except Exception as error:  # a line that cannot be formatted is no reason to stop
            structlog.get_logger(__name__).warning("line_lost", logger=record.name, error=repr(error))


def log_to_stderr(settings: Settings | None = None) -> None:
    """As the settings say; without them, for a command that soon ends, warnings and worse."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()] if settings else logging.WARNING
    is_json = settings is not None and settings.log_json
    repeated = RepeatedLines(_tell_over)
    shows_all = level <= logging.DEBUG
    rendered = _json if is_json else _text()
    shared: list[structlog.typing.Processor] = [
        _with_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    end: list[structlog.typing.Processor] = [_with_traceback, _without_secrets, rendered]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *shared,
            *([] if shows_all else [_left_out(repeated)]),
            *end,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=False,  # configured again by commands that run long
    )
    handler = _Handler(repeated, shows_all)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end],
            use_get_message=True,
        )
    )
    # That Kafka's client was slow for a tenth of a second is nothing anybody can act upon; and a command that soon ends
    # says itself what Kafka did not answer, in its own words.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    logging.getLogger("kafka").setLevel(logging.CRITICAL if settings is None else logging.NOTSET)
    root = logging.getLogger()
    # Nothing below a warning of a library helps anybody here.
    root.setLevel(max(level, logging.WARNING))
    for other in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(other)
    root.addHandler(handler)
    logging.captureWarnings(True)
    if settings is not None:
        threading.excepthook = _thread_failed
        sys.excepthook = _process_failed


def _with_request_id(_: Any, __: str, line: Line) -> Line:
    found = request_id()
    if found is not None:
        line.setdefault("request_id", found)
    return line


def _left_out(repeated: RepeatedLines) -> structlog.typing.Processor:
    def leave_out(_: Any, __: str, line: Line) -> Line:
        if repeated.is_repeated(line):
            raise structlog.DropEvent
        return line

    return leave_out


def _tell_over(event: str, fields: Mapping[str, Any]) -> None:
    structlog.get_logger(__name__).warning(event, **fields)


def _with_traceback(_: Any, __: str, line: Line) -> Line:
    """`exc_info`, whatever form it has, as the text of its traceback."""
    given = line.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line["exception"] = traceback_of(error)
    return line


def _without_secrets(_: Any, __: str, line: Line) -> Line:
    """Nor anything that breaks the line, or steers whatever shows it."""
    for name, value in line.items():
        line[name] = escaped_lines(masked(value)) if name == "exception" else masked_value(value)
    return line


_json = structlog.processors.JSONRenderer(ensure_ascii=False)


def _text() -> structlog.typing.Processor:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        name = None if failed.thread is None else failed.thread.name
        structlog.get_logger(__name__).error("thread_failed", thread=name, exc_info=failed.exc_value)


def _process_failed(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    structlog.get_logger(__name__).critical("process_failed", exc_info=error)

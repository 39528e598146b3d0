"""Log lines: on stderr, for people, or one JSON object a line."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress

import structlog

from shared.process.settings import Settings


class _Lines:
    """Writes to whatever stderr is now. Where nobody reads it any more the line is lost, and the work goes on."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):
            print(message, file=sys.stderr, flush=True)

    debug = info = warning = warn = error = critical = fatal = exception = log = msg


def log_to_stderr(settings: Settings | None = None) -> None:
    """As the settings say; without them, for a command that soon ends, warnings and worse."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()] if settings else logging.WARNING
    is_json = settings is not None and settings.log_json
    plain = structlog.dev.plain_traceback
    as_text = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if is_json else []),
            structlog.processors.JSONRenderer() if is_json else as_text,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(),
        cache_logger_on_first_use=False,  # configured again by commands that run long
    )
    # Libraries log through the standard module: nothing below a warning of theirs helps anybody here.
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )

"""How the loop of a reader goes on after a failure: always. It says what it waits for, and tries again."""

from __future__ import annotations

import structlog

from shared.feeds.feed import Feed
from shared.histories.history import LogDivergedError
from shared.histories.places import PlaceMovedError
from shared.process.private_text import told
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

BACK_OFF_S = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Waits after failures in a row. Short at first: a place that another process moved is known after one reading. Two
seconds at most: a database that comes back is used again at once, and asking so often does it no harm."""


def back_off_s(failures: int) -> float:
    """How long to wait after so many failures in a row."""
    return BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]


def problem_of(error: Exception, feed: Feed, role: str) -> str:
    """What to say of it, of the loop that is called so; it is logged, and the feed learns of what it must look at itself.

    Anything may fail: a reader shares its process with what takes in facts, which must go on.
    """
    if isinstance(error, UnavailableError):
        problem = error.told
    elif isinstance(error, PlaceMovedError | LogDivergedError):
        problem = str(error)
    else:
        problem = told(error)
        log.error("reader_failed", role=role, reason=problem, exc_info=error)
        return problem
    if isinstance(error, LogDivergedError):
        feed.doubt(error.service, error.sequences)
    log.warning("reader_waits", role=role, reason=problem)
    return problem

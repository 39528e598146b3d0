"""Single functions in fresh processes of their own, as production sets a process up."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from traceback import format_exc
from typing import Any, Generic, TypeVar

from benchmarks.figures import CheckFailedError
from benchmarks.peaks import Watched, peak_of
from shared.process.collector import collect_seldom
from shared.process.logs import log_to_stderr
from shared.process.parent import end_with_parent
from shared.process.settings import Settings

T = TypeVar("T")


class ChildError(Exception):
    """A function failed in its child; the message is the child's traceback."""


@dataclass(frozen=True, slots=True)
class Measured(Generic[T]):
    """`peak_mb`: of the child, or of the largest process that it started."""

    result: T
    peak_mb: float


def in_child(function: Callable[..., T], *args: Any) -> T:
    """What the function gives in a fresh process of its own. Raise ChildError, and CheckFailedError as it does."""
    return measured_in_child(function, *args).result


def measured_in_child(function: Callable[..., T], *args: Any) -> Measured[T]:
    """What the function gives in a fresh process of its own, and the most memory that it took. Raise as `in_child`."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(sender, function, args))
    child.start()
    sender.close()
    with Watched(child.pid or 0) as watched:
        try:
            outcome, found, peak_mb = receiver.recv()
        except EOFError:
            child.join()
            raise ChildError(f"{function.__name__} ended with {child.exitcode} and gave nothing") from None
    child.join()
    if outcome == "unfit":
        raise CheckFailedError(found)
    if outcome == "failed":
        raise ChildError(f"{function.__name__}:\n{found}")
    return Measured(found, max(peak_mb, watched.largest))


def _run(sender: Connection, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    end_with_parent()
    quiet()
    as_in_production()
    try:
        outcome: tuple[str, Any] = ("done", function(*args))
    except CheckFailedError as error:
        outcome = ("unfit", str(error))
    except Exception:
        outcome = ("failed", format_exc())
    sender.send((*outcome, peak_of(os.getpid())))


def quiet() -> None:
    """Errors only. On a busy machine Kafka's client complains of its own slowness."""
    log_to_stderr(Settings(log_level="error"))
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def as_in_production() -> None:
    """The collector as every process of ours sets it."""
    gc.collect()
    gc.freeze()
    collect_seldom()

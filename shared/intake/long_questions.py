"""Questions about long subjects: one at a time, in a thread of their own.

To load 25,000 facts takes a second of processor time and 50 MB. In the few threads that answer, several at once would take
all of these, each slowed down by the others, and none would be answered in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, ContextVar, copy_context
from typing import TypeVar

from shared.log.streams import LONG_FACTS
from shared.process.unavailable import UnavailableError
from shared.web.fair_turns import FairTurns

PATIENCE_S = 10.0
"""With the wait for those before; whoever waited longer is told to come again."""

T = TypeVar("T")

_IN_COMPANY: ContextVar[bool] = ContextVar("parcours_question_in_company", default=False)
"""Whether others wait for the thread in which this runs."""


class TakesLongError(Exception):
    """The question is about more facts than one may be that others wait for."""


def is_in_company() -> bool:
    """Whether others wait for the thread in which this runs."""
    return _IN_COMPANY.get()


def most_at_once() -> int | None:
    """How many facts to ask for, at most: enough to see that they are too many. None: all."""
    return LONG_FACTS + 1 if _IN_COMPANY.get() else None


def check_short(facts: int) -> None:
    """Raise TakesLongError, before they are decoded and settled. Nothing may have been done by then: it is asked again."""
    if _IN_COMPANY.get() and facts > LONG_FACTS:
        raise TakesLongError


def in_company() -> Context:
    """The context of a question in a thread for which others wait."""
    context = copy_context()
    context.run(_IN_COMPANY.set, True)
    return context


class LongQuestions:
    """Of one service, asked on its event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "long questions")
        self._turns = FairTurns(1)

    async def ask(self, who: str, question: Callable[[], T]) -> T:
        """`who`: those who wait take turns by it. Raise UnavailableError."""
        try:
            return await asyncio.wait_for(self._in_turn(who, question), PATIENCE_S)
        except TimeoutError:
            raise UnavailableError(reason="overloaded") from None

    async def _in_turn(self, who: str, question: Callable[[], T]) -> T:
        async with self._turns.turn(who):
            return await asyncio.get_running_loop().run_in_executor(self._thread, copy_context().run, question)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

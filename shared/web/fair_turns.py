"""Turns at what only few may use at once, so that nobody who asks much, or for what takes long, keeps the others waiting."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairTurns:
    """So many at once, of one name no more than half of them; names that wait take turns. Used on one event loop."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._of_one = max(at_once // 2, 1)
        self._having: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """By name, in the order of their turns."""

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Once it is its turn. Whoever gives up waiting loses nobody else's."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(name, deque()).append(turn)
        self._give()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(name, turn)
            else:  # it came while its name was giving up
                self._end(name)
            raise
        try:
            yield
        finally:
            self._end(name)

    def _end(self, name: str) -> None:
        self._having[name] -= 1
        if not self._having[name]:
            del self._having[name]
        self._give()

    def _forget(self, name: str, turn: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(name)
        if waiting is not None and turn in waiting:
            waiting.remove(turn)
            if not waiting:
                del self._waiting[name]

    def _give(self) -> None:
        while self._having.total() < self._at_once:
            name = next((name for name in self._waiting if self._having[name] < self._of_one), None)
            if name is None:
                return
            waiting = self._waiting[name]
            turn = waiting.popleft()
            if waiting:
                self._waiting.move_to_end(name)
            else:
                del self._waiting[name]
            if not turn.done():
                self._having[name] += 1
                turn.set_result(None)

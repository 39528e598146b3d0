"""The role of a service that answers HTTP: a step each second on the event loop that answers everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from shared.roles.presence import BEAT_EVERY_S, Pulse


class Serving:
    """`check` is the service's own readiness. An event loop that hangs steps no more, and looks stuck."""

    def __init__(self, check: Callable[[], Awaitable[str | None]], pulse: Pulse) -> None:
        self._check = check
        self._pulse = pulse

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        # A thread of its own: a database that keeps silent would else hold one of those that answer questions.
        writer = ThreadPoolExecutor(1, "heartbeat")
        try:
            while True:
                problem = await self._check()
                await loop.run_in_executor(writer, self._pulse.beat, None, problem)
                await asyncio.sleep(BEAT_EVERY_S)
        finally:
            writer.shutdown(wait=False, cancel_futures=True)

"""The role of a service that answers HTTP: a step each second on the event loop that answers everybody else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import structlog

from shared.roles.presence import BEAT_EVERY_S, Pulse
from shared.roles.verdict import WARNING

log = structlog.get_logger(__name__)

_VARYING = re.compile(r'"[^"]*"|\d+')


class Serving:
    """`check` is the service's own readiness, `warning` what to know of it though it is ready. An event loop that hangs
    steps no more, and looks stuck."""

    def __init__(
        self,
        service: str,
        check: Callable[[], Awaitable[str | None]],
        pulse: Pulse,
        warning: Callable[[], str | None] = lambda: None,
        every_s: float = BEAT_EVERY_S,
    ) -> None:
        self._service = service
        self._check = check
        self._pulse = pulse
        self._warning = warning
        self._every_s = every_s
        self._reason: str | None = None
        self._since = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        # A thread of its own: a database that keeps silent would else hold one of those that answer questions.
        writer = ThreadPoolExecutor(1, "heartbeat")
        try:
            while True:
                problem = await self._problem()
                self._tell(problem)
                warning = self._warning()
                said = None if warning is None else {WARNING: warning}
                await loop.run_in_executor(writer, self._pulse.beat, said, problem)
                await asyncio.sleep(self._every_s)
        finally:
            writer.shutdown(wait=False, cancel_futures=True)

    async def _problem(self) -> str | None:
        try:
            return await self._check()
        except Exception as error:  # a bug in a check must not end the heartbeats of a service that answers
            return f"{type(error).__name__}: {error}"

    def _tell(self, reason: str | None) -> None:
        """Once when it begins or becomes another one, and once when it is over: senders see each 503, operators the log."""
        if _kind_of(reason) == _kind_of(self._reason):
            return
        if reason is not None:
            log.warning("not_ready", service=self._service, reason=reason)
            self._since = self._since if self._reason is not None else monotonic()
        else:
            log.info("ready_again", service=self._service, seconds=round(monotonic() - self._since, 1))
        self._reason = reason


def _kind_of(reason: str | None) -> str | None:
    """Without what changes while it lasts: instants, ages, the file that could not be written this time."""
    return None if reason is None else _VARYING.sub("", reason)

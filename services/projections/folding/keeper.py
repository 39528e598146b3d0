"""A projector that works while the read model is of its recipe, and stands still, saying why, while it is not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import structlog

from services.projections.database import Database
from services.projections.folding.projector import Projector
from services.projections.read_sets.promoting import usable
from services.projections.read_sets.recipe import Recipe, StoppedError
from shared.process.unavailable import UnavailableError
from shared.roles.presence import STARTING, Pulse

log = structlog.get_logger(__name__)

LOOK_AGAIN_S = 5.0
"""How often a projector that stands still looks whether the read model is of its recipe again."""


class Keeper:
    """What a process runs. `projector` opens a projector and its feed, and closes them when they are left.

    Where newer code has promoted its rows, or the settings are other ones, the process neither ends, since a supervisor
    would only start it again, nor makes rows of its own. It leaves the feed, so that others get its partitions, and
    waits: it is not ready, and its check says what to do.
    """

    def __init__(
        self,
        database: Database,
        recipe: Recipe,
        projector: Callable[[], AbstractContextManager[Projector]],
        look_again_s: float = LOOK_AGAIN_S,
        pulse: Pulse | None = None,
    ) -> None:
        self._database = database
        self._recipe = recipe
        self._open = projector
        self._look_again_s = look_again_s
        self._pulse = pulse or Pulse()
        self._running: Projector | None = None
        self._stopped: str | None = STARTING

    async def check(self) -> str | None:
        """What keeps it from going on; None when all is well."""
        if self._stopped is not None or self._running is None:
            return self._pulse.said or self._stopped
        return self._running.problem

    def run(self, stop: threading.Event) -> None:
        self._pulse.beat(
            problem=self._stopped
        )  # before anything is read: it may have been paused before it was started
        while not stop.is_set():
            if self._pulse.pause is not None:
                self._pulse.rest(stop)
                continue
            self._stopped = self._stopped or STARTING
            try:
                self._look()
                self._run(stop)
            except UnavailableError as error:
                self._stopped = error.told
            except StoppedError as refusal:
                if self._stopped != str(refusal):
                    log.error("projector_stopped", reason=str(refusal))
                self._stopped = str(refusal)
            self._pulse.beat(problem=self._stopped)
            if self._pulse.pause is None:
                stop.wait(self._look_again_s)

    def _look(self) -> None:
        """Before the feed is opened: one that may not write takes no partition from those that may."""
        with self._database.connection() as connection:
            usable(connection, self._recipe)

    def _run(self, stop: threading.Event) -> None:
        with self._open() as projector:
            self._running, self._stopped = projector, None
            try:
                projector.run(stop)
            finally:
                self._running = None

"""A projector that has its rows verified now and then, in a thread beside it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from parcours import parts
from parcours.background_threads import Work
from parcours.verification import verify_in_background
from services.projections.database import Database
from services.projections.read_sets.recipe import Recipe
from services.projections.verifying.schedule import Schedule
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.roles.presence import Pulse

LEFT_BEHIND_S = 2.0
"""How long the end of a verification that is under way is waited for."""


@contextmanager
def verifying_projector(
    settings: Settings, metrics: Metrics, recipe: Recipe, pulse: Pulse | None = None
) -> Iterator[Work]:
    with parts.projector(settings, metrics, recipe, pulse) as projector:
        if not settings.verify_every_hours:
            yield projector
            return
        database = Database(settings.database_url_of("projections"))
        every = timedelta(hours=settings.verify_every_hours)
        schedule = Schedule(database, every, partial(verify_in_background, settings))
        try:
            yield _Beside(projector, schedule)
        finally:
            database.close()


@dataclass(frozen=True, slots=True)
class _Beside:
    """It is as ready as the projector is: a verification keeps nobody from anything."""

    projector: Work
    schedule: Schedule

    def run(self, stop: threading.Event) -> None:
        ended = threading.Event()
        # A daemon, left behind where it does not end at once: a statement over a large table may take seconds, it only
        # reads, and whoever stops the process is promised that it ends in time.
        thread = threading.Thread(target=self.schedule.run, args=(ended,), name="verifying", daemon=True)
        thread.start()
        try:
            self.projector.run(stop)
        finally:
            ended.set()
            thread.join(LEFT_BEHIND_S)

    async def check(self) -> str | None:
        return await self.projector.check()

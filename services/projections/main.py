"""The projections service, put together: the query API, and the projector that keeps its tables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.folding.folder import Folder
from services.projections.folding.keeper import Keeper
from services.projections.folding.projector import Projector
from services.projections.folding.waiting import workers_beside
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.promoting import usable
from services.projections.read_sets.recipe import ReadSetError, Recipe
from shared.feeds.feed import Feed
from shared.log.forgotten import Forgotten
from shared.log.ledger import Ledger
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.process.unavailable import UnavailableError
from shared.rights.persons import Persons
from shared.roles.presence import Pulse
from shared.web.callers import Callers

if TYPE_CHECKING:
    from fastapi import FastAPI

    from services.projections.api.erasures_applied import ErasuresApplied

NAME = "projections"


@dataclass(frozen=True, slots=True)
class QueryService:
    """Answers from what projectors keep; it keeps nothing itself."""

    database: Database
    app: FastAPI
    recipe: Recipe
    erasures: ErasuresApplied
    _was_current: Event = field(default_factory=Event)
    """Set once the read model was seen to be of the same recipe."""

    def start(self) -> None:
        self.database.create()
        # Looked at now: else it would hang on whether somebody asked for readiness before newer code promoted its rows.
        with suppress(ReadSetError, UnavailableError):
            self._look()

    def stop(self) -> None:
        self.database.close()

    async def check(self) -> str | None:
        """Not ready before it has seen a read model of its own recipe: what it started too late for, it does not serve.

        Afterwards it goes on answering when newer code promotes its rows: it only reads, and those who have the newer
        code may not have started yet.
        """
        try:
            await asyncio.to_thread(self._look)
            return await asyncio.to_thread(self.erasures.missing)
        except UnavailableError:
            return "database unreachable"
        except ReadSetError as refusal:
            return str(refusal)

    def pool_stats(self) -> dict[str, int]:
        return self.database.pool_stats()

    def warning(self) -> str | None:
        return None

    def _look(self) -> None:
        with self.database.connection() as connection:
            read_sets_table.current(connection)
            if not self._was_current.is_set():
                usable(connection, self.recipe)
                self._was_current.set()


def create(settings: Settings, database_url: str, callers: Callers, feed: str) -> QueryService:
    """`feed`: `kafka` or `store`, whose places say what has been applied."""
    # The models of every answer are loaded by who answers, not by a projector.
    from services.projections.api.app import add_routes  # noqa: PLC0415
    from services.projections.api.currency import LooksAtLogs  # noqa: PLC0415
    from services.projections.api.erasures_applied import AfterErasures, ErasuresApplied  # noqa: PLC0415
    from services.projections.api.snapshots import Snapshots  # noqa: PLC0415
    from services.projections.suite_status import look_at_suite  # noqa: PLC0415
    from shared.web.serving import service_app  # noqa: PLC0415

    database = Database(database_url, statement_s=settings.query_timeout_s)
    app = service_app(NAME, "parcours: pathways across structures and inside groups")
    add_routes(
        app,
        Snapshots(database, CATALOGUE, settings, callers, feed, LooksAtLogs(settings), cap_scope=settings.ai_cap_scope),
        lambda: look_at_suite(settings),
    )
    ledger = None if settings.erasure_ledger is None else Ledger(settings.erasure_ledger)
    erasures = ErasuresApplied(database, Forgotten(ledger))
    app.add_middleware(AfterErasures, applied=erasures)
    return QueryService(database, app, Recipe.of(settings), erasures)


def create_persons(settings: Settings, database_url: str, feed: str) -> Persons:
    """For services that hold no facts: whose words a caller may see about whom."""
    from services.projections.api.currency import LooksAtLogs  # noqa: PLC0415
    from services.projections.api.persons_seen import PersonsSeen  # noqa: PLC0415

    return PersonsSeen(Database(database_url, statement_s=settings.query_timeout_s), feed, LooksAtLogs(settings))


def create_projector(
    settings: Settings,
    database: Database,
    feed: Feed,
    metrics: Metrics,
    recipe: Recipe | None = None,
    pulse: Pulse | None = None,
    daily: Callable[[], None] = lambda: None,
) -> Projector:
    """A projector on a database whose current read set is of this recipe (`building.ensure_current`). `daily`: called
    between two deliveries."""
    recipe = recipe or Recipe.of(settings)
    folder = Folder(CATALOGUE, recipe)
    return Projector(
        database,
        folder,
        feed,
        recipe,
        metrics,
        cache_facts=settings.projection_cache_facts,
        daily=daily,
        beside=lambda: workers_beside(database.url, recipe),
        pulse=pulse,
    )


def create_keeper(
    settings: Settings,
    database: Database,
    feed: Callable[[], AbstractContextManager[Feed]],
    metrics: Metrics,
    recipe: Recipe,
    pulse: Pulse | None = None,
    daily: Callable[[], None] = lambda: None,
) -> Keeper:
    """A projector that stands still while the current read set is not of this recipe; only then the feed is closed."""

    @contextmanager
    def projector() -> Iterator[Projector]:
        with feed() as opened:
            yield create_projector(settings, database, opened, metrics, recipe, pulse, daily)

    return Keeper(database, recipe, projector, pulse=pulse)

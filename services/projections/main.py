"""The projections service, put together: the query API, and the projector that keeps its tables."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import FastAPI

from services.projections.api.app import add_routes
from services.projections.api.snapshot import Reading
from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.folding.fold import Folder
from services.projections.folding.project import code_hash
from services.projections.folding.projector import Projector
from shared.feeds.feed import Feed
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.process.unavailable import UnavailableError
from shared.web.callers import Callers
from shared.web.serving import service_app

NAME = "projections"


@dataclass(frozen=True, slots=True)
class QueryService:
    """Answers from what projectors keep; it keeps nothing itself."""

    database: Database
    app: FastAPI

    def start(self) -> None:
        self.database.create()

    def stop(self) -> None:
        self.database.close()

    async def check(self) -> str | None:
        try:
            await asyncio.to_thread(self._look)
        except UnavailableError:
            return "database unreachable"
        return None

    def _look(self) -> None:
        with self.database.connection() as connection:
            connection.execute("SELECT 1 FROM projections.places LIMIT 1")


def create(settings: Settings, database_url: str, callers: Callers, feed: str) -> QueryService:
    """`feed`: `kafka` or `store`, whose places say what has been applied."""
    database = Database(database_url)
    app = service_app(NAME, "parcours: pathways across structures and inside groups")
    add_routes(app, Reading(database, CATALOGUE, settings, callers, feed))
    return QueryService(database, app)


def create_projector(settings: Settings, database: Database, feed: Feed, metrics: Metrics) -> Projector:
    """A projector on a database whose current read set is of this code (`operations.ensure_current`)."""
    return Projector(
        database,
        Folder(CATALOGUE, settings),
        feed,
        code_hash(settings),
        metrics,
        cache_facts=settings.projection_cache_facts,
    )

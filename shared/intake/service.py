"""A write service put together: store, writer and routes, ready to be started and served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, FastAPI

from shared.callers import Callers
from shared.deciding import Decide
from shared.facts import Catalogue
from shared.intake.contract import describe_intake
from shared.intake.http import intake_routes
from shared.intake.intake import Intake
from shared.intake.writer import Writer
from shared.metrics import Metrics
from shared.problems import UnavailableError
from shared.serving import service_app
from shared.store import FactStore


@dataclass(frozen=True, slots=True)
class WriteService:
    """One service that records facts. `start` makes its schema and starts its writer; `stop` finishes what waits."""

    name: str
    store: FactStore
    writer: Writer
    app: FastAPI
    create_more: Callable[[], None]

    def start(self) -> None:
        self.store.create()
        self.create_more()
        self.writer.start()

    def stop(self) -> None:
        self.writer.stop()
        self.store.close()

    async def check(self) -> str | None:
        try:
            await self.store.ask(self.store.last_sequence)
        except UnavailableError:
            return "database unreachable"
        return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a service is given by the process it runs in."""

    database_url: str
    callers: Callers
    metrics: Metrics
    group_wait_s: float = 0.002
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """What a service has beside the generic intake: its own routes, and the tables they need."""

    routes: APIRouter
    create: Callable[[], None]


def write_service(
    name: str,
    title: str,
    catalogue: Catalogue,
    decide: Decide,
    around: Surroundings,
    more: Callable[[FactStore], Part] | None = None,
) -> WriteService:
    """The generic intake of a service, with the routes of its own `api.py` beside it."""
    store = FactStore(around.database_url, name)
    writer = Writer(store, catalogue, decide, around.metrics, clock=around.clock, group_wait_s=around.group_wait_s)
    app = service_app(name, title)
    app.include_router(
        intake_routes(Intake(name, catalogue, store, writer, around.callers, around.metrics, around.clock))
    )
    part = more(store) if more else Part(APIRouter(), lambda: None)
    app.include_router(part.routes)
    _describe(app, name, catalogue)
    return WriteService(name, store, writer, app, part.create)


def _describe(app: FastAPI, name: str, catalogue: Catalogue) -> None:
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe_intake(plain(), name, catalogue)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

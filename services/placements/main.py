"""The placements service, put together: intake, answers, and what it records by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from services.placements.api import PlacementsAnswering, placements_routes
from services.placements.decisions import decide
from services.placements.facts import CATALOGUE
from services.placements.model.windows import Scope
from services.placements.outside import CONSUMED, SERVICES, Outside
from services.placements.reacting import cap_policy
from shared.feeds.feed import Feed
from shared.histories.database import HistoryDatabase
from shared.histories.places import applied
from shared.intake.intake import Intake
from shared.intake.write_service import Part, Surroundings, WriteService, write_service
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.reacting.actor import Actor
from shared.reacting.reconciler import Knowledge, Reconciler, reader_database

NAME = "placements"
READS = (*SERVICES, NAME)
"""Services whose facts make it look at a person again; its own among them."""


def create(around: Surroundings, scope: Scope = "structure", feed: str = "store") -> WriteService:
    """`feed`: `kafka` or `store`, whose places say what of structures has been acted upon."""
    reading = reader_database(around.database_url, NAME)
    outside = Outside(Knowledge(reading, CONSUMED), scope)

    def acted_upon() -> dict[str, int]:
        with reading.connection() as connection:
            return applied(connection, feed, READS)

    def part(intake: Intake) -> Part:
        routes = placements_routes(PlacementsAnswering(intake, acted_upon, outside, scope))
        return Part(routes, reading.create, reading.close, acted_upon)

    return write_service(
        NAME, "parcours: placements and hours", CATALOGUE, decide, around, part, prepare=outside.prepare
    )


def create_reconciler(
    database_url: str,
    scope: Scope,
    make_feed: Callable[[HistoryDatabase], Feed],
    stack: ExitStack,
    metrics: Metrics | None = None,
) -> Reconciler:
    """Says when hours come near the cap or pass it, as facts come; `make_feed`: of the services in READS."""
    database = reader_database(database_url, NAME)
    stack.callback(database.close)
    store = FactStore(database_url, NAME)
    stack.callback(store.close)
    store.create()
    database.create()
    feed = make_feed(database)
    stack.callback(feed.close)
    actor = Actor(store, CATALOGUE)
    return Reconciler(store, database, feed, Knowledge(database, CONSUMED), actor, cap_policy(scope), metrics=metrics)

"""The agrement service, put together: intake, answers, and what it records by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date

from services.agrement.api import AgrementAnswering, agrement_routes
from services.agrement.decisions import decide
from services.agrement.effects.reacting import deadlines_of, hire_policy, notices_of
from services.agrement.facts import CATALOGUE
from services.agrement.model.file import Counting
from services.agrement.outside import CONSUMED, SERVICES, Outside
from shared.feeds.feed import Feed
from shared.histories.database import HistoryDatabase
from shared.histories.places import applied
from shared.intake.intake import Intake
from shared.intake.write_service import Part, Surroundings, WriteService, write_service
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.reacting.actor import Actor
from shared.reacting.clock import Clock
from shared.reacting.reconciler import Knowledge, Reconciler, reader_database

NAME = "agrement"
READS = (*SERVICES, NAME)
"""Services whose facts make it look at a person again; its own among them."""


def create(
    around: Surroundings, prefix: str = "XXXXX", counting: Counting = "reference", feed: str = "store"
) -> WriteService:
    """`feed`: `kafka` or `store`, whose places say what of other services has been acted upon."""
    reading = reader_database(around.database_url, NAME)
    knowledge = Knowledge(reading, CONSUMED)
    store_of_numbers = FactStore(around.database_url, NAME)
    outside = Outside(store_of_numbers, knowledge, prefix, counting)

    def acted_upon() -> dict[str, int]:
        with reading.connection() as connection:
            return applied(connection, feed, READS)

    def close() -> None:
        store_of_numbers.close()
        reading.close()

    def part(intake: Intake) -> Part:
        return Part(
            agrement_routes(AgrementAnswering(intake, acted_upon, outside, counting)),
            reading.create,
            close,
            acted_upon,
        )

    return write_service(
        NAME,
        "parcours: agrement, the right to work in IAE",
        CATALOGUE,
        decide,
        around,
        part,
        prepare=outside.prepare,
        deadlines_of=deadlines_of(counting),
    )


def create_reconciler(
    database_url: str,
    counting: Counting,
    make_feed: Callable[[HistoryDatabase], Feed],
    stack: ExitStack,
    metrics: Metrics | None = None,
) -> Reconciler:
    """Links hires and lifts suspensions as pathways' facts come; `make_feed`: of the services in READS."""
    database = _opened(reader_database(database_url, NAME), stack)
    store = FactStore(database_url, NAME)
    stack.callback(store.close)
    store.create()
    database.create()
    feed = make_feed(database)
    stack.callback(feed.close)
    actor = Actor(store, CATALOGUE, deadlines_of(counting))
    return Reconciler(
        store, database, feed, Knowledge(database, CONSUMED), actor, hire_policy(counting), metrics=metrics
    )


def create_clock(database_url: str, counting: Counting, today: Callable[[], date], stack: ExitStack) -> Clock:
    store = FactStore(database_url, NAME)
    stack.callback(store.close)
    store.create()
    return Clock(store, Actor(store, CATALOGUE, deadlines_of(counting)), notices_of(counting), today)


def _opened(database: HistoryDatabase, stack: ExitStack) -> HistoryDatabase:
    stack.callback(database.close)
    return database

"""A whole suite at rest: some people of a group in the stores, read by everybody who reads them. For tests that change one
thing in a copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date

from services.agrement import main as agrement
from services.pathways import main as pathways
from services.placements import main as placements
from services.projections.catalogue import SERVICES
from services.projections.database import Database
from services.projections.main import create_projector
from services.projections.read_sets.building import ensure_current
from services.projections.read_sets.recipe import Recipe
from shared.feeds.store_feed import StoreFeed
from shared.histories.database import HistoryDatabase
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from tests.parts import postgres
from tests.services.agrement.suite import settled
from tests.services.recorded_log import RecordedLog, load, recorded_log

ONE_OF = 6
"""Of so many persons: enough that no read table is empty."""


@contextmanager
def told_suite(server: str) -> Iterator[str]:
    """The address of its database; nobody is connected to it."""
    with postgres.fresh_database(server) as url:
        load(url, some_people())
        act(url)
        project(url)
        yield url


def some_people() -> RecordedLog:
    """All bodies, and every sixth person of the recorded log."""
    log = recorded_log()
    everybody = sorted({line.subject for lines in log.lines.values() for line in lines})
    persons = [subject for subject in everybody if subject.startswith("person/")]
    left_out = set(persons) - set(persons[::ONE_OF])
    lines = {name: [line for line in its if line.subject not in left_out] for name, its in log.lines.items()}
    return RecordedLog(
        lines,
        [row for row in log.deadlines if row[0] not in left_out],
        [row for row in log.claims if row[1] not in left_out],
    )


def act(url: str) -> None:
    """What agrement and placements do about it, and what pathways reads, until they have seen everything; and what is due."""
    with ExitStack() as stack:
        for service in (pathways.service(b"of tests"), agrement.service(), placements.service()):

            def feed(database: HistoryDatabase, reads: tuple[str, ...] = service.reads) -> StoreFeed:
                stores = [FactStore(url, name) for name in reads]
                for store in stores:
                    stack.callback(store.close)
                return StoreFeed(stores, *database.places_of("store"))

            settled(service.create_reconciler(url, feed, stack))
        agrement.service().create_clock(url, lambda: date(2020, 1, 1), stack).rebuild()


def project(url: str) -> None:
    """Until the rows are of everything."""
    ensure_current(url, Recipe.of(Settings()))
    with ExitStack() as stack:
        database = Database(url)
        stack.callback(database.close)
        stores = [FactStore(url, name) for name in SERVICES]
        for store in stores:
            stack.callback(store.close)
        feed = StoreFeed(stores, *database.places_of("store"))
        stack.callback(feed.close)
        projector = create_projector(Settings(), database, feed, Metrics())
        while projector.step(0):
            pass

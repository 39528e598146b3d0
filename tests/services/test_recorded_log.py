"""A log recorded by an earlier version, replayed by this one: nothing is recorded, and every id is as it was.

What a service does by itself is found standing; an event that comes again is a duplicate. An event whose data the service
completed (the number of an agrément) comes again as it was recorded, since what its sender wrote was not kept; that the
sender's own is a duplicate too is shown where both are known (tests/shared/intake/test_idempotency.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import httpx2
import psycopg
import pytest

from services.agrement import main as agrement
from services.placements import main as placements
from services.projections.catalogue import CATALOGUE
from shared.deciding.effect_ids import EffectIds
from shared.facts.fact import Recorded
from shared.feeds.store_feed import StoreFeed
from shared.histories.database import HistoryDatabase
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.web.serving import Suite as Served
from tests.parts import postgres
from tests.services.agrement.suite import settled
from tests.services.recorded_log import SERVICES, Line, load, recorded_log, streams
from tests.shared.intake.running import over_http
from tests.shared.intake.serve_one import real_service

NOTICES = {"agrement.agrement_expired.v1", "agrement.agrement_expiring.v1"}


@pytest.fixture(scope="module")
def loaded(postgres_server: str) -> Iterator[str]:
    with postgres.fresh_database(postgres_server) as url:
        load(url, recorded_log())
        yield url


def counts(url: str) -> dict[str, tuple[int, int]]:
    """Of each service, how many facts, and the last sequence."""
    with psycopg.connect(url) as connection:
        rows = {
            name: connection.execute(f"SELECT count(*), max(notification_id) FROM {name}.facts").fetchone()
            for name in SERVICES
        }
    return {name: (row[0], row[1]) for name, row in rows.items() if row is not None}


RECORDED = {name: (len(lines), lines[-1].sequence) for name, lines in recorded_log().lines.items()}


def decoded(line: Line) -> Recorded:
    fact = CATALOGUE.decode(line.type, line.wire)
    assert fact is not None, line.type
    return fact


def feed_of(url: str, services: tuple[str, ...], stack: ExitStack) -> Callable[[HistoryDatabase], StoreFeed]:
    """From the stores, from zero; in pieces, as a reader finds a long log."""

    def make(database: HistoryDatabase) -> StoreFeed:
        stores = [FactStore(url, name) for name in services]
        for store in stores:
            stack.callback(store.close)
        return StoreFeed(stores, *database.places_of("store"), max_records=1_000)

    return make


def test_every_effect_has_the_id_that_it_would_be_given_now() -> None:
    log = recorded_log()
    causes = {line.event["id"]: decoded(line) for lines in log.lines.values() for line in lines}
    checked = 0
    for service in ("agrement", "placements"):
        for stream in streams(log.lines[service]).values():
            facts = [decoded(line) for line in stream]
            for place, (line, fact) in enumerate(zip(stream, facts, strict=True)):
                if line.is_own and line.type not in NOTICES:
                    ids = EffectIds(facts[:place])
                    assert fact.id == ids.next(causes[str(fact.causationid)], fact.type)
                    checked += 1
    assert checked > 1_000


def test_reading_everything_again_records_nothing(loaded: str) -> None:
    with ExitStack() as stack:
        for service in (agrement.service(), placements.service()):
            settled(service.create_reconciler(loaded, feed_of(loaded, service.reads, stack), stack))
    with psycopg.connect(loaded) as connection:
        for name in ("agrement", "placements"):
            rows = connection.execute(
                f"SELECT count(*), count(error), (SELECT count(*) FROM {name}_reading.reconciled)"
                f" FROM {name}_reading.subjects WHERE starts_with(subject, 'person/')"
            )
            people, parked, reconciled = rows.fetchone() or (0, 0, 0)
            assert (parked, reconciled) == (0, people)
            assert people > 100
    assert counts(loaded) == RECORDED


def test_what_is_due_follows_from_the_facts_as_it_was_written(loaded: str) -> None:
    with ExitStack() as stack:
        clock = agrement.service().create_clock(loaded, lambda: date(2020, 1, 1), stack)
        clock.rebuild()
    with psycopg.connect(loaded) as connection:
        rows = connection.execute("SELECT subject, kind, due_on::text FROM agrement.deadlines ORDER BY 1, 2, 3")
        assert rows.fetchall() == sorted(recorded_log().deadlines)
    assert counts(loaded) == RECORDED


def posted(client: httpx2.Client, name: str, events: list[dict[str, Any]]) -> list[str]:
    """The outcome of each; a busy machine's 503 is asked again, as clients do."""
    for _ in range(10):
        answer = client.post(f"/{name}/v1/events", json=events)
        if answer.status_code != 503:
            break
    assert answer.status_code == 200, answer.text
    return [event["outcome"] for event in answer.json()["outcomes"]]


@pytest.mark.parametrize("name", SERVICES)
def test_every_event_that_comes_again_is_a_duplicate(loaded: str, name: str) -> None:
    events = [line.as_posted() for line in recorded_log().lines[name] if not line.is_own]
    with ExitStack() as stack:
        service = real_service(name, loaded)
        stack.callback(service.stop)
        service.start()
        address = stack.enter_context(over_http(Served({name: service.app}, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=60))
        outcomes: list[str] = []
        for start in range(0, len(events), 200):
            outcomes += posted(client, name, events[start : start + 200])
    assert outcomes == ["duplicate"] * len(events)
    assert counts(loaded) == RECORDED

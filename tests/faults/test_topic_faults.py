"""Topics that forget, grow, are shared by two databases or written to by strangers, under the real processes: nothing
that was recorded is lost, nothing else is applied, and the rows are those of a rebuild."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import psycopg
import pytest

from services.projections.read_sets import building
from services.projections.read_sets.recipe import Recipe
from shared.kafka.publishing import headers_of
from shared.kafka.topics import Topics
from shared.process.settings import Settings
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.faults.test_projector_faults import Stores, ask, assert_whole, folded, kept, life, load
from tests.parts import postgres
from tests.parts.kafka_broker import KafkaBroker
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.shared.feeding import forget, grow, produce, running_relay, topics_at
from tests.shared.recording import person

PATIENCE_S = 90.0


@dataclass(frozen=True)
class Reader:
    process: Process
    url: str

    @property
    def checks(self) -> dict[str, str]:
        try:
            return dict(httpx2.get(f"{self.url}/readyz", timeout=5).json()["checks"])
        except httpx2.TransportError:
            return {"process": "does not answer yet"}

    @property
    def is_ready(self) -> bool:
        return set(self.checks.values()) == {"ok"}


@dataclass(frozen=True)
class Site:
    processes: Processes
    stores: Stores
    bootstrap: str
    prefix: str

    def start(self, *command: str, **more: str) -> Reader:
        port = str(free_port())
        settings = {
            "PARCOURS_DATABASE_URL": self.stores.url,
            "PARCOURS_KAFKA_BOOTSTRAP": self.bootstrap,
            "PARCOURS_TOPIC_PREFIX": self.prefix,
            "PARCOURS_PORT": port,
            **more,
        }
        process = self.processes.start(*PARCOURS, *command, env=settings, cwd=ROOT, name=command[0])
        return Reader(process, f"http://127.0.0.1:{port}")

    @contextmanager
    def relays(self) -> Iterator[None]:
        with ExitStack() as stack:
            for store in self.stores.stores.values():
                stack.enter_context(running_relay(store, topics_at(self.bootstrap, self.prefix)))
            yield

    def record(self, *numbers: int) -> None:
        self.stores.record(*(one for number in numbers for one in life(number)))

    def wait_published(self) -> None:
        query = "SELECT position FROM {0}.relay WHERE position = (SELECT max(notification_id) FROM {0}.facts)"
        for service in self.stores.stores:
            self.wait_asked(query.format(service), 1)

    def wait_asked(self, query: str, rows: int) -> None:
        """Until the query gives so many rows; what it asks may still have to be made."""

        def is_there() -> bool:
            try:
                return len(ask(self.stores.url, query)) == rows
            except psycopg.errors.UndefinedTable:
                return False

        wait_until(is_there, query, PATIENCE_S)

    def wait_whole(self, reader: Reader) -> None:
        reader.process.wait_for(lambda: kept(self.stores) == self.stores.count, "every fact", PATIENCE_S)
        reader.process.wait_for(lambda: folded(self.stores), "everybody folded", PATIENCE_S)
        reader.process.wait_for(lambda: reader.is_ready, "ready", PATIENCE_S)
        reader.process.wait_for(lambda: self.promised() == self.recorded(), "all is promised", PATIENCE_S)
        assert_whole(self.stores)

    def promised(self) -> dict[str, int]:
        query = "SELECT service, min(through) FROM projections.places WHERE feed = 'kafka' GROUP BY 1"
        return {service: through for service, through in ask(self.stores.url, query) if service in self.stores.stores}

    def recorded(self) -> dict[str, int]:
        return {service: store.last_sequence() for service, store in self.stores.stores.items()}


@pytest.fixture
def stores(database_url: str) -> Iterator[Stores]:
    one = Stores(database_url)
    building.ensure_current(database_url, Recipe.of(Settings()))
    yield one
    one.close()


@pytest.fixture
def site(processes: Processes, stores: Stores, kafka: str, topic_prefix: str) -> Site:
    return Site(processes, stores, kafka, topic_prefix)


@pytest.fixture
def topics(site: Site) -> Iterator[Topics]:
    with closing(topics_at(site.bootstrap, site.prefix)) as one:
        yield one


def test_a_read_model_whose_topics_have_forgotten_is_whole_before_it_is_ready(site: Site, topics: Topics) -> None:
    with site.relays():
        site.record(*range(150))
        site.wait_published()
        forget(topics)
        site.record(1, 2, 3)
        reader = site.start("project")
        counted = []
        # Of the log whose topic has forgotten. Others are read from theirs as ever, ready or not.
        of_pathways = "SELECT count(*) FROM projections.history WHERE service = 'pathways'"

        def is_ready() -> bool:
            if reader.is_ready:
                counted.append(ask(site.stores.url, of_pathways)[0][0])
            return bool(counted)

        reader.process.wait_for(is_ready, "ready", PATIENCE_S)
        assert counted == [site.recorded()["pathways"]]
        site.wait_whole(reader)


def forged(site: Site) -> list[dict[str, Any]]:
    """Of pathways: other ids at known places, other content, numbers from nowhere, and bytes nobody can read."""
    (entry,) = site.stores.stores["pathways"].log(1, 1)
    last = site.recorded()["pathways"]
    whole = json.loads(entry.wire)
    changes: list[dict[str, Any]] = [
        {"id": "forged"},
        {"id": "forged", "subject": person(777)},
        {"data": whole["data"] | {"structure_id": "11111111-1111-4111-8111-111111111111"}},
        {"id": "forged", "sequence": 1_000_000_000, "streamversion": 1},
        {"id": "forged", "sequence": last + 1, "subject": person(777), "streamversion": 1},
    ]
    values = [json.dumps(whole | change).encode() for change in changes] + [b"{" * 1_000, b"\x00" * 900_000]
    return [{"value": value, "key": entry.subject.encode(), "headers": headers_of(entry)} for value in values]


def test_forged_records_stop_neither_readers_nor_intake(site: Site, topics: Topics) -> None:
    with site.relays():
        site.record(*range(20))
        agrement, reader = site.start("serve", "agrement"), site.start("project")
        reader.process.wait_for(lambda: kept(site.stores) == site.stores.count, "the first facts", PATIENCE_S)
        agrement.process.wait_for(lambda: agrement.is_ready, "agrement is ready", PATIENCE_S)
        records = forged(site)
        produce(topics, *records)
        for schema in ("projections", "agrement_reading"):
            site.wait_asked(f"SELECT FROM {schema}.dead_letters", len(records))
        site.record(*range(20, 40))
        site.wait_whole(reader)
        agrement.process.wait_for(lambda: agrement.is_ready, "agrement is ready", PATIENCE_S)
    acted_on = "SELECT sequence FROM agrement.read_up_to WHERE service = 'pathways'"
    assert ask(site.stores.url, acted_on) == [(site.recorded()["pathways"],)]
    # A start reads again up to there: a number from nowhere would be waited for without end.
    agrement.process.sigterm()
    assert (agrement.process.wait(), reader.process.running) == (0, True)


@pytest.mark.soak
def test_partitions_are_added_twice_under_load(site: Site, topics: Topics) -> None:
    with site.relays():
        site.record(*range(10))
        reader = site.start("project")
        reader.process.wait_for(lambda: kept(site.stores) == site.stores.count, "the first facts", PATIENCE_S)
        for partitions in (6, 9):
            with load(site.stores, 100):
                grow(topics, partitions)
            used = "SELECT FROM projections.places WHERE service = 'pathways' AND next_offset > 0"
            site.wait_asked(used, partitions)
        site.record(*range(10, 20))
        site.wait_whole(reader)


@pytest.mark.soak
def test_a_second_database_has_readers_of_its_own(site: Site, postgres_server: str) -> None:
    """Another read side on the same topics, a trial of a new version say: each of the two gets every fact."""
    with postgres.fresh_database(postgres_server) as another, site.relays():
        building.ensure_current(another, Recipe.of(Settings()))
        reader = site.start("project")
        second = site.start("project", PARCOURS_PROJECTIONS_DATABASE_URL=another)

        def have_both_all() -> bool:
            of_second = ask(another, "SELECT count(*) FROM projections.history")
            return of_second == [(site.stores.count,)] and kept(site.stores) == site.stores.count

        for numbers in (range(20), range(20, 40)):
            site.record(*numbers)
            second.process.wait_for(have_both_all, "both have every fact", PATIENCE_S)
        site.wait_whole(reader)
        second.process.sigterm()
        assert second.process.wait() == 0


@pytest.mark.timeout(300)
@pytest.mark.soak
def test_kafka_restarts_in_the_middle_of_a_fill(
    processes: Processes, stores: Stores, own_kafka: KafkaBroker, topic_prefix: str
) -> None:
    site = Site(processes, stores, own_kafka.bootstrap, topic_prefix)
    # Processes of their own: the client leaves sockets behind where the broker is gone.
    relays = [site.start("relay", service) for service in stores.stores]
    for start in range(0, 2_000, 200):
        site.record(*range(start, start + 200))
    site.wait_published()
    with closing(topics_at(own_kafka.bootstrap, topic_prefix)) as topics:
        forget(topics)
    reader = site.start("project")
    reader.process.wait_for(lambda: kept(stores) > 0, "it fills", PATIENCE_S)
    own_kafka.kill()
    own_kafka.start()
    site.record(1, 2, 3)
    site.wait_whole(reader)
    assert all(relay.process.running for relay in relays)

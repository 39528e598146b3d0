"""A projector killed, frozen, or given another log: everything is applied once, and the rows are those of a rebuild."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.projections.read_sets import building
from services.projections.read_sets.recipe import Recipe
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import Fact
from shared.log.entries import NewFact
from shared.log.store import FactStore
from shared.process.settings import Settings
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.faults.projector_process import SLEEPER
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.services.projections.facts import ACI, AI, C1, C2, exited, hired, hours_worked, recorded
from tests.services.scenario import uid
from tests.shared.feeding import running_relay, topics_at
from tests.shared.recording import person

PATIENCE_S = 60.0
PERSONS = 40


class Stores:
    """Hires, exits and hours of some persons, in two services, as fast as they can be recorded."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.stores = {name: FactStore(url, name) for name in ("pathways", "placements")}
        self.count = 0
        self._versions: Counter[tuple[str, str]] = Counter()
        for store in self.stores.values():
            store.create()

    def record(self, *facts: tuple[str, Fact]) -> None:
        """Each service's in one commit."""
        by_service: dict[str, list[NewFact]] = {}
        for subject, fact in facts:
            self.count += 1
            by_service.setdefault(fact.service(), []).append(self._new(subject, fact))
        for service, new in by_service.items():
            self.stores[service].record(new)

    def _new(self, subject: str, fact: Fact) -> NewFact:
        self._versions[fact.service(), subject] += 1
        changes = {"subject": subject, "streamversion": self._versions[fact.service(), subject]}
        one = recorded(fact, id=f"fact {self.count}").model_copy(update=changes)
        return NewFact(one, fact.model_dump_json().encode(), b"digest")

    def close(self) -> None:
        for store in self.stores.values():
            store.close()


@pytest.fixture
def stores(database_url: str) -> Iterator[Stores]:
    one = Stores(database_url)
    building.ensure_current(database_url, Recipe.of(Settings()))
    yield one
    one.close()


def life(number: int) -> Iterator[tuple[str, Fact]]:
    subject = person(number % PERSONS)
    month = f"20{10 + number // PERSONS % 80}-01"
    yield subject, hired(C1, ACI, "2024-01-08", "2024-03-01")
    yield subject, hours_worked(ACI, month, number % 90, entry_id=uid(f"entry {number}"))
    yield subject, exited(ACI, "2024-05-31", exit_id=uid(f"exit {number}"))
    yield subject, hired(C2, AI, "2024-06-10")


@contextmanager
def load(stores: Stores, lives: int) -> Iterator[None]:
    """Facts are recorded meanwhile; all of them are when it ends."""

    def record() -> None:
        for number in range(lives):
            stores.record(*life(number))

    thread = threading.Thread(target=record)
    thread.start()
    try:
        yield
    finally:
        thread.join(PATIENCE_S)


def ask(url: str, query: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def kept(stores: Stores) -> int:
    return int(ask(stores.url, "SELECT count(*) FROM projections.history")[0][0])


def start_project(processes: Processes, stores: Stores, **more: str) -> Process:
    settings = {"PARCOURS_DATABASE_URL": stores.url, "PARCOURS_POLL_MAX_RECORDS": "50", **more}
    return processes.start(*PARCOURS, "project", env=settings, cwd=ROOT, name="project")


def assert_whole(stores: Stores) -> None:
    """Each fact once, every subject folded, and the rows of a rebuild."""
    url = stores.url
    assert kept(stores) == stores.count
    behind = "SELECT count(*) FROM projections.subjects s LEFT JOIN read_1.folded f ON f.root = s.subject"
    assert ask(url, f"{behind} WHERE f.version IS DISTINCT FROM s.version") == [(0,)]
    assert ask(url, "SELECT count(*) FROM read_1.failed") == [(0,)]
    assert ask(url, "SELECT sum(version) FROM projections.subjects") == [(stores.count,)]
    building.rebuild(url, "again", Recipe.of(Settings()))
    for name, table in READ_TABLES.items():
        live, again = (
            ask(url, f"SELECT * FROM read_{read_set}.{name} ORDER BY {', '.join(table.key_columns)}")
            for read_set in ("1", "again")
        )
        assert live == again, name


def kill_again_and_again(stores: Stores, processes: Processes, lives: int, kills: list[int]) -> None:
    with load(stores, lives):
        for reach in kills:
            project = start_project(processes, stores)
            project.wait_for(lambda reach=reach: kept(stores) >= reach, f"{reach} facts", PATIENCE_S)  # type: ignore[misc]
            project.sigkill()
    last = start_project(processes, stores)
    last.wait_for(lambda: kept(stores) == stores.count, "every fact", PATIENCE_S)
    wait_until(lambda: places(stores) == stores.count, "every place", PATIENCE_S)
    last.sigterm()
    assert last.wait() == 0
    assert_whole(stores)


def places(stores: Stores) -> int:
    return int(ask(stores.url, "SELECT coalesce(sum(through), 0) FROM projections.places")[0][0])


def test_a_projector_killed_under_load_applies_everything_once(stores: Stores, processes: Processes) -> None:
    kill_again_and_again(stores, processes, 150, [100, 400])


@pytest.mark.soak
@pytest.mark.timeout(1_800)  # twenty starts: a quarter of an hour on a busy machine
def test_a_projector_killed_at_twenty_points_applies_everything_once(stores: Stores, processes: Processes) -> None:
    points = sorted(random.Random(20).sample(range(50, 5_500), 20))
    kill_again_and_again(stores, processes, 1_500, points)


@contextmanager
def relays(stores: Stores, kafka: str, prefix: str) -> Iterator[None]:
    with ExitStack() as stack:
        for store in stores.stores.values():
            stack.enter_context(running_relay(store, topics_at(kafka, prefix)))
        yield


def start_on_kafka(processes: Processes, stores: Stores, kafka: str, prefix: str) -> Process:
    command = (sys.executable, "-m", "tests.faults.projector_process", stores.url, kafka, prefix)
    return processes.start(*command, cwd=Path(ROOT), name="projector")


def test_a_projector_frozen_past_its_session_is_refused_and_goes_on(
    stores: Stores, processes: Processes, kafka: str, topic_prefix: str
) -> None:
    """Inside its transaction: the server ends that and another takes its partitions. Awake, it commits nothing of
    what it had, nothing is there twice, and it takes its part again."""
    with relays(stores, kafka, topic_prefix):
        first = start_on_kafka(processes, stores, kafka, topic_prefix)
        stores.record(*(one for number in range(30) for one in life(number)))
        first.wait_for(lambda: kept(stores) == stores.count, "the first facts", PATIENCE_S)
        stores.record((SLEEPER, hired(C1, ACI, "2024-01-08")))
        first.wait_logged("inside", PATIENCE_S)
        first.pause()
        second = start_on_kafka(processes, stores, kafka, topic_prefix)
        stores.record(*(one for number in range(30, 60) for one in life(number)))
        second.wait_for(lambda: kept(stores) == stores.count, "taken over", PATIENCE_S)
        first.resume()
        first.wait_logged("reader_waits", PATIENCE_S)
        second.sigkill()
        stores.record(*(one for number in range(60, 90) for one in life(number)))
        first.wait_for(lambda: kept(stores) == stores.count, "going on", PATIENCE_S)
        first.wait_for(lambda: folded(stores), "everybody folded", PATIENCE_S)
    assert_whole(stores)


def folded(stores: Stores) -> bool:
    query = "SELECT coalesce(sum(version), 0) FROM read_1.folded"
    return bool(ask(stores.url, query) == [(stores.count,)])


def test_a_projector_killed_between_two_services_topics_loses_nothing(
    stores: Stores, processes: Processes, kafka: str, topic_prefix: str
) -> None:
    """Two share the partitions; one is killed while both work, the other takes over."""
    with relays(stores, kafka, topic_prefix):
        both = [start_on_kafka(processes, stores, kafka, topic_prefix) for _ in range(2)]
        with load(stores, 250):
            both[0].wait_for(lambda: kept(stores) > 200, "some facts", PATIENCE_S)
            both[0].sigkill()
        both[1].wait_for(lambda: folded(stores), "every fact", PATIENCE_S)
    assert_whole(stores)


def test_a_log_that_is_another_one_stops_its_service_alone(stores: Stores, processes: Processes) -> None:
    """The histories hold another fact at a place that is read again: nothing more of that service is read, the others
    go on, and readiness names it."""
    stores.record(*life(1))
    project = start_project(processes, stores)
    project.wait_for(lambda: kept(stores) == stores.count, "the first facts", PATIENCE_S)
    project.sigterm()
    assert project.wait() == 0
    with psycopg.connect(stores.url, autocommit=True) as connection:
        connection.execute("UPDATE projections.history SET id = 'another' WHERE service = 'pathways' AND sequence = 2")
        connection.execute("UPDATE projections.places SET topic_id = '', next_offset = 0")
    stores.record(*life(2))
    again = start_project(processes, stores)
    for line in (
        "pathways:2 is known here as fact another of person/",
        "the store of pathways says otherwise than before",
    ):
        again.wait_logged(line, PATIENCE_S)
    of_others = "SELECT count(*) FROM projections.history WHERE service = 'placements'"
    again.wait_for(lambda: ask(stores.url, of_others) == [(2,)], "the others go on", PATIENCE_S)
    assert kept(stores) == 5
    again.sigterm()
    assert again.wait() == 0

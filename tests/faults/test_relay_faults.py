"""Whatever dies or freezes: no fact lost or skipped, each subject's in order, no mark that lies."""

import gc
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from shared.kafka.relay_position import Saved
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from tests.faults.feed_process import TABLES
from tests.parts.kafka_broker import KafkaBroker
from tests.parts.postgres import OwnPostgres, fresh_database
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.shared.feeding import SERVICE, id_of, saved_in, topics_at
from tests.shared.recording import Recorder, person
from tests.shared.topic_records import records_of

PATIENCE_S = 60.0
IGNORED_SOCKETS = pytest.mark.filterwarnings("ignore:unclosed .socket:ResourceWarning")


@pytest.fixture
def prefix() -> str:
    return "faults"


@pytest.fixture
def own_topics(own_kafka: KafkaBroker, prefix: str, caplog: pytest.LogCaptureFixture) -> Iterator[Topics]:
    """Of a broker that goes away: the client leaves refused sockets to the collector, and its log records keep them."""
    caplog.set_level(logging.CRITICAL + 1, "kafka")
    one = topics_at(own_kafka.bootstrap, prefix)
    yield one
    one.close()
    gc.collect()


@pytest.fixture
def store(database_url: str) -> Iterator[FactStore]:
    one = FactStore(database_url, SERVICE)
    one.create()
    yield one
    one.close()


@pytest.fixture
def start_relay(processes: Processes) -> Callable[[FactStore, str, str], Process]:
    def start(store: FactStore, bootstrap: str, prefix: str) -> Process:
        return processes.start(
            sys.executable, "-m", "tests.faults.relay_process", store.database_url, bootstrap, prefix, name="relay"
        )

    return start


StartRelay = Callable[[FactStore, str, str], Process]


@contextmanager
def recording(recorder: Recorder, count: int) -> Iterator[threading.Thread]:
    """Facts of 13 persons, a few in each commit, while other things happen; all are recorded when it ends."""
    before = recorder.store.last_sequence()

    def record() -> None:
        for start in range(0, count, 5):
            recorder.record(*(person(number % 13) for number in range(start, start + 5)))

    thread = threading.Thread(target=record)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(PATIENCE_S)
    assert recorder.store.last_sequence() == before + count


def position(store: FactStore, topics: Topics) -> int:
    saved = saved_in(store, topics)
    return saved.position if saved else 0


def wait_published(store: FactStore, topics: Topics, sequence: int) -> None:
    wait_until(lambda: position(store, topics) >= sequence, f"the relay at {sequence}", PATIENCE_S)


@pytest.fixture
def topics(kafka: str, topic_prefix: str) -> Iterator[Topics]:
    one = topics_at(kafka, topic_prefix)
    yield one
    one.close()


@pytest.mark.parametrize(
    "kills", [3, pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(1_200)])], ids=["3 kills", "20 kills"]
)
def test_a_relay_killed_again_and_again_loses_nothing(
    store: FactStore, kafka: str, topic_prefix: str, topics: Topics, start_relay: StartRelay, kills: int
) -> None:
    facts = 1_000 * kills
    recorder = Recorder(store)
    with recording(recorder, facts):
        for kill in range(kills):
            relay = start_relay(store, kafka, topic_prefix)
            reach = 300 + kill * (facts // 2) // kills
            relay.wait_for(lambda reach=reach: position(store, topics) >= reach, f"at {reach}", PATIENCE_S)  # type: ignore[misc]
            relay.sigkill()
        last = start_relay(store, kafka, topic_prefix)
    last.wait_for(lambda: position(store, topics) == facts, f"at {facts}", PATIENCE_S)
    wait_until(lambda: records_of(topics).last_marks == {facts}, f"marks at {facts}", PATIENCE_S)
    records_of(topics).assert_whole(store)


def test_a_second_relay_takes_over_within_seconds_of_a_kill(
    store: FactStore, kafka: str, topic_prefix: str, topics: Topics, start_relay: StartRelay
) -> None:
    recorder = Recorder(store)
    first = start_relay(store, kafka, topic_prefix)
    first.wait_logged("relay_works")
    second = start_relay(store, kafka, topic_prefix)
    second.wait_logged("relay_stands_by")
    recorder.record(person(1))
    wait_published(store, topics, 1)
    first.sigkill()
    recorder.record(person(1))
    second.wait_for(lambda: position(store, topics) == 2, "taken over", 5.0)
    records_of(topics).assert_whole(store)


def test_a_frozen_relay_loses_its_turn_and_notices_when_it_wakes(
    store: FactStore, kafka: str, topic_prefix: str, topics: Topics, start_relay: StartRelay
) -> None:
    recorder = Recorder(store)
    first = start_relay(store, kafka, topic_prefix)
    first.wait_logged("relay_works")
    second = start_relay(store, kafka, topic_prefix)
    second.wait_logged("relay_stands_by")
    first.pause()
    recorder.record(person(1), person(2))
    second.wait_for(lambda: position(store, topics) == 2, "taken over", 15.0)
    first.resume()
    first.wait_logged("relay_stands_by")
    recorder.record(person(1))
    wait_published(store, topics, 3)
    topic = records_of(topics)
    assert topic.sequences == [1, 2, 3]
    topic.assert_whole(store)


def test_sigterm_ends_it_with_everything_it_began_in_its_place(
    store: FactStore, kafka: str, topic_prefix: str, topics: Topics, start_relay: StartRelay
) -> None:
    recorder = Recorder(store)
    with recording(recorder, 1_000):
        relay = start_relay(store, kafka, topic_prefix)
        relay.wait_for(lambda: position(store, topics) >= 200, "at 200")
        relay.sigterm()
        assert relay.wait() == 0
        stopped_at = position(store, topics)
        assert records_of(topics).sequences == list(range(1, stopped_at + 1))


@IGNORED_SOCKETS
def test_kafka_frozen_killed_and_restarted_meanwhile(
    store: FactStore, own_kafka: KafkaBroker, prefix: str, own_topics: Topics, start_relay: StartRelay
) -> None:
    recorder = Recorder(store)
    relay = start_relay(store, own_kafka.bootstrap, prefix)
    relay.wait_logged("relay_works")
    for harm in (_freeze, _kill, _restart):
        before = store.last_sequence()
        with recording(recorder, 500) as recorded:
            wait_published(store, own_topics, before + 50)
            harm(own_kafka, recorded)
        wait_published(store, own_topics, before + 500)
    wait_until(lambda: records_of(own_topics).last_marks == {1_500}, "marks at 1500", PATIENCE_S)
    records_of(own_topics).assert_whole(store)
    assert relay.running


@IGNORED_SOCKETS
def test_started_before_kafka_it_waits_and_then_works(
    store: FactStore, own_kafka: KafkaBroker, prefix: str, own_topics: Topics, start_relay: StartRelay
) -> None:
    own_kafka.stop()
    Recorder(store).record(person(1))
    relay = start_relay(store, own_kafka.bootstrap, prefix)
    relay.wait_logged("relay_waits")
    own_kafka.start()
    wait_published(store, own_topics, 1)
    records_of(own_topics).assert_whole(store)


@IGNORED_SOCKETS
def test_sigterm_ends_it_also_while_kafka_is_away(
    store: FactStore, own_kafka: KafkaBroker, prefix: str, own_topics: Topics, start_relay: StartRelay
) -> None:
    relay = start_relay(store, own_kafka.bootstrap, prefix)
    relay.wait_logged("relay_works")
    own_kafka.pause()
    Recorder(store).record(person(1))
    relay.sigterm()
    assert relay.wait(20.0) == 0
    own_kafka.resume()
    relay = start_relay(store, own_kafka.bootstrap, prefix)
    wait_published(store, own_topics, 1)


def test_postgresql_killed_and_started_again_meanwhile(
    own_postgres: OwnPostgres, kafka: str, topic_prefix: str, topics: Topics, start_relay: StartRelay
) -> None:
    with fresh_database(own_postgres.url) as url:
        store = FactStore(url, SERVICE)
        store.create()
        recorder = Recorder(store)
        recorder.record_many(2_000, persons=13, commit_size=500)
        relay = start_relay(store, kafka, topic_prefix)
        relay.wait_logged("relay_works")
        own_postgres.kill()
        relay.wait_logged("relay_waits")
        own_postgres.start()
        wait_until(lambda: _reaches(url), "the database", PATIENCE_S)
        recorder.record_many(20, persons=13)
        wait_published(store, topics, store.last_sequence())
        wait_until(lambda: records_of(topics).last_marks == {store.last_sequence()}, "marks", PATIENCE_S)
        records_of(topics).assert_whole(store)
        assert saved_in(store, topics) == Saved(id_of(topics), store.last_sequence())
        relay.sigterm()
        assert relay.wait() == 0
        store.close()


def test_a_reader_frozen_past_its_session_applies_nothing_twice(
    store: FactStore, kafka: str, topic_prefix: str, topics: Topics, start_relay: StartRelay, processes: Processes
) -> None:
    recorder = Recorder(store)
    connection = psycopg.connect(store.database_url, autocommit=True)
    connection.execute(TABLES)

    def reader(name: str) -> Process:
        module = ("-m", "tests.faults.feed_process", store.database_url, kafka, topic_prefix, name)
        return processes.start(sys.executable, *module, name=name)

    def applied() -> list[int]:
        return [sequence for (sequence,) in connection.execute("SELECT sequence FROM applied ORDER BY number")]

    def readers() -> set[str]:
        return {name for (name,) in connection.execute("SELECT DISTINCT reader FROM applied")}

    def record_until_both_read() -> bool:
        recorder.record(*(person(number) for number in range(13)))
        return readers() == {"first", "second"}

    start_relay(store, kafka, topic_prefix)
    wait_published(store, topics, 0)
    first, second = reader("first"), reader("second")
    first.wait_logged("reading")
    wait_until(record_until_both_read, "both read", PATIENCE_S)
    first.pause()
    recorder.record_many(1_000, persons=13)
    last = store.last_sequence()
    second.wait_for(lambda: len(applied()) >= last, "the second reads all", PATIENCE_S)
    first.resume()
    recorder.record_many(200, persons=13)
    last = store.last_sequence()
    wait_until(lambda: len(applied()) >= last, "everything", PATIENCE_S)
    assert sorted(applied()) == list(range(1, last + 1))
    connection.close()


def _freeze(broker: KafkaBroker, recorded: threading.Thread) -> None:
    broker.pause()
    recorded.join(PATIENCE_S)
    broker.resume()


def _kill(broker: KafkaBroker, recorded: threading.Thread) -> None:
    broker.kill()
    recorded.join(PATIENCE_S)
    broker.start()


def _restart(broker: KafkaBroker, recorded: threading.Thread) -> None:
    broker.restart()


def _reaches(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True

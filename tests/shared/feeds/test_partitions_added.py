"""A topic is given more partitions while it is written and read: nobody is restarted, and what is promised has come."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from shared.feeds.feed import Delivery
from shared.feeds.kafka_feed import KafkaFeed
from shared.feeds.origin import Origin
from shared.histories.database import HistoryDatabase
from shared.histories.places import PlaceMovedError, applied, move_places
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from tests.parts.waiting import wait_until
from tests.shared.feeding import (
    PARTITIONS,
    SERVICE,
    Places,
    Read,
    RefusedError,
    RunningRelay,
    forget,
    grow,
    read_through,
    read_until,
    topics_at,
)
from tests.shared.recording import Recorder, person
from tests.shared.topic_records import records_of


class StoredPlaces(Places):
    """In the tables that readers have."""

    def __init__(self, database: HistoryDatabase) -> None:
        super().__init__()
        self.database = database
        self.load, self.ensure = database.places_of("kafka")  # type: ignore[method-assign, assignment]
        self.load_filled, self.ensure_filled = database.places_of("store")  # type: ignore[method-assign, assignment]

    def move(self, delivery: Delivery) -> None:
        try:
            with self.database.transaction() as connection:
                move_places(connection, delivery.places_of("kafka"), delivery.moves, delivery.highest)
        except PlaceMovedError as error:
            raise RefusedError from error

    def through(self, service: str) -> int:
        with self.database.connection() as connection:
            return applied(connection, "kafka", [service])[service]


@pytest.fixture
def places(store: FactStore) -> Iterator[StoredPlaces]:
    database = HistoryDatabase(store.database_url, "reading")
    database.create()
    yield StoredPlaces(database)
    database.close()


def feed_of(kafka: str, prefix: str, store: FactStore, places: StoredPlaces) -> KafkaFeed:
    origin = Origin({SERVICE: store.database_url}, places.load_filled, places.ensure_filled)
    return KafkaFeed(
        topics_at(kafka, prefix),
        [SERVICE],
        f"{prefix}-group",
        places.load,
        places.ensure,
        origin=origin,
        topic_check_s=0.5,
    )


def read_watched(feed: KafkaFeed, places: StoredPlaces, store: FactStore, read: Read) -> None:
    """Read all; what is promised has come, and the promise never goes back."""
    promised = [places.through(SERVICE)]

    def is_done(read: Read) -> bool:
        promised.append(places.through(SERVICE))
        assert promised[-1] >= promised[-2], f"{promised[-2]} was promised, and now {promised[-1]}"
        assert set(range(1, promised[-1] + 1)) <= set(read.sequences)
        return promised[-1] >= store.last_sequence()

    read_until(feed, places, is_done, read)


def test_added_twice_under_a_reader_and_a_relay_at_work(
    kafka: str,
    topic_prefix: str,
    store: FactStore,
    recorder: Recorder,
    topics: Topics,
    relay: RunningRelay,
    places: StoredPlaces,
) -> None:
    read = Read()
    with closing(feed_of(kafka, topic_prefix, store, places)) as feed:
        recorder.record_many(90, persons=30)
        read_watched(feed, places, store, read)
        for partitions in (2 * PARTITIONS, 3 * PARTITIONS):
            grow(topics, partitions)
            recorder.record_many(30, persons=30)
            read_watched(feed, places, store, read)

            def is_used(partitions: int = partitions) -> bool:
                recorder.record_many(30, persons=30)
                read_watched(feed, places, store, read)
                return {fact.partition for fact in read.facts} == set(range(partitions))

            wait_until(is_used, "facts come from every partition", 60)
    with places.database.connection() as connection:
        rows = connection.execute("SELECT partition, through FROM places WHERE feed = 'kafka'").fetchall()
    assert {partition for partition, _ in rows} == set(range(3 * PARTITIONS))
    assert {fact.sequence for fact in records_of(topics).facts} == set(range(1, store.last_sequence() + 1))
    for number in range(30):
        assert sorted(set(read.versions_of(person(number)))) == list(range(1, recorder.store.last_sequence() // 30 + 1))


def test_added_while_nobody_read_and_forgotten_there(
    kafka: str,
    topic_prefix: str,
    store: FactStore,
    recorder: Recorder,
    topics: Topics,
    relay: RunningRelay,
    places: StoredPlaces,
) -> None:
    """The reader stood still; what a new partition held has been forgotten when it comes back."""
    read = Read()
    with closing(feed_of(kafka, topic_prefix, store, places)) as feed:
        recorder.record_many(30, persons=30)
        read_through(feed, places, store, read)
    grow(topics, 2 * PARTITIONS)
    wait_until(lambda: set(records_of(topics).partitions[PARTITIONS]) or recorder.record(person(1)), "a mark there")
    recorder.record_many(60, persons=30)
    relay.wait_published(store.last_sequence())
    forget(topics, [PARTITIONS])
    with closing(feed_of(kafka, topic_prefix, store, places)) as feed:
        read_watched(feed, places, store, read)
    assert set(read.sequences) == set(range(1, store.last_sequence() + 1))

"""One contract, two feeds: whatever a projector relies on holds for both, on a real PostgreSQL and a real Kafka."""

import threading
from collections.abc import Iterator
from typing import Protocol

import psycopg
import pytest
from kafka import KafkaProducer

from shared.feeds.feed import Delivery, Feed
from shared.feeds.kafka_feed import KafkaFeed
from shared.feeds.origin import Origin
from shared.feeds.store_feed import StoreFeed
from shared.kafka.topics import Topics
from shared.log.place import Place
from shared.log.store import FactStore
from shared.process.pace import Pace
from tests.shared.feeding import (
    PARTITIONS,
    SERVICE,
    Places,
    Read,
    read_through,
    read_until,
    running_relay,
    topics_at,
)
from tests.shared.recording import ACTION, SOURCE, Recorder, person


class Source(Protocol):
    """Something recorded facts can be read from."""

    def feed(self, places: Places, max_records: int = 10_000) -> Feed: ...

    def put(self, value: bytes) -> None:
        """A record as it is, readable or not."""


class StoreSource:
    def __init__(self, store: FactStore) -> None:
        self._store = store
        self._count = 0

    def feed(self, places: Places, max_records: int = 10_000) -> Feed:
        return StoreFeed([self._store], places.load, places.ensure, max_records=max_records)

    def put(self, value: bytes) -> None:
        self._count += 1
        with psycopg.connect(self._store.database_url) as connection:
            connection.execute(
                "INSERT INTO pathways.facts (originator_id, originator_version, topic, state) VALUES (%s, %s, 'x', %s)",
                [person(900), self._count, value],
            )


class KafkaSource:
    def __init__(self, bootstrap: str, prefix: str, store: FactStore) -> None:
        self.bootstrap = bootstrap
        self._urls = {SERVICE: store.database_url}
        self.prefix = prefix
        self._feeds = 0

    def topics(self) -> Topics:
        return topics_at(self.bootstrap, self.prefix)

    def feed(self, places: Places, max_records: int = 10_000) -> Feed:
        self._feeds += 1
        return KafkaFeed(
            self.topics(),
            [SERVICE],
            f"{self.prefix}-group-{self._feeds}",
            places.load,
            places.ensure,
            origin=Origin(self._urls, places.load_filled, places.ensure_filled),
            max_records=max_records,
            topic_check_s=0.5,
        )

    def put(self, value: bytes) -> None:
        producer = KafkaProducer(bootstrap_servers=self.bootstrap)
        producer.send(f"{self.prefix}.{SERVICE}", value=value, key=b"\xff", headers=[("odd", b"\x00\xff")])
        producer.flush()
        producer.close()


@pytest.fixture
def places() -> Places:
    return Places()


class Meanwhile(Pace):
    """One more fact is recorded while a turn waits to begin, once it `is_due`."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(0)
        self.recorder = recorder
        self.is_due = False
        self.begun = 0

    def begin(self, now: float) -> None:
        self.begun += 1

    def left_s(self, now: float) -> float:
        if self.is_due:
            self.recorder.record(person(2))
            self.is_due = False
        return 0


class FeedContract:
    @pytest.fixture
    def feed(self, source: Source, places: Places) -> Iterator[Feed]:
        one = source.feed(places)
        yield one
        one.close()

    def test_every_fact_comes_once_and_each_subjects_in_order(
        self, feed: Feed, places: Places, recorder: Recorder
    ) -> None:
        recorder.record_many(700, persons=7, commit_size=90)
        read = read_through(feed, places, recorder.store)
        assert sorted(read.sequences) == list(range(1, 701))
        assert all(read.versions_of(person(number)) == list(range(1, 101)) for number in range(7))
        assert not read.letters

    def test_a_fact_arrives_as_it_was_recorded(self, feed: Feed, places: Places, recorder: Recorder) -> None:
        (recorded,) = recorder.record(person(1))
        (arrived,) = read_through(feed, places, recorder.store).facts
        (entry,) = recorder.store.log(0, 1)
        assert arrived.envelope == entry.wire
        assert (arrived.service, arrived.sequence, arrived.streamversion) == (SERVICE, recorded.sequence, 1)
        assert (arrived.subject, arrived.type) == (person(1), ACTION.type)
        assert (arrived.id, arrived.source) == (recorded.id, SOURCE)
        assert arrived.recordedtime == "2024-03-04T12:00:00.000000Z"

    def test_another_feed_goes_on_from_the_stored_places(
        self, source: Source, places: Places, recorder: Recorder
    ) -> None:
        read = Read()
        for subjects in ((1, 2, 3), (2, 3, 4)):
            recorder.record(*map(person, subjects))
            feed = source.feed(places)
            read_through(feed, places, recorder.store, read)
            feed.close()
        assert sorted(read.sequences) == [1, 2, 3, 4, 5, 6]

    def test_a_delivery_that_was_not_applied_comes_again(self, feed: Feed, places: Places, recorder: Recorder) -> None:
        recorder.record(person(1), person(1))
        lost = _next(feed)
        read = read_through(feed, places, recorder.store)
        assert read.facts[: len(lost.facts)] == lost.facts
        assert read.sequences == [1, 2]

    def test_after_reset_it_reads_from_where_somebody_else_moved_the_places(
        self, feed: Feed, places: Places, recorder: Recorder
    ) -> None:
        recorder.record(person(1))
        refused = _next(feed)
        places.move(refused)  # by somebody else
        feed.reset()
        recorder.record(person(1))
        assert read_through(feed, places, recorder.store).sequences == [2]

    def test_moves_are_a_chain_from_the_stored_place_on(self, feed: Feed, places: Places, recorder: Recorder) -> None:
        read = Read()
        for _ in range(4):
            recorder.record(*map(person, range(6)))
            read_through(feed, places, recorder.store, read)
        at: dict[object, Place] = {}
        for delivery in read.deliveries:
            for key, (before, after) in delivery.moves.items():
                assert before == at.get(key)
                at[key] = after
        assert at == places.stored

    def test_through_never_promises_a_fact_that_has_not_come(
        self, source: Source, places: Places, recorder: Recorder
    ) -> None:
        recorder.record_many(500, persons=11, commit_size=20)
        feed = source.feed(places, max_records=40)
        read = read_through(feed, places, recorder.store)
        feed.close()
        partitions = {fact.subject: fact.partition for fact in read.facts}
        of_partition = {
            partition: [n for n in range(1, 501) if partitions[person((n - 1) % 11)] == partition]
            for partition in set(partitions.values())
        }
        come: set[int] = set()
        for delivery in read.deliveries:
            come.update(fact.sequence for fact in delivery.facts)
            for (_, partition), (_, after) in delivery.moves.items():
                assert come >= {n for n in of_partition.get(partition, []) if n <= after.through}
        assert max(len(delivery.facts) for delivery in read.deliveries) <= 40

    def test_what_is_unreadable_becomes_a_letter_and_holds_nothing_up(
        self, source: Source, feed: Feed, places: Places, recorder: Recorder
    ) -> None:
        recorder.record(person(1))
        read = read_through(feed, places, recorder.store)
        source.put(b'{"id": "x", "recordedtime": "2024-03-04T12:00:00.000000Z"}')
        recorder.record(person(1))
        read_until(feed, places, lambda r: len(r.letters) == 1 and len(r.facts) == 2, read)
        (letter,) = read.letters
        assert letter.service == SERVICE
        assert letter.reason
        assert b'"id": "x"' in (letter.value or b"")
        assert places.stored[SERVICE, letter.partition].topic_id.startswith(letter.topic_id)
        assert [fact.streamversion for fact in read.facts] == [1, 2]

    def test_hostile_bytes_are_letters(self, source: Source, feed: Feed, places: Places, recorder: Recorder) -> None:
        recorder.record(person(1))
        hostile = [
            b"\x00\xff\xfe",
            b"[" * 50_000,
            b"{" + b'"a":1,' * 9 + b"}",
            b"null",
            b'"text"',
            b"{}",
            b'{"id":"\\ud800"}',
        ]
        for value in hostile:
            source.put(value)
        read = read_until(feed, places, lambda r: len(r.letters) == len(hostile) and len(r.facts) == 1)
        assert len({(letter.partition, letter.offset) for letter in read.letters}) == len(hostile)
        assert all(letter.reason for letter in read.letters)

    def test_poll_gives_up_after_its_time_and_is_woken_by_a_fact(
        self, feed: Feed, places: Places, recorder: Recorder
    ) -> None:
        recorder.record(person(1))
        read_through(feed, places, recorder.store)
        read_until(feed, places, lambda r: r.deliveries and r.deliveries[-1].is_empty)
        assert feed.poll(0.05).is_empty
        recording = threading.Timer(0.2, recorder.record, [person(1)])
        recording.start()
        try:
            assert _next(feed, timeout_s=20).facts[0].streamversion == 2
        finally:
            recording.join()

    def test_what_a_store_holds_of_a_subject_can_be_asked(self, feed: Feed, places: Places, recorder: Recorder) -> None:
        recorder.record(person(1), person(2), person(1))
        read_through(feed, places, recorder.store)
        whole = feed.of_subject(SERVICE, person(1))
        assert ([fact.streamversion for fact in whole.facts], whole.moves) == ([1, 2], {})


class TestStoreFeed(FeedContract):
    @pytest.fixture
    def source(self, store: FactStore) -> Source:
        return StoreSource(store)

    def test_what_is_recorded_while_it_waits_for_its_turn_comes_with_what_woke_it(
        self, places: Places, recorder: Recorder
    ) -> None:
        pace = Meanwhile(recorder)
        feed = StoreFeed([recorder.store], places.load, places.ensure, pace=pace)
        recorder.record(person(1))
        for expected in ([1], [2, 3], []):
            pace.is_due = recorder.store.last_sequence() == 2
            delivery = feed.poll(0)
            assert [fact.sequence for fact in delivery.facts] == expected
            places.move(delivery)
            feed.applied(delivery)
            if expected == [1]:
                recorder.record(person(1))
        assert pace.begun == 2  # the third found nothing, and holds up nobody
        feed.close()

    def test_services_take_turns(self, database_url: str, store: FactStore, places: Places) -> None:
        other = FactStore(database_url, "agrement")
        other.create()
        Recorder(store).record_many(50)
        Recorder(other).record_many(50)
        feed = StoreFeed([store, other], places.load, places.ensure, max_records=10)
        services = []
        for _ in range(4):
            delivery = feed.poll(0)
            feed.applied(delivery)
            services.append({fact.service for fact in delivery.facts})
        assert services.count({"pathways"}) == services.count({"agrement"}) == 2
        assert places.ensured == {("pathways", 0), ("agrement", 0)}
        feed.close()
        other.close()

    def test_a_restored_store_that_has_grown_past_the_place_is_noticed(
        self, source: Source, feed: Feed, places: Places, recorder: Recorder, store: FactStore
    ) -> None:
        """Its numbers were given anew: reading on would skip what was recorded under them."""
        recorder.record_many(5)
        read_through(feed, places, recorder.store)
        with store.connection() as connection:
            connection.execute("DELETE FROM pathways.intake")
            connection.execute("DELETE FROM pathways.facts")
            connection.execute("ALTER SEQUENCE pathways.facts_notification_id_seq RESTART")
        recorder.record_many(9)
        other = source.feed(places)
        assert other.poll(0).is_empty
        assert "the store of pathways holds another fact at 5" in (other.problem or "")
        other.close()

    def test_a_store_that_ends_before_the_place_stops_its_service_alone(
        self, database_url: str, store: FactStore, places: Places, recorder: Recorder
    ) -> None:
        agrement = FactStore(database_url, "agrement")
        agrement.create()
        recorder.record_many(5)
        Recorder(agrement).record_many(5)
        first = StoreFeed([store, agrement], places.load, places.ensure)
        read_until(first, places, lambda read: len(read.facts) == 10)
        with store.connection() as connection:
            connection.execute("DELETE FROM pathways.facts WHERE notification_id > 3")
        stopped: list[str] = []
        other = StoreFeed([store, agrement], places.load, places.ensure, on_stop=stopped.append)
        with agrement.connection() as connection:
            connection.execute(
                "INSERT INTO agrement.facts (originator_id, originator_version, topic, state)"
                " SELECT originator_id, originator_version + 100, topic, state FROM agrement.facts"
            )
        read = read_until(other, places, lambda read: len(read.facts) == 5)
        assert {fact.service for fact in read.facts} == {"agrement"}
        assert "the store of pathways ends at 3, and was read up to 5" in (other.problem or "")
        assert set(stopped) == {SERVICE}
        for one in (first, other):
            one.close()
        agrement.close()


class TestKafkaFeed(FeedContract):
    @pytest.fixture
    def source(self, kafka: str, topic_prefix: str, store: FactStore) -> Iterator[Source]:
        with running_relay(store, topics_at(kafka, topic_prefix)):
            yield KafkaSource(kafka, topic_prefix, store)

    def test_every_partition_has_a_place_and_a_mark(self, feed: Feed, places: Places, recorder: Recorder) -> None:
        recorder.record(person(1))
        read_through(feed, places, recorder.store)
        assert {key: place.through for key, place in places.stored.items()} == {
            (SERVICE, partition): 1 for partition in range(PARTITIONS)
        }


def _next(feed: Feed, timeout_s: float = 20.0) -> Delivery:
    """The next delivery with facts; marks alone are applied on the way, without places moving."""
    while not (delivery := feed.poll(timeout_s)).facts:
        assert not delivery.is_empty, "nothing came"
        feed.applied(delivery)
    return delivery

"""What only a feed of topics meets: other topics of the same name, and other members of its group."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from shared.feeds.consumer import ends_of
from shared.feeds.feed import Delivery
from shared.feeds.kafka_feed import KafkaFeed
from shared.kafka.topics import Topics
from shared.log.envelope import mark
from shared.log.place import Place
from shared.log.store import FactStore
from shared.process.unavailable import UnavailableError
from tests.parts.waiting import wait_until
from tests.shared.feeding import (
    PARTITIONS,
    SERVICE,
    Places,
    Read,
    RefusedError,
    RunningRelay,
    delete,
    id_of,
    read_through,
    read_until,
    running_relay,
    topics_at,
)
from tests.shared.recording import Recorder, person

NewFeed = Callable[[], KafkaFeed]


@pytest.fixture
def places() -> Places:
    return Places()


@pytest.fixture(autouse=True)
def relay(store: FactStore, own: Topics) -> Iterator[RunningRelay]:
    with running_relay(store, own) as running:
        yield running


@pytest.fixture
def new_feed(kafka: str, topic_prefix: str, places: Places) -> Iterator[NewFeed]:
    """Members of one group."""
    with ExitStack() as stack:

        def new() -> KafkaFeed:
            one = KafkaFeed(
                topics_at(kafka, topic_prefix),
                [SERVICE],
                f"{topic_prefix}-group",
                places.load,
                places.ensure,
                topic_check_s=0.5,
            )
            return stack.enter_context(closing(one))

        yield new


def test_a_topic_made_again_while_it_is_read_is_read_from_its_beginning(
    store: FactStore, recorder: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    feed, read = new_feed(), Read()
    recorder.record_many(40, persons=9)
    read_through(feed, places, store, read)
    before = id_of(topics)
    delete(topics)
    recorder.record_many(5, persons=9)
    read_until(feed, places, lambda _: all(place.topic_id != before for place in places.stored.values()), read)
    read_through(feed, places, store, read)
    assert set(read.sequences) == set(range(1, 46))
    assert all(read.sequences.count(sequence) >= 2 for sequence in range(1, 41))


def test_a_topic_made_again_while_nobody_read_is_read_from_its_beginning(
    store: FactStore, recorder: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    recorder.record_many(10)
    feed = new_feed()
    read_through(feed, places, store)
    feed.close()
    places.stored = {
        key: Place("11111111-1111-1111-1111-111111111111", place.offset, place.through + 100)
        for key, place in places.stored.items()
    }
    read = read_until(new_feed(), places, lambda r: len(r.facts) == 10)
    assert sorted(read.sequences) == list(range(1, 11))
    assert all(before is None or after.through <= 10 for one in read.deliveries for before, after in one.moves.values())


def test_a_mark_meant_for_another_topic_promises_nothing(
    store: FactStore, recorder: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    recorder.record(person(1))
    feed = new_feed()
    read_through(feed, places, store)
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap)
    for partition in range(PARTITIONS):
        producer.send(topics.name(SERVICE), value=mark(SERVICE, 999, "another"), partition=partition)
    producer.flush()
    producer.close()
    ends = {number: end for number, (_, end) in topics.ranges(SERVICE).items()}
    read_until(feed, places, lambda _: {key[1]: place.offset for key, place in places.stored.items()} == ends)
    assert places.through(SERVICE) == 1


def test_members_of_a_group_share_the_partitions_and_the_last_one_reads_all(
    store: FactStore, recorder: Recorder, places: Places, new_feed: NewFeed
) -> None:
    """Each polls on its own, as processes do: polled in turns, kafka-python 3.0.12 may drop the answer to a join that came
    while the other was polled, and join again without end."""
    feeds, reads = [new_feed(), new_feed()], [Read(), Read()]
    stop, one_moves = threading.Event(), threading.Lock()

    def read_on(feed: KafkaFeed, read: Read) -> None:
        while not stop.is_set():
            read.add(_read_once(feed, places, one_moves))

    def both_read() -> bool:
        if sum(len(read.facts) for read in reads) == store.last_sequence():  # else there is more to read
            recorder.record(*(person(number) for number in range(12)))
        return all(read.facts for read in reads)

    threads = [threading.Thread(target=read_on, args=pair) for pair in zip(feeds, reads, strict=True)]
    for thread in threads:
        thread.start()
    try:
        wait_until(both_read, "both read something", 60)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    feeds[1].close()
    read_through(feeds[0], places, store, reads[0])
    together = sorted(reads[0].sequences + reads[1].sequences)
    assert together == list(range(1, store.last_sequence() + 1))


def test_the_group_s_offsets_are_written_for_tools_and_not_read(
    store: FactStore, recorder: Recorder, topics: Topics, places: Places, new_feed: NewFeed, topic_prefix: str
) -> None:
    recorder.record_many(10)
    feed = new_feed()
    read_through(feed, places, store)
    stored = {partition: place.offset for (_, partition), place in places.stored.items()}
    feed.close()
    client = KafkaAdminClient(bootstrap_servers=topics.bootstrap)
    group = f"{topic_prefix}-group"
    written = {one.partition: offset.offset for one, offset in client.list_group_offsets([group])[group].items()}
    client.close()
    assert written == stored
    places.stored.clear()
    assert sorted(read_through(new_feed(), places, store).sequences) == list(range(1, 11))


def _read_once(feed: KafkaFeed, places: Places, one_moves: threading.Lock) -> Delivery:
    try:
        delivery = feed.poll(0.2)
        with one_moves:
            places.move(delivery)
    except (RefusedError, UnavailableError):
        feed.reset()
        return Delivery()
    feed.applied(delivery)
    return delivery


def test_at_rest_tools_see_no_lag(
    store: FactStore, recorder: Recorder, topics: Topics, places: Places, new_feed: NewFeed, topic_prefix: str
) -> None:
    """Marks are records too, and the last of them come when nothing follows that would have the offsets written."""
    recorder.record_many(40, persons=9)
    feed = new_feed()
    read_through(feed, places, store)
    client = KafkaAdminClient(bootstrap_servers=topics.bootstrap)
    group = f"{topic_prefix}-group"

    def is_without_lag(_: Read) -> bool:
        written = {one.partition: offset.offset for one, offset in client.list_group_offsets([group])[group].items()}
        return written == {number: end for number, (_, end) in topics.ranges(SERVICE).items()}

    with closing(client):
        read_until(feed, places, is_without_lag)


def test_topics_that_are_not_there_are_named(kafka: str, places: Places, topic_prefix: str) -> None:
    feed = KafkaFeed(
        topics_at(kafka, f"{topic_prefix}-none"), ["pathways"], f"{topic_prefix}-g", places.load, places.ensure
    )
    told = f"none of its topics is there: {topic_prefix}-none.pathways"

    def is_told() -> bool:
        feed.poll(0.1)
        return told in (feed.problem or "")

    with closing(feed):
        wait_until(is_told, "it has joined, and says so")


def test_a_partition_that_goes_while_its_offsets_are_asked_for_is_waited_for() -> None:
    """A moment that no broker brings about when it is asked to: how the client tells of it is all that is shown."""

    class Client:
        def beginning_offsets(self, partitions: list[TopicPartition], timeout_ms: int) -> None:
            raise KeyError(partitions[0])

    with pytest.raises(UnavailableError) as raised:
        ends_of(Client(), [TopicPartition("some.topic", 0)])
    assert raised.value.told == "kafka: some.topic is not there (any more)"

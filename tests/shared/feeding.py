"""What the tests of feeds and relays share: places in memory, reading up to a position, a relay in a thread."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import NewPartitions

from shared.feeds.feed import Delivery, Feed, Letter
from shared.kafka.relay import Relay
from shared.kafka.relay_position import RelayPosition, Saved
from shared.kafka.topics import Topics
from shared.log.place import Arrived, Key, Place
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.pace import Pace
from shared.process.unavailable import UnavailableError
from tests.parts.waiting import wait_until

DEADLINE_S = 40.0
PARTITIONS = 3
SERVICE = "pathways"


class RefusedError(Exception):
    """A place was moved by somebody else."""


class Places:
    """As the projector's table: compare and set, all or none. `filled`: those of what was read from stores instead."""

    def __init__(self) -> None:
        self.stored: dict[Key, Place] = {}
        self.filled: dict[Key, Place] = {}
        self.ensured: set[Key] = set()

    def load(self, keys: Iterable[Key]) -> dict[Key, Place]:
        return {key: self.stored[key] for key in keys if key in self.stored}

    def ensure(self, keys: Iterable[Key]) -> None:
        self.ensured.update(keys)

    def load_filled(self, keys: Iterable[Key]) -> dict[Key, Place]:
        return {key: self.filled[key] for key in keys if key in self.filled}

    def ensure_filled(self, keys: Iterable[Key]) -> None:
        pass

    def move(self, delivery: Delivery) -> None:
        places = self.filled if delivery.feed else self.stored
        for key, (before, _) in delivery.moves.items():
            if places.get(key) != before:
                raise RefusedError(key)
        places.update({key: after for key, (_, after) in delivery.moves.items()})

    def through(self, service: str) -> int:
        """The least over the ensured partitions, 0 while one is not stored."""
        keys = [key for key in self.ensured if key[0] == service]
        return min((self.stored[key].through if key in self.stored else 0 for key in keys), default=0)


@dataclass
class Read:
    facts: list[Arrived] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def sequences(self) -> list[int]:
        return [fact.sequence for fact in self.facts]

    def versions_of(self, subject: str) -> list[int]:
        return [fact.streamversion for fact in self.facts if fact.subject == subject]

    def add(self, delivery: Delivery) -> None:
        self.facts += delivery.facts
        self.letters += delivery.letters
        self.deliveries.append(delivery)


def read_until(feed: Feed, places: Places, condition: Callable[[Read], object], into: Read | None = None) -> Read:
    """Poll and commit as a projector does, until `condition` of what was read."""
    read = into or Read()
    deadline = monotonic() + DEADLINE_S
    while not condition(read):
        if monotonic() > deadline:
            raise TimeoutError(f"read {len(read.facts)} facts and {len(read.letters)} letters, places {places.stored}")
        try:
            delivery = feed.poll(0.2)
            places.move(delivery)
        except (RefusedError, UnavailableError):
            feed.reset()
            continue
        feed.applied(delivery)
        read.add(delivery)
    return read


def read_through(feed: Feed, places: Places, store: FactStore, into: Read | None = None) -> Read:
    """Until everything recorded now has been applied."""
    last = store.last_sequence()
    return read_until(feed, places, lambda _: places.through(store.service) >= last, into)


@dataclass
class RunningRelay:
    relay: Relay
    metrics: Metrics
    stop: threading.Event
    thread: threading.Thread

    @property
    def position(self) -> int:
        """Saved in the database, by whichever relay works; 0 while that is away."""
        with suppress(UnavailableError), self.relay.store.connection() as connection:
            saved = self.relay.positions.load(connection)
            return saved.position if saved else 0
        return 0

    def wait_published(self, sequence: int) -> None:
        wait_until(lambda: self.position >= sequence, f"relay at {sequence}", DEADLINE_S)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()


@contextmanager
def running_relay(
    store: FactStore,
    topics: Topics,
    *,
    topic_check_s: float = 0.5,
    daily: Callable[[], None] = lambda: None,
    pace: Pace | None = None,
) -> Iterator[RunningRelay]:
    metrics, stop = Metrics(), threading.Event()
    relay = Relay(store, topics, metrics, topic_check_s=topic_check_s, daily=daily, pace=pace)
    thread = threading.Thread(target=relay.run, args=(stop,), name="relay")
    thread.start()
    running = RunningRelay(relay, metrics, stop, thread)
    try:
        yield running
    finally:
        running.end()
        topics.close()


def topics_at(bootstrap: str, prefix: str) -> Topics:
    return Topics(bootstrap, prefix, partitions=PARTITIONS)


def id_of(topics: Topics) -> str:
    topic_id = topics.ids([SERVICE])[SERVICE]
    assert topic_id
    return topic_id


def delete(topics: Topics) -> None:
    client = KafkaAdminClient(bootstrap_servers=topics.bootstrap)
    client.delete_topics([topics.name(SERVICE)])
    client.close()


def saved_in(store: FactStore, topics: Topics) -> Saved | None:
    with store.connection() as connection:
        return RelayPosition(SERVICE, topics.name(SERVICE)).load(connection)


def forget(topics: Topics, partitions: Iterable[int] | None = None) -> None:
    """What retention does, at once; of all partitions, or of these."""
    name = topics.name(SERVICE)
    numbers = topics.ranges(SERVICE).keys() if partitions is None else partitions
    client = KafkaAdminClient(bootstrap_servers=topics.bootstrap)
    client.delete_records({TopicPartition(name, number): -1 for number in numbers})
    client.close()


def grow(topics: Topics, partitions: int, service: str = SERVICE) -> None:
    client = KafkaAdminClient(bootstrap_servers=topics.bootstrap)
    client.create_partitions({topics.name(service): NewPartitions(partitions)})
    client.close()


def produce(topics: Topics, *records: dict[str, Any]) -> None:
    """By hand: `value`, and perhaps `key`, `partition`, `headers`."""
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap)
    for record in records:
        producer.send(topics.name(SERVICE), **record)
    producer.flush()
    producer.close()

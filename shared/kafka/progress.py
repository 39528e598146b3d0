"""How far the facts of each service are on their way: in the store, through the relay, in the topic, applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from pydantic_core import from_json

from shared.kafka.clients import opened, reaching_kafka
from shared.kafka.relay_position import RelayPosition
from shared.kafka.topics import Topics
from shared.log.envelope import Mark, UnreadableError, read
from shared.log.place import Key, Place
from shared.log.store import FactStore

MARK_WITHIN = 200
"""Records at the end of a partition among which its last mark is looked for."""
READ_TIMEOUT_MS = 2_000
"""Nothing for so long: what is still missing was deleted meanwhile, or Kafka is away. The state is shown without it."""


@dataclass(frozen=True, slots=True)
class LastFact:
    sequence: int
    type: str
    subject: str
    recordedtime: str


@dataclass(frozen=True, slots=True)
class PartitionState:
    """`first`: the oldest offset there is; `end`: the next to be written. `last_mark`: None where none was found."""

    partition: int
    first: int
    end: int
    last_mark: int | None
    place: Place | None


@dataclass(frozen=True, slots=True)
class TopicState:
    """`relay_position`: None before the first relay, or when it is of another topic of the same name."""

    topic: str
    topic_id: str | None
    relay_position: int | None
    relay_moved_at: datetime | None
    partitions: list[PartitionState]


@dataclass(frozen=True, slots=True)
class StreamState:
    """`applied`: the sequence up to which everything has been applied; None where nothing is known about a reader."""

    service: str
    last_sequence: int
    last_fact: LastFact | None
    topic: TopicState | None
    applied: int | None

    @property
    def relay_lag(self) -> int | None:
        """Sequences recorded and not published; None without a topic or a relay."""
        if self.topic is None or self.topic.relay_position is None:
            return None
        return self.last_sequence - self.topic.relay_position

    @property
    def projection_lag(self) -> int | None:
        """Sequences recorded and not known to be applied."""
        return None if self.applied is None else self.last_sequence - self.applied


def stream_states(
    stores: Iterable[FactStore], topics: Topics | None, places: Mapping[Key, Place] | None = None
) -> list[StreamState]:
    """One state per service. `topics`: None where the stores are read. `places`: of one projection, by its feed.

    Raise UnavailableError.
    """
    return [_stream_state(store, topics, places) for store in stores]


def _stream_state(store: FactStore, topics: Topics | None, places: Mapping[Key, Place] | None) -> StreamState:
    last_sequence = store.last_sequence()
    of_service = {key: place for key, place in (places or {}).items() if key[0] == store.service}
    topic = None if topics is None else _topic_state(store, topics, of_service)
    applied = None if places is None else _applied(store.service, topic, of_service)
    return StreamState(store.service, last_sequence, _last_fact(store, last_sequence), topic, applied)


def state_without_kafka(store: FactStore, topics: Topics, places: Mapping[Key, Place]) -> StreamState:
    """What is known while Kafka does not answer: what the relay and one reader have noted. Raise UnavailableError."""
    last_sequence = store.last_sequence()
    name = topics.name(store.service)
    with store.connection() as connection:
        saved = RelayPosition(store.service, name).load(connection)
    of_service = {key: place for key, place in places.items() if key[0] == store.service}
    topic = TopicState(
        topic=name,
        topic_id=saved.topic_id if saved else None,
        relay_position=saved.position if saved else None,
        relay_moved_at=saved.moved_at if saved else None,
        partitions=[],
    )
    applied = min((place.through for place in of_service.values()), default=0)
    return StreamState(store.service, last_sequence, _last_fact(store, last_sequence), topic, applied)


def _last_fact(store: FactStore, last_sequence: int) -> LastFact | None:
    entries = store.log(last_sequence - 1, 1) if last_sequence else []
    if not entries:
        return None
    (entry,) = entries
    return LastFact(entry.sequence, entry.type, entry.subject, str(_instant(entry.state)))


def _instant(state: bytes) -> object:
    try:
        return from_json(state).get("recordedtime", "")
    except (ValueError, AttributeError):
        return ""


def _topic_state(store: FactStore, topics: Topics, places: Mapping[Key, Place]) -> TopicState:
    name = topics.name(store.service)
    topic_id = topics.ids([store.service])[store.service]
    with store.connection() as connection:
        saved = RelayPosition(store.service, name).load(connection)
    is_ours = saved is not None and saved.topic_id == topic_id
    return TopicState(
        topic=name,
        topic_id=topic_id,
        relay_position=saved.position if saved and is_ours else None,
        relay_moved_at=saved.moved_at if saved and is_ours else None,
        partitions=_partitions(store.service, topics, places) if topic_id else [],
    )


def _partitions(service: str, topics: Topics, places: Mapping[Key, Place]) -> list[PartitionState]:
    ranges = topics.ranges(service)
    marks = last_marks(service, topics, ranges)
    return [
        PartitionState(number, first, end, marks.get(number), places.get((service, number)))
        for number, (first, end) in ranges.items()
    ]


def _applied(service: str, topic: TopicState | None, places: Mapping[Key, Place]) -> int:
    """The least over the partitions. A place in another topic of the same name promises nothing about this one."""
    if topic is None:
        # A store is one partition.
        place = places.get((service, 0))
        return place.through if place else 0
    stored = [partition.place for partition in topic.partitions]
    return min((place.through if place and place.topic_id == topic.topic_id else 0 for place in stored), default=0)


def last_marks(service: str, topics: Topics, ranges: Mapping[int, tuple[int, int]] | None = None) -> dict[int, int]:
    """What the last mark at the end of each partition promises; nothing of a partition without one, or without a topic."""
    name = topics.name(service)
    if ranges is None:
        ranges = topics.ranges(service) if topics.ids([service])[service] else {}
    ends = {TopicPartition(name, number): end for number, (first, end) in ranges.items() if end > first}
    if not ends:
        return {}
    consumer = opened(KafkaConsumer, bootstrap_servers=topics.bootstrap, enable_auto_commit=False)
    with reaching_kafka():
        try:
            consumer.assign(list(ends))
            for partition, end in ends.items():
                # From a little before the end: marks come many times a second while facts do.
                consumer.seek(partition, max(ranges[partition.partition][0], end - MARK_WITHIN))
            return _read_marks(service, consumer, ends)
        finally:
            consumer.close(autocommit=False)


def _read_marks(service: str, consumer: Any, ends: dict[TopicPartition, int]) -> dict[int, int]:
    marks: dict[int, int] = {}
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        batches = consumer.poll(timeout_ms=READ_TIMEOUT_MS)
        if not batches:
            break
        for partition, records in batches.items():
            for record in records:
                if (through := _mark(service, partition.partition, record.value)) is not None:
                    marks[partition.partition] = through
    return marks


def _mark(service: str, partition: int, value: bytes | None) -> int | None:
    try:
        read_value = read(service, partition, value)
    except UnreadableError:
        return None
    return read_value.through if isinstance(read_value, Mark) else None

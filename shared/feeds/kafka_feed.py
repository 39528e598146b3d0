"""A feed that reads the topics, as one member of a consumer group, from places stored elsewhere.

The group only shares out partitions. Where to read on is what `load_places` says; the group's own offsets are written
for tools that show lag, and never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError, LogTruncationError, OffsetOutOfRangeError

from shared.feeds.feed import Delivery, EnsurePlaces, Letter, LoadPlaces, PlaceOutOfRangeError
from shared.kafka.clients import opened, reaching_kafka
from shared.kafka.topics import Topics
from shared.log.envelope import Mark, UnreadableError, read
from shared.log.place import Key, Place
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

SESSION_S = 10.0
"""A member silent for so long is out of the group, and its partitions are read by others."""
TOPIC_CHECK_S = 5.0
GROUP_OFFSETS_S = 1.0
"""How often the group's offsets are written: only tools that show lag read them."""
SHORT_POLL_S = 0.1
"""While partitions come and go: a new one waits for its place until the consumer's poll returns."""
LONG_POLL_S = 1.0
"""Otherwise, so that topics are checked also while nothing comes."""
OFFSETS_TIMEOUT_MS = 5_000
"""Of a question about the ends of partitions; it is asked while the others of this member wait."""


@dataclass(slots=True)
class _Reading:
    """One assigned partition. `stored`: its place in the database, as far as known here."""

    topic_id: str
    stored: Place | None
    offset: int
    through: int


class KafkaFeed:
    """`topic_check_s`: how long a topic that was deleted and made again may go unnoticed."""

    name = "kafka"

    def __init__(
        self,
        topics: Topics,
        services: Sequence[str],
        group: str,
        load_places: LoadPlaces,
        ensure_places: EnsurePlaces,
        *,
        max_records: int = 10_000,
        session_s: float = SESSION_S,
        topic_check_s: float = TOPIC_CHECK_S,
    ) -> None:
        self._topics = topics
        self._services = {topics.name(service): service for service in services}
        self._group = group
        self._load_places = load_places
        self._ensure_places = ensure_places
        self._max_records = max_records
        self._session_s = session_s
        self._topic_check_s = topic_check_s
        self._consumer: Any = None
        self._reading: dict[TopicPartition, _Reading] = {}
        self._is_outstanding = False
        self._check_topics_at = 0.0
        self._last_poll = monotonic()
        self._group_offsets: dict[TopicPartition, OffsetAndMetadata] = {}
        self._write_group_offsets_at = 0.0

    def poll(self, timeout_s: float) -> Delivery:
        deadline = monotonic() + timeout_s
        # A delivery that nobody applied comes again. After a long pause the partitions may have been somebody else's.
        if self._is_outstanding or monotonic() - self._last_poll > self._session_s:
            self.reset()
        consumer = self._connected()
        while True:
            self._check_topics()
            self._place_assigned(consumer)
            delivery = self._take(consumer, max(deadline - monotonic(), 0))
            if not delivery.is_empty or monotonic() >= deadline:
                self._is_outstanding = not delivery.is_empty
                return delivery

    def applied(self, delivery: Delivery) -> None:
        self._is_outstanding = False
        for (service, partition), (_, after) in delivery.moves.items():
            partition_of_topic = TopicPartition(self._topics.name(service), partition)
            if reading := self._reading.get(partition_of_topic):
                reading.stored = after
                self._group_offsets[partition_of_topic] = OffsetAndMetadata(after.offset, "", -1)
        if monotonic() >= self._write_group_offsets_at:
            self._write_group_offsets()

    def reset(self) -> None:
        self._is_outstanding = False
        self._forget(list(self._reading))

    def close(self) -> None:
        if self._consumer is not None:
            with suppress(KafkaError):
                self._consumer.commit(self._owned(self._group_offsets), timeout_ms=1_000)
            with suppress(KafkaError):
                self._consumer.close(autocommit=False, timeout_ms=3_000)
            self._consumer = None
        self._topics.close()

    def _connected(self) -> Any:
        if self._consumer is None:
            self._consumer = opened(
                KafkaConsumer,
                bootstrap_servers=self._topics.bootstrap,
                client_id=self._group,
                group_id=self._group,
                # Who comes or goes takes nothing from the others but what changes hands.
                partition_assignment_strategy=[CooperativeStickyAssignor],
                enable_auto_commit=False,
                # An error, never a silent jump: where to read is our decision (`_start`).
                auto_offset_reset="none",
                max_poll_records=self._max_records,
                session_timeout_ms=int(self._session_s * 1_000),
                heartbeat_interval_ms=int(self._session_s * 300),  # three in a session, as Kafka advises
                request_timeout_ms=15_000,  # longer than a session: a join is answered once the slowest member is in or out
                metadata_max_age_ms=10_000,  # topics made after the start are found within that time
            )
            self._consumer.subscribe(list(self._services), listener=_Assignments(self._consumer, self._reading))
        return self._consumer

    def _check_topics(self) -> None:
        """Stop reading partitions of topics that have another id by now; they are placed anew."""
        if monotonic() < self._check_topics_at:
            return
        self._check_topics_at = monotonic() + self._topic_check_s
        try:
            ids = self._topics.ids(self._services.values())
        except UnavailableError as error:
            log.warning("topics_not_checked", **error.fields)
            return
        for partition in list(self._reading):
            service = self._services[partition.topic]
            if ids[service] not in {None, self._reading[partition].topic_id}:
                self._forget([partition])

    def _place_assigned(self, consumer: Any) -> None:
        """Seek every newly assigned or forgotten partition to its stored place. Raise PlaceOutOfRangeError."""
        new = sorted(consumer.assignment() - self._reading.keys())
        if not new:
            return
        keys = {partition: self._key(partition) for partition in new}
        # Ids before offsets: a topic made again in between shows as out of range, and the next check finds it.
        ids = self._topics.ids(self._services.values())
        first, last = self._range(consumer, new)
        self._ensure_places(self._all_keys(consumer, ids))
        stored = self._load_places(keys.values())
        for partition, key in keys.items():
            if topic_id := ids[key[0]]:
                reading = _start(key, partition.topic, topic_id, stored.get(key), first[partition], last[partition])
                consumer.seek(partition, reading.offset)
                consumer.resume(partition)
                self._reading[partition] = reading

    def _all_keys(self, consumer: Any, ids: dict[str, str | None]) -> set[Key]:
        """Also of partitions that others read, and at least one of each service: what has been applied is the least
        over all of them, from the first moment on."""
        keys = {(service, 0) for service in self._services.values()}
        for topic, service in self._services.items():
            if ids[service]:
                keys.update((service, partition) for partition in consumer.partitions_for_topic(topic))
        return keys

    def _range(self, consumer: Any, partitions: list[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
        with reaching_kafka():
            return (
                consumer.beginning_offsets(partitions, timeout_ms=OFFSETS_TIMEOUT_MS),
                consumer.end_offsets(partitions, timeout_ms=OFFSETS_TIMEOUT_MS),
            )

    def _take(self, consumer: Any, left_s: float) -> Delivery:
        is_settled = bool(self._reading) and consumer.assignment() == self._reading.keys()
        wait_s = min(left_s, LONG_POLL_S if is_settled else SHORT_POLL_S)
        delivery = Delivery()
        _finish_rebalance(consumer)
        started = monotonic()
        try:
            with reaching_kafka():
                batches = consumer.poll(timeout_ms=int(wait_s * 1_000))
        except UnavailableError as error:
            self._out_of_range(error)
            return delivery
        self._last_poll = monotonic()
        if self._last_poll - started > wait_s + self._session_s:
            # This process stood still: its partitions are somebody else's by now.
            log.warning("feed_stood_still", group=self._group, seconds=round(self._last_poll - started, 1))
            self.reset()
            return delivery
        for partition, records in batches.items():
            if reading := self._reading.get(partition):
                self._sort(self._key(partition), reading, records, delivery)
        return delivery

    def _out_of_range(self, error: UnavailableError) -> None:
        """Another topic of the same name is read from its beginning; else the place is looked at again, which raises."""
        if not isinstance(error.__cause__, OffsetOutOfRangeError | LogTruncationError):
            raise error
        self._check_topics_at = 0.0
        self.reset()

    def _sort(self, key: Key, reading: _Reading, records: Iterable[Any], delivery: Delivery) -> None:
        service, partition = key
        for record in records:
            try:
                fact_or_mark = read(service, partition, record.value)
            except UnreadableError as error:
                delivery.letters.append(_letter(key, reading.topic_id, str(error), record))
            else:
                if not isinstance(fact_or_mark, Mark):
                    delivery.facts.append(fact_or_mark)
                elif fact_or_mark.topic_id == reading.topic_id:
                    reading.through = max(reading.through, fact_or_mark.through)
                else:
                    self._check_topics_at = 0.0  # a mark for another topic: was this one just made again?
            reading.offset = record.offset + 1
        delivery.moves[key] = (reading.stored, Place(reading.topic_id, reading.offset, reading.through))

    def _key(self, partition: TopicPartition) -> Key:
        return (self._services[partition.topic], partition.partition)

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            with suppress(KeyError):  # not ours any more
                self._consumer.pause(partition)
            self._reading.pop(partition, None)

    def _write_group_offsets(self) -> None:
        self._write_group_offsets_at = monotonic() + GROUP_OFFSETS_S
        offsets, self._group_offsets = self._owned(self._group_offsets), {}
        if offsets:
            with suppress(KafkaError):
                self._consumer.commit_async(offsets)

    def _owned(self, offsets: dict[TopicPartition, OffsetAndMetadata]) -> dict[TopicPartition, OffsetAndMetadata]:
        return {partition: offset for partition, offset in offsets.items() if partition in self._reading}


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """Runs on the client's own thread, while `poll` waits for it: no database here, that would hold up heartbeats."""

    def __init__(self, consumer: Any, reading: dict[TopicPartition, _Reading]) -> None:
        self._consumer = consumer
        self._reading = reading

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        for partition in assigned:
            # Any position will do: without one, the client would take the group's own offset.
            self._consumer.seek(partition, 0)
            self._consumer.pause(partition)
            self._reading.pop(partition, None)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        for partition in revoked:
            self._reading.pop(partition, None)


def _finish_rebalance(consumer: Any) -> None:
    """A group leader whose poll ends while it waits for a rebalance that new topics brought about never looks for the
    answer again, and is thrown out of the group for its silence (kafka-python 3.0.12)."""
    coordinator = consumer._coordinator
    if coordinator.rejoining and not coordinator.need_rejoin():
        coordinator.request_rejoin()


def _start(key: Key, topic: str, topic_id: str, stored: Place | None, first: int, last: int) -> _Reading:
    """Where to begin reading a partition that holds the offsets from `first` up to before `last`."""
    if stored is not None and stored.topic_id == topic_id:
        if not first <= stored.offset <= last:
            raise PlaceOutOfRangeError(key[0], topic, key[1], stored.offset, first, last)
        return _Reading(topic_id, stored, stored.offset, stored.through)
    if stored is not None:
        log.warning(
            "topic_recreated", topic=topic, partition=key[1], before=stored.topic_id, now=topic_id, reading_from=first
        )
    if first > 0:
        log.warning(
            "topic_begins_late",
            topic=topic,
            partition=key[1],
            first=first,
            remedy=f"older facts are in the store only: parcours streams republish {key[0]}",
        )
    return _Reading(topic_id, stored, first, 0)


def _letter(key: Key, topic_id: str, reason: str, record: Any) -> Letter:
    headers = tuple((name, value or b"") for name, value in record.headers)
    return Letter(key[0], key[1], record.offset, topic_id, reason, record.key, record.value, headers)

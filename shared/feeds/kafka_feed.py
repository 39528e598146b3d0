"""A feed that reads the topics, as one member of a consumer group, from places stored elsewhere.

The group only shares out partitions. Where to read on is what `load_places` says; the group's own offsets are for tools
that show lag. What a topic does not hold of that any more comes from the stores (`filling`), and so does the word on
records that nobody vouches for (`sorting`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import structlog
from kafka import TopicPartition
from kafka.errors import KafkaError, LogTruncationError, OffsetOutOfRangeError

from shared.feeds.consumer import (
    Assignments,
    GroupOffsets,
    ends_of,
    finish_rebalance,
    gathered,
    opened_consumer,
    partition_counts,
)
from shared.feeds.contact import Contact
from shared.feeds.feed import TURN_S, Delivery, EnsurePlaces, LoadPlaces, OnStop, OtherLogError, Stops, nobody_told
from shared.feeds.filling import Filling
from shared.feeds.origin import Origin, StoreAwayError
from shared.feeds.sorting import Reading, Sorter, begun
from shared.feeds.store_log import FEED as STORE
from shared.kafka.clients import reaching_kafka
from shared.kafka.topics import Topics
from shared.log.place import Key
from shared.process.pace import Pace
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

SESSION_S = 10.0
"""A member silent for so long is out of the group, and its partitions are read by others."""
TOPIC_CHECK_S = 5.0
SHORT_POLL_S = 0.1
"""While partitions come and go: a new one waits for its place until the consumer's poll returns."""
LONG_POLL_S = 1.0
"""Otherwise, so that topics are checked also while nothing comes."""


class KafkaFeed:
    """`topic_check_s`: how long a topic that was deleted and made again may go unnoticed. `origin`: the services' stores;
    without them every readable record is believed, and a topic that has forgotten something is not read."""

    name = "kafka"

    def __init__(
        self,
        topics: Topics,
        services: Sequence[str],
        group: str,
        load_places: LoadPlaces,
        ensure_places: EnsurePlaces,
        *,
        origin: Origin | None = None,
        max_records: int = 40_000,
        on_stop: OnStop = nobody_told,
        session_s: float = SESSION_S,
        topic_check_s: float = TOPIC_CHECK_S,
    ) -> None:
        self._topics = topics
        self._services = {topics.name(service): service for service in services}
        self._group = group
        self._load_places = load_places
        self._ensure_places, self._origin = ensure_places, origin
        self._max_records = max_records
        self._session_s = session_s
        self._topic_check_s = topic_check_s
        self._consumer: Any = None
        self._reading: dict[TopicPartition, Reading] = {}
        self._partitions: dict[str, int] = {}
        """By service, how many have a place in the database."""
        self._torn: set[TopicPartition] = set()
        """Of which records that were read are gone: their offsets may stand for others by now."""
        self._stops, self._sorter = Stops(on_stop), Sorter(topics, origin)
        self._filling = Filling(origin, self._services, self._stops, self._applied)
        self._is_turn_of_stores = self._is_outstanding = False
        self._pace = Pace(TURN_S)
        self._check_topics_at = 0.0
        self._last_poll = monotonic()
        self._group_offsets = GroupOffsets(self._reading)
        self._contact = Contact(self._services, session_s)
        self._there: set[str] | None = None
        self._assignments: Assignments | None = None

    @property
    def problem(self) -> str | None:
        is_placed = self._consumer is not None and not self._to_place(self._consumer)
        given = self._assignments.topics if self._assignments else ()
        told = [
            self._contact.problem(self._consumer, is_placed=is_placed, there=self._there, given=given),
            *self._stops.reasons,
            *self._filling.problems,
        ]
        return "; ".join(filter(None, told)) or None

    def poll(self, timeout_s: float) -> Delivery:
        deadline = monotonic() + timeout_s
        # A delivery that nobody applied comes again. After a long pause the partitions may have been somebody else's.
        if self._is_outstanding or monotonic() - self._last_poll > self._session_s:
            self.reset()
        consumer = self._connected()
        self._group_offsets.write_sometimes(consumer)
        sleep(min(self._pace.left_s(monotonic()), timeout_s))
        while True:
            self._check_topics()
            self._place_assigned(consumer)
            delivery = self._next(consumer, max(deadline - monotonic(), 0))
            if not delivery.is_empty:
                self._is_outstanding = True
                self._pace.begin(monotonic())
            if self._is_outstanding or monotonic() >= deadline:
                return delivery

    def applied(self, delivery: Delivery) -> None:
        self._is_outstanding = False
        self._stops.release(delivery.services)
        if delivery.feed == STORE:
            self._filling.applied(delivery)
            return
        self._sorter.applied()
        for (service, partition), (_, after) in delivery.moves.items():
            partition_of_topic = TopicPartition(self._topics.name(service), partition)
            if reading := self._reading.get(partition_of_topic):
                reading.stored = after
                self._group_offsets.note(partition_of_topic, after.offset)

    def reset(self) -> None:
        self._is_outstanding = False
        self._partitions.clear()  # places may have been taken away, to read again
        self._filling.clear()
        self._forget(list(self._reading))

    def doubt(self, service: str, sequences: Collection[int]) -> None:
        if self._origin is None:
            self._stops.diverged(service, sequences)
        else:
            self._sorter.doubt(service, sequences)

    def of_subject(self, service: str, subject: str) -> Delivery:
        return self._origin.of_subject(service, subject) if self._origin is not None else Delivery()

    def close(self) -> None:
        if self._consumer is not None:
            self._group_offsets.write_last(self._consumer)
            with suppress(KafkaError):
                self._consumer.close(autocommit=False, timeout_ms=3_000)
            self._consumer = None
        self._topics.close()
        if self._origin is not None:
            self._origin.close()

    def _connected(self) -> Any:
        if self._consumer is None:
            self._consumer = opened_consumer(self._topics.bootstrap, self._group, self._max_records, self._session_s)
            self._assignments = Assignments(self._consumer, self._reading, self._filling.gaps)
            self._consumer.subscribe(list(self._services), listener=self._assignments)
        return self._consumer

    def _check_topics(self) -> None:
        """Stop reading partitions of topics that have another id by now; they are placed anew."""
        if monotonic() < self._check_topics_at:
            return
        self._check_topics_at = monotonic() + self._topic_check_s
        if self._origin is not None:
            self._origin.rest()
        try:
            ids = self._topics.ids(self._services.values())
        except UnavailableError as error:
            log.warning("topics_not_checked", **error.fields)
            return
        self._there = {topic for topic, service in self._services.items() if ids[service]}
        for partition, placed in [*self._reading.items(), *self._filling.gaps.items()]:
            if ids[self._services[partition.topic]] not in {None, placed.topic_id}:
                self._filling.gaps.pop(partition, None)
                self._forget([partition])

    def _place_assigned(self, consumer: Any) -> None:
        """Seek every newly assigned or forgotten partition to its stored place, or find out that there is a gap."""
        new = self._to_place(consumer)
        if not new:
            return
        # Ids before offsets: a topic made again in between shows as out of range, and the next check finds it.
        ids = self._topics.ids(self._services.values())
        first, last = ends_of(consumer, new)
        there = [topic for topic, service in self._services.items() if ids[service]]
        # Also of partitions that others read, and at least one of each service: what has been applied is the least over
        # all of them, from the first moment on.
        for service in self._services.values():
            self._ensure(service, 1)
        for topic, count in partition_counts(consumer, there).items():
            self._ensure(self._services[topic], count)
        stored = self._load_places([self._key(partition) for partition in new])
        for service in sorted({self._services[partition.topic] for partition in new}):
            if topic_id := ids[service]:
                mine = [partition for partition in new if self._services[partition.topic] == service]
                starts = {one: begun(self._key(one), topic_id, stored.get(self._key(one))) for one in mine}
                self._place(consumer, service, starts, first, last)

    def _to_place(self, consumer: Any) -> list[TopicPartition]:
        new = consumer.assignment() - self._reading.keys() - self._filling.gaps.keys()
        services = {topic: name for topic, name in self._services.items() if not self._is_left_alone(name)}
        return sorted(partition for partition in new if partition.topic in services)

    def _is_left_alone(self, service: str) -> bool:
        return self._stops.holds(service) or self._filling.waits(service)

    def _place(
        self,
        consumer: Any,
        service: str,
        starts: dict[TopicPartition, Reading],
        first: dict[TopicPartition, int],
        last: dict[TopicPartition, int],
    ) -> None:
        """Partitions of one service. Where one has a gap, so has each that is read from its beginning: what the store
        is read for has all of them."""
        outside = {one for one, start in starts.items() if not first[one] <= start.offset <= last[one]}
        outside |= self._torn & starts.keys()
        if outside:
            outside |= {one for one, start in starts.items() if start.through == 0}
        try:
            through = self._checked_origin(service) if outside else 0
        except StoreAwayError as error:
            self._filling.put_off(service, error)
            return
        for partition, start in starts.items():
            self._torn.discard(partition)
            if partition in outside:
                # Asked after the end of the partition: what stands before that end is in the store by then.
                after = Reading(start.topic_id, start.stored, last[partition], max(through, start.through))
                self._filling.gaps[partition] = after
            else:
                self._read_on(consumer, partition, start)

    def _checked_origin(self, service: str) -> int:
        """The last sequence of its store. Raise StoreAwayError."""
        if self._origin is None:
            raise StoreAwayError(
                reason="store", detail=f"the topic of {service} has forgotten facts that were not read"
            )
        return self._origin.last_sequence(service)

    def _read_on(self, consumer: Any, partition: TopicPartition, start: Reading) -> None:
        consumer.seek(partition, start.offset)
        consumer.resume(partition)
        self._reading[partition] = start
        self._group_offsets.note(partition, start.offset)  # one that was never written shows all of the topic as lag

    def _ensure(self, service: str, partitions: int) -> None:
        if partitions > self._partitions.get(service, 0):
            self._ensure_places([(service, number) for number in range(partitions)])
            self._partitions[service] = partitions

    def _applied(self, service: str) -> int:
        keys = [(service, number) for number in range(self._partitions.get(service, 1))]
        places = self._load_places(keys)
        return min(places[key].through if key in places else 0 for key in keys)

    def _next(self, consumer: Any, left_s: float) -> Delivery:
        """Stores and topics take turns, so that a long gap of one service does not hold up the others."""
        self._is_turn_of_stores = not self._is_turn_of_stores
        if self._filling.gaps:
            if self._is_turn_of_stores and (delivery := self._filling.next()):
                for key, (stored, place) in delivery.moves.items() if delivery.feed != STORE else ():
                    partition = TopicPartition(self._topics.name(key[0]), key[1])
                    self._filling.gaps.pop(partition, None)
                    self._read_on(consumer, partition, Reading(place.topic_id, stored, place.offset, place.through))
                return delivery
            left_s = min(left_s, SHORT_POLL_S if self._is_turn_of_stores else 0)
        return self._take(consumer, left_s)

    def _take(self, consumer: Any, left_s: float) -> Delivery:
        is_settled = bool(self._reading) and consumer.assignment() == self._reading.keys()
        wait_s = min(left_s, LONG_POLL_S if is_settled else SHORT_POLL_S)
        finish_rebalance(consumer)
        started = monotonic()
        try:
            with reaching_kafka():
                batches = gathered(consumer, wait_s, self._max_records)
        except UnavailableError as error:
            self._out_of_range(error)
            return Delivery()
        self._last_poll = monotonic()
        if self._last_poll - started > wait_s + self._session_s:
            # This process stood still: its partitions are somebody else's by now.
            log.warning("feed_stood_still", group=self._group, seconds=round(self._last_poll - started, 1))
            self.reset()
            return Delivery()
        try:
            return self._sorted(batches)
        except BaseException:
            self.reset()  # the consumer is past these records by now
            raise

    def _out_of_range(self, error: UnavailableError) -> None:
        """Another topic of the same name is read from its beginning; else the place is looked at again, and a gap found."""
        self.reset()  # the consumer may be past records that nobody was given
        cause = error.__cause__
        if not isinstance(cause, OffsetOutOfRangeError | LogTruncationError):
            raise error
        if isinstance(cause, LogTruncationError):
            self._torn.update(cause.divergent_offsets)
        self._check_topics_at = 0.0

    def _sorted(self, batches: Mapping[TopicPartition, Iterable[Any]]) -> Delivery:
        """Of each service by itself: one whose store cannot be asked about its records waits alone."""
        together = Delivery()
        by_service: dict[str, list[tuple[int, Reading, Iterable[Any]]]] = {}
        for partition, records in batches.items():
            if reading := self._reading.get(partition):
                by_service.setdefault(self._services[partition.topic], []).append(
                    (partition.partition, reading, records)
                )
        for service, of_service in by_service.items():
            try:
                done = self._sorter.sort(service, of_service)
                self._ensure(service, done.partitions)
            except StoreAwayError as error:
                self._filling.put_off(service, error)
            except OtherLogError as error:
                self._stops.stop(service, str(error))
            else:
                self._filling.reached(service)
                self._check_topics_at = 0.0 if done.another_topic else self._check_topics_at
                together.facts.extend(done.delivery.facts)
                together.letters.extend(done.delivery.letters)
                together.moves.update(done.delivery.moves)
                continue
            self._forget([one for one in self._reading if self._services[one.topic] == service])
        return together

    def _key(self, partition: TopicPartition) -> Key:
        return (self._services[partition.topic], partition.partition)

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        for partition in partitions:
            with suppress(KeyError):  # not ours any more
                self._consumer.pause(partition)
            self._reading.pop(partition, None)

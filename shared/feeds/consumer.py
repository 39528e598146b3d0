"""A member of a consumer group, opened as a feed needs it. The group only shares out partitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.base import MemberState
from kafka.errors import KafkaError

from shared.feeds.feed import Room
from shared.kafka.clients import opened, reaching_kafka
from shared.process.unavailable import UnavailableError

MANY = 500
"""Records of one poll behind which there are more: whoever keeps up with what is recorded is given less."""
MORE_MS = 20
"""How long they are waited for: the next request is under way already."""
OFFSETS_TIMEOUT_MS = 5_000
"""Of a question about the ends of partitions; it is asked while the others of this member wait."""
GROUP_OFFSETS_S = 1.0
"""How often the group's offsets are written: only tools that show lag read them."""


def opened_consumer(bootstrap: str, group: str, max_records: int, session_s: float) -> Any:
    """Raise UnavailableError."""
    return opened(
        KafkaConsumer,
        bootstrap_servers=bootstrap,
        client_id=group,
        group_id=group,
        # Who comes or goes takes nothing from the others but what changes hands.
        partition_assignment_strategy=[CooperativeStickyAssignor],
        enable_auto_commit=False,
        # An error, never a silent jump: where to read is our decision.
        auto_offset_reset="none",
        max_poll_records=max_records,
        session_timeout_ms=int(session_s * 1_000),
        heartbeat_interval_ms=int(session_s * 300),  # three in a session, as Kafka advises
        request_timeout_ms=15_000,  # longer than a session: a join is answered once the slowest member is in or out
        metadata_max_age_ms=10_000,  # topics and partitions made after the start are found within that time
    )


def gathered(consumer: Any, wait_s: float, most: int) -> dict[TopicPartition, list[Any]]:
    """The next records, as many as there is room for while more are at hand: one poll gives what one answer of a broker
    held. Raise KafkaError; what was taken before it is given to nobody."""
    batches: dict[TopicPartition, list[Any]] = {}
    taken = consumer.poll(timeout_ms=int(wait_s * 1_000), max_records=most)
    room = Room(most)  # from here on: until something comes, nobody waits for it
    while taken:
        for partition, records in taken.items():
            batches.setdefault(partition, []).extend(records)
            room.take(record.value for record in records)
        has_more = sum(map(len, taken.values())) >= MANY
        taken = consumer.poll(timeout_ms=MORE_MS, max_records=room.facts) if has_more and room.is_left else {}
    return batches


class Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """Runs on the client's own thread, while `poll` waits for it: no database here, that would hold up heartbeats.

    `placed`: by partition, what is known of those assigned; who comes or goes is known no more.
    """

    def __init__(self, consumer: Any, *placed: MutableMapping[TopicPartition, Any]) -> None:
        self._consumer = consumer
        self._placed: Sequence[MutableMapping[TopicPartition, Any]] = placed
        self.topics: frozenset[str] = frozenset()
        """Those with partitions when something was given to this member last."""

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        coordinator = self._consumer._coordinator
        shared_out = coordinator._assignment_snapshot or coordinator._metadata_snapshot
        self.topics = frozenset(topic for topic, partitions in shared_out.items() if partitions)
        for partition in assigned:
            # Any position will do: without one, the client would take the group's own offset.
            self._consumer.seek(partition, 0)
            self._consumer.pause(partition)
        self.on_partitions_revoked(assigned)

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        for partition in revoked:
            for placed in self._placed:
                placed.pop(partition, None)


@dataclass(slots=True)
class GroupOffsets:
    """The offsets of the group, written for tools that show lag. `owned`: the partitions that are this member's."""

    owned: Mapping[TopicPartition, Any]
    _waiting: dict[TopicPartition, OffsetAndMetadata] = field(default_factory=dict)
    _write_at: float = 0.0

    def note(self, partition: TopicPartition, offset: int) -> None:
        self._waiting[partition] = OffsetAndMetadata(offset, "", -1)

    def write_sometimes(self, consumer: Any) -> None:
        """Before each poll, also at rest: a lag that stays above nothing looks like facts that nobody reads."""
        # Not while the group shares out its partitions: it would refuse them, and begin anew.
        if monotonic() < self._write_at or not _is_settled(consumer):
            return
        self._write_at = monotonic() + GROUP_OFFSETS_S
        if offsets := self._taken():
            with suppress(KafkaError):
                consumer.commit_async(offsets, callback=self._written)

    def _written(self, offsets: dict[TopicPartition, OffsetAndMetadata], answer: Any) -> None:
        """Called while polling. What could not be written (the group was sharing out its partitions) is written with the
        next, unless it has moved on."""
        if isinstance(answer, Exception):
            self._waiting = {**offsets, **self._waiting}

    def write_last(self, consumer: Any) -> None:
        with suppress(KafkaError):
            consumer.commit(self._taken(), timeout_ms=1_000)

    def _taken(self) -> dict[TopicPartition, OffsetAndMetadata]:
        waiting, self._waiting = self._waiting, {}
        return {partition: offset for partition, offset in waiting.items() if partition in self.owned}


def ends_of(consumer: Any, partitions: Sequence[TopicPartition]) -> tuple[dict[Any, int], dict[Any, int]]:
    """Of each partition its first offset, and the one after its last. Raise UnavailableError."""
    try:
        with reaching_kafka():
            return (
                consumer.beginning_offsets(partitions, timeout_ms=OFFSETS_TIMEOUT_MS),
                consumer.end_offsets(partitions, timeout_ms=OFFSETS_TIMEOUT_MS),
            )
    except KeyError as error:  # how the client (3.0.12) says that a partition given to it is not there any more
        raise UnavailableError(reason="kafka", detail=f"{error.args[0].topic} is not there (any more)") from error


def partition_counts(consumer: Any, topics: Iterable[str]) -> dict[str, int]:
    """How many partitions each topic has, as far as the client knows."""
    return {
        topic: max((number + 1 for number in consumer.partitions_for_topic(topic) or ()), default=0) for topic in topics
    }


def _is_settled(consumer: Any) -> bool:
    coordinator = consumer._coordinator
    return coordinator.state is MemberState.STABLE and not coordinator.rejoining


def has_shared_out(consumer: Any, topics: Collection[str]) -> bool:
    """Whether the group's sharing out of its partitions is over and was of all these topics. A leader shares out what its
    client knows of at that moment, which may lack topics that are there, and begins anew once it learns of them."""
    coordinator = consumer._coordinator
    known, shared_out = coordinator._metadata_snapshot, coordinator._assignment_snapshot
    is_latest = shared_out in (None, known)  # None: another member leads
    return _is_settled(consumer) and is_latest and all(known.get(topic) for topic in topics)


def finish_rebalance(consumer: Any) -> None:
    """A group leader whose poll ends while it waits for a rebalance that new topics brought about never looks for the
    answer again, and is thrown out of the group for its silence (kafka-python 3.0.12)."""
    coordinator = consumer._coordinator
    if coordinator.rejoining and not coordinator.need_rejoin():
        coordinator.request_rejoin()

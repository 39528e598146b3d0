"""A topic read whole, from the first record there is to what was the end when it was asked, and looked through for texts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from shared.kafka.clients import opened, reaching_kafka
from shared.kafka.topics import Topics
from shared.log.searching import forms, searched
from shared.process.progress import Progress
from shared.process.unavailable import UnavailableError

READ_TIMEOUT_MS = 5_000
"""Nothing for so long: what is still missing was deleted meanwhile, or Kafka is away."""

AT_ONCE = 2_000
"""Records of one poll, whose facts are looked up by one statement."""

Ranges = Mapping[int, tuple[int, int]]
"""Of each partition: the first offset, and the one behind the last."""

Records = Mapping[int, Sequence[Any]]
"""Of one poll, by partition."""


def read_whole(
    topics: Topics, name: str, ranges: Ranges, jumped: Callable[[int, int], None] = lambda partition, expected: None
) -> Iterator[Records]:
    """Whatever comes meanwhile. `jumped`: told of a partition where offsets from one on are missing. Raise UnavailableError."""
    ends = {TopicPartition(name, number): end for number, (first, end) in ranges.items() if end > first}
    if not ends:
        return
    consumer = opened(
        KafkaConsumer,
        bootstrap_servers=topics.bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # retention goes on: `jumped` learns where it took something
        max_poll_records=AT_ONCE,
    )
    following = {partition: ranges[partition.partition][0] for partition in ends}
    try:
        with reaching_kafka():
            consumer.assign(list(ends))
            for partition, offset in following.items():
                consumer.seek(partition, offset)
        while any(following[partition] < end for partition, end in ends.items()):
            with reaching_kafka():
                batches = consumer.poll(timeout_ms=READ_TIMEOUT_MS)
            if not batches:
                raise UnavailableError(reason="kafka", detail=f"{name} gives nothing more before its end")
            for partition, records in batches.items():
                if records[0].offset > following[partition]:
                    jumped(partition.partition, following[partition])
                following[partition] = records[-1].offset + 1
            yield {
                partition.partition: [record for record in records if record.offset < ends[partition]]
                for partition, records in batches.items()
            }
    finally:
        consumer.close(autocommit=False)


@dataclass(frozen=True, slots=True)
class InTopic:
    """`texts`: those that stand in a key, a header or a value; `last_at`: when the latest record came that has one."""

    texts: frozenset[str]
    last_at: datetime | None


def found_in_topic(
    topics: Topics, service: str, texts: Collection[str], progress: Progress = lambda done, total: None
) -> InTopic:
    """Raise UnavailableError."""
    wanted = forms(texts)
    ranges = topics.ranges(service)
    total = sum(end - first for first, end in ranges.values())
    found: set[str] = set()
    last_ms, count = 0, 0
    for polled in read_whole(topics, topics.name(service), ranges):
        records = [record for of_partition in polled.values() for record in of_partition]
        count += len(records)
        # All of a poll at once; one by one where something stands in it.
        if searched((part for record in records for part in _parts(record)), wanted, by_themselves=True):
            for record in records:
                if here := searched(_parts(record), wanted, by_themselves=True):
                    found |= here
                    last_ms = max(last_ms, record.timestamp)
        progress(count, max(total, count))
    return InTopic(frozenset(found), datetime.fromtimestamp(last_ms / 1000, UTC) if found else None)


_BETWEEN = bytes(4)
"""Of two parts no word is made."""


def _parts(record: Any) -> Iterator[bytes]:
    for part in (record.key, *(value for _, value in record.headers), record.value):
        yield part or b""
        yield _BETWEEN

"""The relay as a function to be measured, and a topic read back and held against the log."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from benchmarks.checks import log_of
from benchmarks.figures import expect
from benchmarks.lives import SERVICE
from shared.kafka.publishing import Headers, headers_of, partition_of
from shared.kafka.relay import Relay
from shared.kafka.topics import Topics
from shared.log.entries import LogEntry
from shared.log.envelope import Mark, read
from shared.log.seal import HEADER, Seal
from shared.log.store import FactStore
from shared.process.metrics import Metrics

LOOK_EVERY_S = 0.002
GAVE_UP_S = 300.0

Ends = dict[int, int]
"""Of each partition, the offset behind its last record."""


@dataclass(frozen=True, slots=True)
class Published:
    """`ends`: as the broker told them when the clock was stopped."""

    seconds: float
    ends: Ends


@dataclass(frozen=True, slots=True)
class Record:
    partition: int
    key: bytes | None
    value: bytes
    headers: Headers

    @property
    def content(self) -> int:
        return hash((self.key, self.value, tuple(self.headers)))


Expected = Mapping[str, list[int]]
"""Of each subject, the content of its records, in the order of its stream."""


def relay(database_url: str, bootstrap: str, prefix: str) -> Published:
    """Publish what the store holds: from when the relay has its lock and its producer until it says that all is
    there and the broker says so too, so that it gains nothing by saying it early. In a child."""
    metrics, stop = Metrics(), threading.Event()
    store = FactStore(database_url, SERVICE)
    store.create()
    facts = sum(1 for _ in log_of(store))
    topics = Topics(bootstrap, prefix)
    topics.ensure([SERVICE])
    ends_of(topics)  # connects
    one = Relay(store, Topics(bootstrap, prefix), metrics)
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    try:
        _wait(lambda: one.is_working)
        started = time.perf_counter()
        _wait(lambda: _relayed(metrics) >= facts)
        while sum((ends := ends_of(topics)).values()) < facts:
            expect(time.perf_counter() - started < GAVE_UP_S, f"the topic has {ends} of {facts} facts")
        return Published(time.perf_counter() - started, ends)
    finally:
        stop.set()
        thread.join()
        store.close()
        topics.close()


def _relayed(metrics: Metrics) -> float:
    value = metrics.registry.get_sample_value("parcours_relay_facts_total", {"service": SERVICE})
    return value or 0.0


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GAVE_UP_S
    while not done():
        expect(time.monotonic() < deadline, f"the relay was not done after {GAVE_UP_S:.0f} s")
        time.sleep(LOOK_EVERY_S)


def ends_of(topics: Topics) -> Ends:
    return {partition: end for partition, (_, end) in topics.ranges(SERVICE).items()}


def ready(entry: LogEntry, partitions: int, seal: Seal | None) -> Record:
    """What the relay is to make of a fact."""
    headers = headers_of(entry)
    if seal is not None:
        headers = [(HEADER, seal.of(entry.wire)), *headers]
    return Record(partition_of(entry.subject, partitions), entry.subject.encode(), entry.wire, headers)


def expected(store: FactStore) -> Expected:
    found: defaultdict[str, list[int]] = defaultdict(list)
    seal = store.seal()
    for entry in log_of(store):
        found[entry.subject].append(ready(entry, 1, seal).content)
    return found


def published(records: Iterable[Record], wanted: Expected, partitions: int) -> None:
    """Every fact once, as it stands in the log, each subject's in one partition and in order. Raise CheckFailedError."""
    seen: defaultdict[str, int] = defaultdict(int)
    for record in records:
        fact = read(SERVICE, record.partition, record.value)
        if isinstance(fact, Mark):
            continue
        subject, version = fact.subject, fact.streamversion
        expect(version == seen[subject] + 1, f"{subject}: {version} came after {seen[subject]}")
        seen[subject] = version
        expect(record.partition == partition_of(subject, partitions), f"{subject} is in partition {record.partition}")
        as_in_log = version <= len(wanted.get(subject, ())) and wanted[subject][version - 1] == record.content
        expect(as_in_log, f"fact {version} of {subject} is not in the topic as it is in the log")
    facts, there = sum(map(len, wanted.values())), sum(seen.values())
    expect(there == facts, f"{there} records of {facts} facts")


def records_of(topics: Topics, ends: Ends) -> Iterator[Record]:
    """Partition by partition, in the order of the topic, and no further than these ends."""
    consumer = KafkaConsumer(bootstrap_servers=topics.bootstrap, enable_auto_commit=False, max_poll_records=10_000)
    try:
        partitions = [TopicPartition(topics.name(SERVICE), number) for number in sorted(ends)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        while any(consumer.position(one) < ends[one.partition] for one in partitions):
            for one, records in consumer.poll(timeout_ms=500, max_records=10_000).items():
                for record in records:
                    if record.offset < ends[one.partition]:
                        yield Record(record.partition, record.key, record.value, list(record.headers))
    finally:
        consumer.close(autocommit=False)


def read_back(topics: Topics, ends: Ends, wanted: Expected) -> None:
    """Raise CheckFailedError where the topic up to these ends is not what the log is."""
    published(records_of(topics, ends), wanted, len(ends))

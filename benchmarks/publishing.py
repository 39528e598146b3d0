"""The relay as a function to be measured, and a topic read back for the checks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kafka import KafkaConsumer, TopicPartition

from benchmarks.figures import expect
from benchmarks.lab import peak_mb
from benchmarks.lives import SERVICE
from shared.kafka.relay import Relay
from shared.kafka.topics import Topics
from shared.log.envelope import Mark, read
from shared.log.store import FactStore
from shared.process.metrics import Metrics

LOOK_EVERY_S = 0.002
GAVE_UP_S = 300.0


@dataclass(frozen=True, slots=True)
class Relayed:
    seconds: float
    peak_mb: float


def relay(database_url: str, bootstrap: str, prefix: str) -> Relayed:
    """Publish what the store holds; the clock starts when the relay has its lock and its producer. In a child."""
    metrics, stop = Metrics(), threading.Event()
    store = FactStore(database_url, SERVICE)
    store.create()
    last = store.last_sequence()
    one = Relay(store, Topics(bootstrap, prefix), metrics)
    thread = threading.Thread(target=one.run, args=(stop,))
    thread.start()
    try:
        _wait(lambda: one.is_working)
        started = time.perf_counter()
        _wait(lambda: _position(metrics) >= last)
        return Relayed(time.perf_counter() - started, peak_mb())
    finally:
        stop.set()
        thread.join()
        store.close()


def _position(metrics: Metrics) -> float:
    return metrics.registry.get_sample_value("parcours_relay_facts_total", {"service": SERVICE}) or 0.0


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GAVE_UP_S
    while not done():
        expect(time.monotonic() < deadline, f"the relay was not done after {GAVE_UP_S:.0f} s")
        time.sleep(LOOK_EVERY_S)


def records_of(bootstrap: str, topic: str) -> Iterator[tuple[str, int]]:
    """Subject and stream version of every fact, partition by partition, in the order of the topic."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, max_poll_records=10_000)
    try:
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
        ends = consumer.end_offsets(partitions)
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        while any(consumer.position(one) < ends[one] for one in partitions):
            for records in consumer.poll(timeout_ms=500, max_records=10_000).values():
                for record in records:
                    fact = read(SERVICE, record.partition, record.value)
                    if not isinstance(fact, Mark):
                        yield fact.subject, fact.streamversion
    finally:
        consumer.close(autocommit=False)

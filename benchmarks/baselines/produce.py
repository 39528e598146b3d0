"""Bare production: records that are ready in memory, one producer with the relay's settings, every future checked."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from kafka import KafkaProducer

from benchmarks.publishing import Record

SETTINGS = {
    "enable_idempotence": True,
    "acks": "all",
    "compression_type": "lz4",
    "linger_ms": 20,
    "batch_size": 1_000_000,
    "max_request_size": 8 << 20,
    "metrics_enabled": False,
}
"""The relay's, where they bear on speed."""


def produce(bootstrap: str, topic: str, records: Sequence[Record]) -> float:
    """Seconds from the first send until all of it is there."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, **SETTINGS)
    producer.partitions_for(topic)  # metadata, as a relay has it before its first fact
    started = perf_counter()
    futures = [
        producer.send(topic, key=one.key, value=one.value, headers=one.headers, partition=one.partition)
        for one in records
    ]
    producer.flush()
    for future in futures:
        future.get()
    seconds = perf_counter() - started
    producer.close()
    return seconds

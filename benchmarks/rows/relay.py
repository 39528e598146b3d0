"""The relay, from a log in PostgreSQL into Kafka, beside a producer that has everything in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.baselines.produce import Ready, produce
from benchmarks.checks import each_in_order, log_of
from benchmarks.figures import Figure, Goal, Row, alternate
from benchmarks.lab import Lab, in_child
from benchmarks.lives import A_LIFE, SERVICE, random_order, record
from benchmarks.publishing import records_of, relay
from shared.kafka.publishing import headers_of, partition_of
from shared.kafka.topics import Topics
from shared.log.store import FactStore

GOAL = Goal(0.7, 0.85)


def bare(database_url: str, bootstrap: str, topic: str, partitions: int) -> float:
    """Seconds to produce what the relay would, read and made ready before the clock starts. In a child."""
    store = FactStore(database_url, SERVICE)
    ready = [
        Ready(partition_of(entry.subject, partitions), entry.subject.encode(), entry.wire, headers_of(entry))
        for entry in log_of(store)
    ]
    store.close()
    return produce(bootstrap, topic, ready)


def measure(lab: Lab) -> Sequence[Figure]:
    with ExitStack() as stack:
        url = stack.enter_context(lab.database())
        facts = _fill(url, lab.pick(4_000, 800, 40))

        def ours(_: int) -> float:
            topics = stack.enter_context(lab.topics())
            seconds = in_child(relay, url, topics.bootstrap, topics.prefix).seconds
            _check(topics, facts)
            return facts / seconds

        def baseline(_: int) -> float:
            topics = stack.enter_context(lab.topics())
            topics.ensure([SERVICE])
            partitions = len(topics.ranges(SERVICE))
            seconds = in_child(bare, url, topics.bootstrap, topics.name(SERVICE), partitions)
            _check(topics, facts)
            return facts / seconds

        compared = alternate(lab.pick(5, 2, 1), ours, baseline)
    check = f"{facts:,} facts read back each round, none twice, each person's in order"
    return [compared.figure("relay ÷ bare produce, same settings", "facts/s", GOAL, check)]


def _fill(url: str, persons: int) -> int:
    store = FactStore(url, SERVICE)
    store.create()
    record(store, random_order(persons))
    store.close()
    return persons * A_LIFE


def _check(topics: Topics, facts: int) -> None:
    each_in_order(records_of(topics.bootstrap, topics.name(SERVICE)), facts)


ROWS = (Row("relay", "relay ÷ bare produce, same settings", measure),)

"""The relay, from a log in PostgreSQL into Kafka, beside a producer that has everything in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from benchmarks.baselines.produce import produce
from benchmarks.checks import log_of
from benchmarks.children import in_child
from benchmarks.figures import Figure, Goal, Row, alternate
from benchmarks.lab import Lab
from benchmarks.lives import A_LIFE, SERVICE, random_order, record
from benchmarks.publishing import Expected, ends_of, expected, read_back, ready, relay
from shared.log.store import FactStore

GOAL = Goal(0.7, 0.85)


def bare(database_url: str, bootstrap: str, topic: str, partitions: int) -> float:
    """Seconds to produce what the relay would, read and made ready before the clock starts. In a child."""
    store = FactStore(database_url, SERVICE)
    seal = store.seal()
    records = [ready(entry, partitions, seal) for entry in log_of(store)]
    store.close()
    return produce(bootstrap, topic, records)


def measure(lab: Lab) -> Sequence[Figure]:
    with ExitStack() as stack:
        url = stack.enter_context(lab.database())
        facts = lab.pick(4_000, 800, 40) * A_LIFE
        wanted = _fill(url, facts // A_LIFE)

        def ours(_: int) -> float:
            with lab.topics() as topics:
                made = in_child(relay, url, topics.bootstrap, topics.prefix)
                read_back(topics, made.ends, wanted)
            return facts / made.seconds

        def baseline(_: int) -> float:
            with lab.topics() as topics:
                topics.ensure([SERVICE])
                seconds = in_child(bare, url, topics.bootstrap, topics.name(SERVICE), len(ends_of(topics)))
                read_back(topics, ends_of(topics), wanted)
            return facts / seconds

        compared = alternate(lab.pick(5, 2, 1), ours, baseline)
    check = f"{facts:,} facts read back each round as they are in the log, none twice, each person's in order"
    return [compared.figure("relay ÷ bare produce, same settings", "facts/s", GOAL, check)]


def _fill(url: str, persons: int) -> Expected:
    store = FactStore(url, SERVICE)
    store.create()
    record(store, random_order(persons))
    wanted = expected(store)
    store.close()
    return wanted


ROWS = (
    Row(
        "relay",
        "relay ÷ bare produce, same settings",
        measure,
        "Kafka's client in Python, which takes nearly all of the baseline's time too (`machine-kafka`) and half of the"
        " relay's, which goes around what it asks of each record; the rest is reading, headers and seals",
    ),
)

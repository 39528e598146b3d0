"""What this machine can do at most: the floors under the other rows, each by the barest code that does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from statistics import median
from time import perf_counter, process_time

import psycopg
from kafka import KafkaProducer
from pydantic_core import from_json

from benchmarks.baselines.produce import SETTINGS
from benchmarks.children import in_child
from benchmarks.figures import Figure, Row, expect
from benchmarks.lab import Lab
from benchmarks.lives import SERVICE, Event, person_order
from benchmarks.machine import commit_ms
from benchmarks.publishing import ends_of
from services.pathways.facts import CATALOGUE

CREATE = """
CREATE TABLE bare (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject text NOT NULL, version bigint NOT NULL,
    type text NOT NULL, state bytea NOT NULL, UNIQUE (subject, version))
"""
INSERT = "INSERT INTO bare (subject, version, type, state) VALUES (%s, %s, %s, %s)"
INSERT_MANY = """
INSERT INTO bare (subject, version, type, state)
SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bytea[])
"""
COPY = "COPY bare (subject, version, type, state) FROM STDIN"
A_BATCH = 100


def _values(event: Event) -> tuple[str, int, str, bytes]:
    return event.subject, event.number, event.type, event.cloud_event().encode()


def commits(url: str, facts: int) -> float:
    """Facts a second, each a transaction of its own, on one connection. In a child."""
    rows = [_values(event) for event in islice(person_order(facts), facts)]
    with psycopg.connect(url, autocommit=True) as connection:
        started = perf_counter()
        for row in rows:
            connection.execute(INSERT, row)
        return facts / (perf_counter() - started)


def batches(url: str, facts: int) -> float:
    """Facts a second in batches, each one statement and one transaction, on one connection. In a child."""
    rows = [_values(event) for event in islice(person_order(facts), facts)]
    parts = [tuple(map(list, zip(*rows[at : at + A_BATCH], strict=True))) for at in range(0, facts, A_BATCH)]
    with psycopg.connect(url, autocommit=True) as connection:
        started = perf_counter()
        for part in parts:
            connection.execute(INSERT_MANY, part, binary=True)
        return facts / (perf_counter() - started)


def copies(url: str, facts: int) -> float:
    """Facts a second by COPY, in one transaction. In a child."""
    rows = [_values(event) for event in islice(person_order(facts), facts)]
    with psycopg.connect(url) as connection:
        started = perf_counter()
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in rows:
                copy.write_row(row)
        connection.commit()
        return facts / (perf_counter() - started)


def validated(facts: int) -> float:
    """Events a second that one core parses, and whose data it validates. In a child."""
    texts = [event.cloud_event().encode() for event in islice(person_order(facts), facts)]
    started = process_time()
    for text in texts:
        event = from_json(text)
        CATALOGUE.facts[event["type"]].model_validate(event["data"])
    return facts / (process_time() - started)


def produced(bootstrap: str, topic: str, facts: int) -> float:
    """Events a second without key, headers or a look at what became of each. In a child."""
    texts = [event.cloud_event().encode() for event in islice(person_order(facts), facts)]
    producer = KafkaProducer(bootstrap_servers=bootstrap, **SETTINGS)
    producer.partitions_for(topic)
    started = perf_counter()
    for text in texts:
        producer.send(topic, value=text)
    producer.flush()
    seconds = perf_counter() - started
    producer.close()
    return facts / seconds


def measure(lab: Lab) -> Sequence[Figure]:
    rounds, few, many = lab.pick(5, 2, 1), lab.pick(2_000, 500, 50), lab.pick(60_000, 10_000, 1_000)

    def with_table(way: Callable[[str, int], float], facts: int) -> float:
        with lab.database() as url:
            with psycopg.connect(url) as connection:
                connection.execute(CREATE)
            rate = in_child(way, url, facts)
            with psycopg.connect(url) as connection:
                row = connection.execute("SELECT count(*) FROM bare").fetchone()
            expect(row == (facts,), f"{row} of {facts} facts are there")
            return rate

    return [
        _told("fsync of 8 kB", "ms", [commit_ms() for _ in range(rounds)], "as a commit does it"),
        *(
            _told(title, "facts/s", [with_table(way, facts) for _ in range(rounds)], f"all {facts:,} are there")
            for title, way, facts in (
                ("INSERT, a transaction each, one connection", commits, few),
                (f"INSERT of {A_BATCH}, a transaction each, one connection", batches, many),
                ("COPY with two indexes, one transaction", copies, many),
            )
        ),
        _told(
            "parse and validate, one core",
            "events/s",
            [in_child(validated, many) for _ in range(rounds)],
            "every event is valid",
        ),
    ]


def measure_kafka(lab: Lab) -> Sequence[Figure]:
    facts = lab.pick(100_000, 10_000, 1_000)
    rates = []
    for _ in range(lab.pick(5, 2, 1)):
        with lab.topics() as topics:
            topics.ensure([SERVICE])
            rates.append(in_child(produced, topics.bootstrap, topics.name(SERVICE), facts))
            there = sum(ends_of(topics).values())
            expect(there == facts, f"the topic has {there} of {facts} events")
    return [_told("bare produce, no key and no headers", "events/s", rates, f"all {facts:,} are in the topic")]


def _told(title: str, unit: str, values: Sequence[float], check: str) -> Figure:
    return Figure(title, median(values), unit, median(values), None, check)


ROWS = (
    Row("machine", "PostgreSQL, disk and one core of Python at their barest", measure, group="machine"),
    Row("machine-kafka", "bare produce", measure_kafka, group="machine"),
)

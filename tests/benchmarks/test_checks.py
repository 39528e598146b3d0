"""Each check of a log, of rows and of a topic, with what a broken program would leave there."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from inspect import getsource
from typing import Any

import psycopg
import pytest

from benchmarks.baselines.produce import SETTINGS
from benchmarks.checks import Digests, digests, histories_hold, log_holds, same
from benchmarks.figures import CheckFailedError
from benchmarks.lives import SERVICE, Event, life
from benchmarks.publishing import Expected, Record, published, ready
from shared.kafka import publishing
from shared.kafka.publishing import partition_of
from shared.log.entries import LogEntry
from shared.log.envelope import mark
from shared.log.seal import Seal

PARTITIONS = 4
SEAL = Seal(b"k" * 32)


def entry(event: Event, sequence: int) -> LogEntry:
    told = {**json.loads(event.cloud_event()), "recordedtime": "2025-01-06T09:00:00.000000Z"}
    return LogEntry(sequence, event.subject, event.number, event.type, json.dumps(told, separators=(",", ":")).encode())


def a_log() -> list[LogEntry]:
    """Two lives, told in turns."""
    events = [event for pair in zip(life(1), life(2), strict=True) for event in pair]
    return [entry(event, sequence) for sequence, event in enumerate(events, start=1)]


def answered() -> dict[str, int]:
    return {json.loads(one.state)["id"]: one.sequence for one in a_log()}


def other_data(one: LogEntry) -> LogEntry:
    return one._replace(state=one.state.replace(b'"weekly_hours":26', b'"weekly_hours":27'))


def test_a_log_as_it_was_sent_passes() -> None:
    assert log_holds(a_log(), answered()) == "48 answered, all in the log as sent, each person's in order"


BROKEN_LOGS: dict[str, Callable[[list[LogEntry]], list[LogEntry]]] = {
    "not in the log": lambda log: log[:-1],
    "in the log twice": lambda log: [*log, log[0]._replace(sequence=49)],
    "follows": lambda log: [log[1], log[0], *log[2:]],
    "not where their answer said": lambda log: [one._replace(sequence=one.sequence + 1) for one in log],
    "are not in order": lambda log: [
        log[2]._replace(sequence=1, streamversion=1), log[1], log[0]._replace(sequence=3, streamversion=2), *log[3:],
    ],
    "not in the log as it was sent": lambda log: [other_data(one) for one in log],
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "broken"), BROKEN_LOGS.items(), ids=lambda value: str(value) if isinstance(value, str) else ""
)
def test_a_broken_log_fails(said: str, broken: Callable[[list[LogEntry]], list[LogEntry]]) -> None:
    log = broken(a_log())
    told = answered()
    if said == "are not in order":
        told["1-2"], told["1-1"] = 1, 3  # the answers agree with the log
    with pytest.raises(CheckFailedError, match=said):
        log_holds(log, told)


def test_a_fact_that_nobody_sent_fails() -> None:
    told = answered()
    told.pop("2-24")
    with pytest.raises(CheckFailedError, match="1 facts in the log were never answered"):
        log_holds(a_log(), told)


def topic_of(log: list[LogEntry]) -> list[Record]:
    records = [ready(one, PARTITIONS, SEAL) for one in log]
    marks = [Record(number, None, mark(SERVICE, 1, "t", PARTITIONS), []) for number in range(PARTITIONS)]
    return sorted([*records, *marks], key=lambda record: record.partition)


def wanted() -> Expected:
    found: dict[str, list[int]] = {}
    for one in a_log():
        found.setdefault(one.subject, []).append(ready(one, 1, SEAL).content)
    return found


def test_a_topic_as_its_log_passes() -> None:
    published(topic_of(a_log()), wanted(), PARTITIONS)


def _elsewhere(records: list[Record]) -> list[Record]:
    last = max(place for place, record in enumerate(records) if record.key)
    moved = replace(records[last], partition=(records[last].partition + 1) % PARTITIONS)
    return [*records[:last], moved, *records[last + 1 :]]


def _facts(records: list[Record]) -> list[Record]:
    return [record for record in records if record.key]


BROKEN_TOPICS: dict[str, tuple[str, Callable[[list[Record]], list[Record]]]] = {
    "a fact lost at the end": ("47 records of 48 facts", lambda records: _facts(records)[:-1]),
    "a fact lost in the middle": ("came after", lambda records: [_facts(records)[0], *_facts(records)[2:]]),
    "a fact twice": ("came after", lambda records: [record for record in records for _ in range(1 + bool(record.key))]),
    "all facts twice, one after another": ("came after", lambda records: [*records, *records]),
    "order swapped": ("came after", lambda records: records[::-1]),
    "another partition": ("is in partition", _elsewhere),
    "other content": (
        "not in the topic as it is in the log",
        lambda records: [replace(record, value=record.value.replace(b'"hours":26', b'"hours":27').replace(b'"F"', b'"M"')) for record in records],
    ),
    "no seal": (
        "not in the topic as it is in the log",
        lambda records: [replace(record, headers=record.headers[1:]) for record in records],
    ),
    "no key": (
        "not in the topic as it is in the log",
        lambda records: [replace(record, key=None) for record in records],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN_TOPICS)
def test_a_broken_topic_fails(name: str) -> None:
    said, broken = BROKEN_TOPICS[name]
    with pytest.raises(CheckFailedError, match=said):
        published(broken(topic_of(a_log())), wanted(), PARTITIONS)


def test_persons_are_in_different_partitions() -> None:
    """Else a topic with an order of its own would not be seen."""
    assert len({partition_of(one.subject, PARTITIONS) for one in a_log()}) == 2


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"a": (2, "5"), "b": (0, "0")}, "differ in a"),
        ({"a": (1, "4"), "b": (1, "0")}, "differ in a, b"),
    ],
)
def test_rows_that_are_not_a_rebuilds_fail(other: Digests, said: str) -> None:
    with pytest.raises(CheckFailedError, match=said):
        same({"a": (2, "4"), "b": (0, "0")}, other, "rows")


def test_no_rows_at_all_fail() -> None:
    with pytest.raises(CheckFailedError, match="no rows at all"):
        same({"a": (0, "0")}, {"a": (0, "0")}, "rows")


def test_rows_that_a_crash_would_empty_fail(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA read_1 CREATE UNLOGGED TABLE contracts (contract_id uuid)")
        with pytest.raises(CheckFailedError, match="a crash would empty"):
            digests(connection, "1")


OF_THE_RELAY_ALONE = {"bootstrap_servers", "client_id", "delivery_timeout_ms", "request_timeout_ms", "max_block_ms"}
"""Names and waits."""


def test_the_baseline_produces_with_the_relays_settings() -> None:
    calls = [node for node in ast.walk(ast.parse(getsource(publishing._producer))) if isinstance(node, ast.Call)]
    relays = {word.arg: word.value for word in calls[0].keywords if word.arg not in OF_THE_RELAY_ALONE}
    assert {name: eval(ast.unparse(value)) for name, value in relays.items()} == SETTINGS


@pytest.fixture
def histories(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Two lives kept, and nobody marked."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(HISTORIES)
        yield connection


HISTORIES = """
CREATE SCHEMA projections CREATE TABLE history (subject text) CREATE TABLE subjects (subject text, version bigint);
CREATE SCHEMA bi CREATE TABLE incomplete_subjects (subject text);
INSERT INTO projections.history SELECT 'person/' || number % 2 FROM generate_series(1, 48) AS number;
INSERT INTO projections.subjects VALUES ('person/0', 24), ('person/1', 24);
"""


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("DELETE FROM projections.history WHERE ctid = '(0,1)'", "the histories hold 47 facts of 48"),
        ("INSERT INTO projections.history VALUES ('person/0')", "the histories hold 49 facts of 48"),
        (
            "UPDATE projections.subjects SET version = 23 WHERE subject = 'person/0'",
            "the subjects count 47 facts of 48",
        ),
        ("INSERT INTO bi.incomplete_subjects VALUES ('person/0')", "1 subjects are marked"),
    ],
)
def test_histories_that_are_not_whole_fail(histories: psycopg.Connection[Any], broken: str, said: str) -> None:
    histories_hold(histories, 48)
    histories.execute(broken)
    with pytest.raises(CheckFailedError, match=said):
        histories_hold(histories, 48)

"""What becomes visible is timed by whoever is told of it; a program that says so too early is caught."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection

from benchmarks.chain import Recorded, Watch, recorded_of
from benchmarks.figures import CheckFailedError
from benchmarks.lives import life, subject
from benchmarks.load import Answer

PERSON, ACT = 7, 4
TABLES = """
CREATE SCHEMA read_1;
CREATE TABLE read_1.folded (root text PRIMARY KEY, version bigint);
CREATE TABLE read_1.support_actions (action_id uuid);
"""
MARK = "INSERT INTO read_1.folded VALUES (%s, %s) ON CONFLICT (root) DO UPDATE SET version = excluded.version"
ROW = "INSERT INTO read_1.support_actions VALUES (%s)"
ACTION = UUID(int=1)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(database_url) as connection:
        connection.execute(TABLES)
        connection.commit()
        yield connection


@pytest.fixture
def watch(connection: Connection[Any], database_url: str) -> Iterator[Watch]:
    watch = Watch(database_url)
    yield watch
    watch.close()


def recorded(version: int, action_id: UUID | None = ACTION, at: float | None = None) -> Recorded:
    return Recorded(subject(PERSON), version, at or time.time(), str(action_id) if action_id else None)


def test_rows_and_mark_in_one_transaction_are_timed(connection: Connection[Any], watch: Watch) -> None:
    facts = [recorded(1, None), recorded(2)]
    with connection.transaction():
        connection.execute(ROW, [ACTION])
        connection.execute(MARK, [subject(PERSON), 2])
    connection.commit()
    first, second = watch.latencies_ms(facts)
    assert first >= second > 0


def test_a_mark_before_its_rows_is_caught(connection: Connection[Any], watch: Watch) -> None:
    fact = recorded(1)
    connection.execute(MARK, [subject(PERSON), 1])
    connection.commit()
    connection.execute(ROW, [ACTION])
    connection.commit()
    with pytest.raises(CheckFailedError, match="was said to be visible without its row"):
        watch.latencies_ms([fact])


def test_a_fact_that_is_never_visible_is_caught(connection: Connection[Any], watch: Watch) -> None:
    fact = recorded(3, None)
    connection.execute(MARK, [subject(PERSON), 2])
    connection.commit()
    with pytest.raises(CheckFailedError, match="was recorded and never visible"):
        watch.latencies_ms([fact])


def test_what_is_visible_before_it_was_recorded_is_caught(connection: Connection[Any], watch: Watch) -> None:
    connection.execute(MARK, [subject(PERSON), 1])
    connection.commit()
    with pytest.raises(CheckFailedError, match="visible before it was recorded"):
        watch.latencies_ms([recorded(1, None, at=time.time() + 60)])


@pytest.mark.parametrize(("second", "is_caught"), [("00", True), ("10", False), ("20", True)])
def test_an_instant_that_is_not_between_request_and_answer_is_caught(second: str, is_caught: bool) -> None:
    """A service that stamps its facts late looks quicker than it is."""
    body = {"recordedtime": f"2026-01-05T09:00:{second}.000000Z"}
    nine = 1_767_603_600.0
    answer = Answer([f"{PERSON}-{ACT}"], 201, body, sent=nine + 9, answered=nine + 11)
    if is_caught:
        with pytest.raises(CheckFailedError, match="but recorded at"):
            recorded_of(answer)
    else:
        found = recorded_of(answer)
        assert (found.version, found.at) == (ACT, nine + 10)
        assert found.action_id is not None
        assert found.action_id in life(PERSON)[ACT - 1].data

"""Lines of answers that are ready together are kept by one commit, and no answer goes on before its own is."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Connection
from psycopg_pool import ConnectionPool

from shared.process.unavailable import UnavailableError
from shared.web import reads_table
from shared.web.grouped_reads import GroupedReads
from shared.web.reads_table import Line
from tests.parts.waiting import wait_until

COMPANY = 5


def line(sub: str, *persons: str, acting_for: str | None = None) -> Line:
    return Line(sub, "structure", acting_for, "figures", "GET /x/v1/y", persons, len(persons))


@dataclass
class Log:
    """A table of lines, whose connections are lent once the gate is open."""

    url: str
    pool: ConnectionPool[Connection[Any]]
    reads: GroupedReads = field(default_factory=GroupedReads)
    gate: threading.Event = field(default_factory=threading.Event)
    lent: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    commits: int = 0

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        self.commits += 1
        self.lent.release()
        self.gate.wait()
        with self.pool.connection() as connection:
            yield connection

    def add(self, *lines: Line) -> None:
        self.reads.add(lines, self.connection)

    def lines(self) -> list[tuple[str, str | None, list[UUID]]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute("SELECT sub, acting_for, persons FROM access.reads ORDER BY number").fetchall()


@pytest.fixture
def log(database_url: str) -> Iterator[Log]:
    with psycopg.connect(database_url) as connection:
        reads_table.create(connection)
    with ConnectionPool(database_url, kwargs={"autocommit": True}, min_size=1, max_size=COMPANY + 1) as pool:
        yield Log(database_url, pool)


def with_company(log: Log, pool: ThreadPoolExecutor) -> list[Future[None]]:
    """One that writes, and others that come meanwhile."""
    first = pool.submit(log.add, line("first"))
    assert log.lent.acquire(timeout=30)
    others = [pool.submit(log.add, line(f"other {number}")) for number in range(COMPANY)]
    wait_until(lambda: len(log.reads) == COMPANY, "all others wait")
    assert not any(one.done() for one in (first, *others)), "nobody goes on before its line is kept"
    return [first, *others]


def test_who_comes_while_one_writes_is_written_with_the_others(log: Log) -> None:
    with ThreadPoolExecutor(COMPANY + 1) as pool:
        answers = with_company(log, pool)
        log.gate.set()
        for one in answers:
            one.result()
    assert log.commits == 2
    subs = [sub for sub, _, _ in log.lines()]
    assert (subs[0], sorted(subs[1:])) == ("first", [f"other {number}" for number in range(COMPANY)])


def test_one_alone_waits_for_nobody(log: Log) -> None:
    log.gate.set()
    for number in range(3):
        log.add(line(str(number)))
        assert len(log.lines()) == number + 1
    assert log.commits == 3


def test_none_of_a_commit_that_fails_is_answered(log: Log) -> None:
    with ThreadPoolExecutor(COMPANY + 1) as pool:
        answers = with_company(log, pool)
        with psycopg.connect(log.url, autocommit=True) as owner:
            owner.execute("ALTER TABLE access.reads ADD CONSTRAINT none CHECK (false) NOT VALID")
            log.gate.set()
            for one in answers:
                with pytest.raises(UnavailableError) as refused:
                    one.result()
                assert refused.value.fields["reason"] == "reads"
            owner.execute("ALTER TABLE access.reads DROP CONSTRAINT none")
    log.add(line("later"))
    assert [sub for sub, _, _ in log.lines()] == ["later"]


def test_a_database_that_goes_away_is_said_to_all(log: Log) -> None:
    with psycopg.connect(log.url, autocommit=True) as owner, ThreadPoolExecutor(COMPANY + 1) as pool:
        answers = with_company(log, pool)
        with log.pool.connection() as connection:
            pid = connection.info.backend_pid
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        log.gate.set()
        failures = [one.exception() for one in answers]
    lost = [error for error in failures if isinstance(error, psycopg.OperationalError)]
    assert len(lost) == 1, "told by whoever wrote; who lends its connections makes it an answer"
    assert failures[0] in lost
    assert log.commits == 2
    assert len(log.lines()) == COMPANY, "those who came meanwhile had a connection of their own"


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"])), min_size=1, max_size=3), min_size=1))
def test_every_line_of_every_answer_is_there_once(answers: list[Sequence[str]]) -> None:
    """Whatever they hold, however many come at once."""
    written: list[int] = []

    class Server:
        def execute(self, statement: str, _: list[Any]) -> None:
            written.append(statement.count("::uuid[]"))

    @contextmanager
    def connection() -> Iterator[Any]:
        yield Server()

    reads = GroupedReads()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda subs: reads.add([line(sub) for sub in subs], connection), answers))
    assert sum(written) == sum(map(len, answers))
    assert len(written) <= len(answers)


ODD = ['"', "\\", "{}", "NULL", "", "a,b", "é ' --"]


def test_texts_are_kept_as_they_are(log: Log) -> None:
    log.gate.set()
    persons = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]
    log.add(*(line(text, *persons[: place % 3], acting_for=text or None) for place, text in enumerate(ODD)))
    wanted = [(text, text or None, [UUID(one) for one in persons[: place % 3]]) for place, text in enumerate(ODD)]
    assert log.lines() == wanted

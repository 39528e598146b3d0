"""Of whom is forgotten, lines of reads keep who read and when, under an id that finds nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from structlog.testing import capture_logs

from shared.log.ledger import Erasure, Ledger
from shared.web import reads_table
from shared.web.forgotten_reads import LATE_LINES_EVERY_S, LOOK_EVERY_S, ForgottenReads
from tests.parts.postgres import fresh_database

_OF_BEFORE = """
CREATE OR REPLACE FUNCTION access.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('access.trims', true) = 'on' THEN RETURN NULL; END IF;
    RAISE EXCEPTION 'access.reads is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def url(postgres_server: str) -> Iterator[str]:
    with fresh_database(postgres_server) as one:
        with psycopg.connect(one) as connection:
            reads_table.create(connection)
        yield one


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    one = Ledger(tmp_path / "erasures.jsonl")
    one.open()
    return one


def read_of(url: str, *persons: UUID, sub: str = "anna", at: str = "now") -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO access.reads (at, sub, role, purpose, route, persons, rows)"
            " VALUES (%s, %s, 'structure', 'caps', 'GET /x', %s, 1)",
            [at, sub, sorted(persons)],
        )


def lines(url: str) -> list[tuple[str, list[UUID]]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT sub, persons FROM access.reads ORDER BY number").fetchall()


def note(ledger: Ledger, *persons: UUID) -> None:
    ledger.note([Erasure(f"person/{one}", "2026-01-05", "request") for one in persons])


def test_the_same_id_stands_in_every_line_and_no_other_person_moves(url: str, ledger: Ledger) -> None:
    person, other = uuid4(), uuid4()
    read_of(url, person, other, at="2020-01-01")
    read_of(url, other, sub="ben")
    read_of(url, person, sub="carl")
    before, time = lines(url), Time()
    forget = ForgottenReads(ledger, [url, url], time)
    forget()
    assert lines(url) == before
    note(ledger, person)
    time.now += LOOK_EVERY_S
    forget()
    (_, first), second, (_, (instead,)) = lines(url)
    assert instead not in (person, other)
    assert first == sorted((instead, other))
    assert second == before[1]
    # Whoever still has the id asks with it; and one in another process comes to the same.
    read_of(url, person, sub="dora")
    time.now += LATE_LINES_EVERY_S
    forget()
    assert lines(url)[-1] == ("dora", [instead])
    after = lines(url)
    ForgottenReads(ledger, [url])()
    assert lines(url) == after


def test_nobody_else_changes_a_line_and_a_table_of_before_learns_it(url: str, ledger: Ledger) -> None:
    person = uuid4()
    read_of(url, person)
    note(ledger, person)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_OF_BEFORE)
    with capture_logs() as logs:
        ForgottenReads(ledger, [url])()
    assert [entry["event"] for entry in logs] == ["reads_not_forgotten"]
    assert lines(url) == [("anna", [person])]
    with psycopg.connect(url) as connection:
        reads_table.create(connection)
    ForgottenReads(ledger, [url])()
    assert lines(url) != [("anna", [person])]
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in ("UPDATE access.reads SET persons = '{}'", "DELETE FROM access.reads"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                connection.execute(statement.encode())


def test_what_fails_is_told_and_tried_again(url: str, ledger: Ledger) -> None:
    person, time = uuid4(), Time()
    read_of(url, person)
    note(ledger, person)
    whole = ledger.path.read_text()
    forget = ForgottenReads(ledger, ["postgresql://nobody@127.0.0.1:1/x", url], time)
    with capture_logs() as logs:
        ledger.path.write_text(whole[:-1])
        forget()
        assert lines(url) == [("anna", [person])]
        ledger.path.write_text(whole)
        time.now += LATE_LINES_EVERY_S
        forget()
    assert [entry["event"] for entry in logs] == ["reads_not_forgotten"] * 2
    assert lines(url) != [("anna", [person])]

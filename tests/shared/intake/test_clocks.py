"""A clock that is wrong, the process's or the database's: nothing is recorded at an instant that is still to come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql

from shared.log.log_clock import DatabaseClock
from tests.shared.intake.running import LINES, PATH, Served, a_service, lines, new_event, served

TWO_DAYS = timedelta(days=2)


class Machine:
    """Its clock, which may be wrong by something."""

    def __init__(self) -> None:
        self.wrong_by = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.wrong_by


def set_database_clock(url: str, wrong_by: timedelta) -> None:
    """For every connection made from now on, and for those made after the first call from their next question on."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS wrong")
        # Found before PostgreSQL's own, because the path names it first.
        connection.execute(
            sql.SQL(
                "CREATE OR REPLACE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
                "$$ SELECT pg_catalog.clock_timestamp() + make_interval(secs => {}) $$"
            ).format(sql.Literal(wrong_by.total_seconds()))
        )
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET search_path = wrong, pg_catalog, public").format(name))


def last_instants(running: Served) -> list[datetime]:
    return [datetime.fromisoformat(fact.recordedtime) for fact in running.log()]


def is_refused(running: Served) -> None:
    for answer in (
        running.post(new_event()),
        running.post([new_event(), new_event()]),
        running.post([new_event()], atomic="true"),
        running.post(lines(new_event()), LINES),
    ):
        assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (503, "unavailable", "clock")
        assert answer.headers["retry-after"] == "1"
    readiness = running.client.get("/readyz")
    assert readiness.status_code == 503
    told = readiness.json()["checks"]["tests"]
    assert "clocks differ" in told
    assert told.count("T") == 2, "both clocks are told"
    assert running.client.get(PATH).status_code == 200, "what is recorded can be read all the while"


@pytest.mark.parametrize("wrong_by", [TWO_DAYS, -TWO_DAYS])
def test_a_process_whose_clock_is_wrong_records_nothing_until_it_is_set(database_url: str, wrong_by: timedelta) -> None:
    """Two days ahead, once: every later fact had the same instant, two days ahead, and `known_at=now` showed nothing."""
    machine = Machine()
    with served(a_service(database_url, clock=DatabaseClock(machine))) as running:
        assert running.post(new_event()).status_code == 201
        machine.wrong_by = wrong_by
        is_refused(running)
        machine.wrong_by = timedelta()
        assert running.post(new_event()).status_code == 201
        assert running.client.get("/readyz").status_code == 200
        instants = last_instants(running)
        assert len(instants) == 2
        assert instants[0] < instants[1] <= datetime.now(UTC)


def test_it_was_wrong_when_the_process_started(database_url: str) -> None:
    machine = Machine()
    machine.wrong_by = TWO_DAYS
    with served(a_service(database_url, clock=DatabaseClock(machine))) as running:
        is_refused(running)
        assert running.log() == []


def test_a_database_whose_clock_is_wrong(database_url: str) -> None:
    set_database_clock(database_url, TWO_DAYS)
    with served(a_service(database_url)) as running:
        is_refused(running)
        assert running.log() == []
        set_database_clock(database_url, timedelta())
        assert running.post(new_event()).status_code == 201


def test_within_a_minute_it_is_the_database_s_clock(database_url: str) -> None:
    set_database_clock(database_url, timedelta(seconds=-40))
    with served(a_service(database_url)) as running:
        answer = running.post(new_event()).json()
        behind = datetime.now(UTC) - datetime.fromisoformat(answer["recordedtime"])
        assert timedelta(seconds=35) < behind < timedelta(seconds=60)


def test_the_ten_minutes_a_sender_may_be_ahead_are_those_of_the_log_s_clock(database_url: str) -> None:
    """A process two days ahead took an event of tomorrow."""
    machine = Machine()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    with served(a_service(database_url, clock=DatabaseClock(machine))) as running:
        answer = running.post(new_event(time=tomorrow))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "time_in_the_future")
        machine.wrong_by = TWO_DAYS
        assert running.post(new_event(time=tomorrow)).status_code == 503
        machine.wrong_by = -TWO_DAYS  # a sender whose clock is right is not told that its own is wrong
        assert running.post(new_event(time=datetime.now(UTC).isoformat())).status_code == 503


def test_a_log_that_is_ahead_goes_on_and_is_told(database_url: str) -> None:
    """Both clocks were wrong, as on a laptop, or an older version recorded: what is recorded cannot be taken back."""
    machine = Machine()
    machine.wrong_by = TWO_DAYS
    set_database_clock(database_url, TWO_DAYS)
    with served(a_service(database_url, clock=DatabaseClock(machine))) as running:
        assert running.post(new_event()).status_code == 201
        assert "warnings" not in running.client.get("/readyz").json()
        machine.wrong_by = timedelta()
        set_database_clock(database_url, timedelta())
        assert running.post(new_event()).status_code == 201
        first, second = last_instants(running)
        assert first == second > datetime.now(UTC) + timedelta(days=1), "never back"
        readiness = running.client.get("/readyz")
        assert readiness.status_code == 200, "facts are taken: nobody is to stop sending for two days"
        assert "2 days ahead" in readiness.json()["warnings"]["tests"]

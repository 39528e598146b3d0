"""Heartbeats and pauses on a real database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import Connection

from shared.process.settings import Settings
from shared.process.unavailable import UnavailableError
from shared.roles import tables
from shared.roles.looking_around import look_around
from shared.roles.presence import ByWill, Presence, Pulse, present
from shared.roles.role import ROLES, NotPausedError, UnknownRoleError, expected, pausable, role_named
from shared.roles.verdict import RoleStanding
from tests.parts.waiting import wait_until

NOWHERE = "postgresql://postgres@127.0.0.1:1/nothing"


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        tables.create(opened)
        yield opened


def standing(url: str, role: str) -> list[RoleStanding]:
    return [one for one in look_around(lambda _: url, [role_named(role)]) if one.role == role]


def test_a_beat_is_read_back(database_url: str) -> None:
    with present(lambda _: database_url) as presence:
        presence.pulse("projector", "rows 7").beat({"pathways/0": 12}, "kafka")
        (one,) = standing(database_url, "projector")
    assert (one.state, one.problem, one.position) == ("waiting", "kafka", {"pathways/0": 12})
    assert one.version is not None
    assert one.version.endswith("(rows 7)")


def test_beats_are_a_second_apart_but_for_a_change(database_url: str, connection: Connection) -> None:
    with present(lambda _: database_url) as presence:
        pulse = presence.pulse("projector")
        pulse.beat({"pathways/0": 1})
        pulse.beat({"pathways/0": 2})
        assert tables.heartbeats(connection)[0].position == {"pathways/0": 1}
        pulse.beat({"pathways/0": 3}, "database")
        (row,) = tables.heartbeats(connection)
    assert (row.position, row.problem) == ({"pathways/0": 3}, "database")


def test_since_tells_how_long_a_problem_lasts_whatever_its_words(database_url: str, connection: Connection) -> None:
    with present(lambda _: database_url) as presence:
        one, same = presence.pulse("projector"), presence.pulse("projector")
        one.beat()
        well = tables.heartbeats(connection)[0].since
        one.beat(problem="at 100 of 200")
        begun = tables.heartbeats(connection)[0].since
        same.beat(problem="at 150 of 200")
        (row,) = tables.heartbeats(connection)
    assert (well < begun, row.since, row.problem) == (True, begun, "at 150 of 200")


def end_by_an_error(url: str) -> None:
    with present(lambda _: url) as presence:
        presence.pulse("projector").beat()
        raise ZeroDivisionError("of a test")


def test_stopped_in_order_it_is_forgotten_and_by_an_error_it_stays_with_the_cause(database_url: str) -> None:
    with present(lambda _: database_url) as presence:
        presence.pulse("projector").beat()
    assert [one.state for one in standing(database_url, "projector")] == ["missing"]
    with pytest.raises(ZeroDivisionError):
        end_by_an_error(database_url)
    (one,) = standing(database_url, "projector")
    assert one.problem is not None
    assert "ended: ZeroDivisionError: of a test" in one.problem


def test_a_connection_that_ended_shows_at_once(database_url: str, connection: Connection) -> None:
    with closing(Presence(lambda _: database_url, "1")) as presence:
        presence.pulse("projector").beat()
        assert tables.heartbeats(connection)[0].is_connected
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ 'heartbeats'"
        )
        wait_until(lambda: not tables.heartbeats(connection)[0].is_connected, "the lock is free")


def test_a_connection_that_was_lost_is_had_again(database_url: str, connection: Connection) -> None:
    with present(lambda _: database_url) as presence:
        pulse = presence.pulse("projector")
        pulse.beat()
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ 'heartbeats'"
        )
        before = tables.heartbeats(connection)[0].at

        def beats() -> bool:
            pulse.beat()
            (row,) = tables.heartbeats(connection)
            return row.at > before and row.is_connected

        wait_until(beats, "it beats again")


def test_a_database_that_is_away_neither_breaks_nor_tells_anything() -> None:
    with present(lambda _: NOWHERE) as presence:
        pulse = presence.pulse("projector")
        pulse.beat()
        assert pulse.said is None


def test_a_pulse_nobody_hears_says_nothing() -> None:
    pulse = Pulse()
    pulse.beat(problem="kafka")
    assert pulse.pause is None


def test_a_loop_rests_until_it_is_resumed(database_url: str, connection: Connection) -> None:
    assert tables.pause(connection, "projector", "anne", "disk")
    with present(lambda _: database_url) as presence:
        pulse, stop = presence.pulse("projector"), threading.Event()
        pulse.beat()
        assert isinstance(pulse.said, ByWill)
        resting = threading.Thread(target=pulse.rest, args=(stop,))
        resting.start()
        wait_until(lambda: standing(database_url, "projector")[0].state == "paused", "it rests")
        assert tables.resume(connection, "projector")
        resting.join(10)
        assert not resting.is_alive()


def test_pausing_twice_keeps_since_when(connection: Connection) -> None:
    tables.pause(connection, "projector", "anne", "disk")
    first = tables.pauses(connection)["projector"]
    assert not tables.pause(connection, "projector", "bob", "still the disk")
    second = tables.pauses(connection)["projector"]
    assert (second.since, second.by, second.reason) == (first.since, "bob", "still the disk")
    assert tables.resume(connection, "projector")
    assert not tables.resume(connection, "projector")


def test_a_database_that_does_not_answer_leaves_its_roles_unknown_and_none_at_all_is_an_error(
    database_url: str,
) -> None:
    found = look_around(lambda name: NOWHERE if name == "agrement" else database_url, ROLES)
    assert {one.role for one in found if one.state == "unknown"} == {
        role.name for role in ROLES if role.service == "agrement"
    }
    with pytest.raises(UnavailableError):
        look_around(lambda _: NOWHERE, ROLES)


def test_what_is_expected_follows_from_the_settings() -> None:
    without = {role.name for role in expected(Settings())}
    assert len(without) == 10
    assert {role.name for role in expected(Settings(kafka_bootstrap="k:1"))} - without == {
        "relay-structures", "relay-pathways", "relay-agrement", "relay-placements"
    }  # fmt: skip


def test_what_is_not_expected_is_shown_only_while_it_lives(database_url: str) -> None:
    with present(lambda _: database_url) as presence:
        presence.pulse("relay-pathways").beat()
        assert [one.role for one in look_around(lambda _: database_url, [])] == ["relay-pathways"]
    assert look_around(lambda _: database_url, []) == []


def test_names_are_checked_with_those_there_are() -> None:
    with pytest.raises(UnknownRoleError, match=r"no role is called projektor; there are .*, projector$"):
        pausable("projektor")
    with pytest.raises(NotPausedError, match="stop its process"):
        pausable("serve-pathways")


def test_who_died_before_is_forgotten_with_the_one_that_took_its_place(database_url: str) -> None:
    dead = Presence(lambda _: database_url, "1")
    dead.pulse("projector").beat()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ 'heartbeats'"
        )
    with present(lambda _: database_url) as presence:
        presence.pulse("projector").beat()
        wait_until(lambda: len(connected(database_url)) == 1, "the lock is free")
    assert [one.state for one in standing(database_url, "projector")] == ["missing"]
    dead.close()


def connected(url: str) -> list[str]:
    with psycopg.connect(url, autocommit=True) as connection:
        return [row.process for row in tables.heartbeats(connection) if row.is_connected]


def test_a_database_that_is_away_is_known_by_the_heartbeats_that_do_not_reach_it(database_url: str) -> None:
    """Of a loop that waits a minute for its next step, nothing else asks."""
    with present(lambda _: NOWHERE) as presence:
        pulse = presence.pulse("agrement-clock")
        pulse.beat()
        assert pulse.away is not None
        assert pulse.away.startswith("database: ")
        pulse.beat()  # not tried again yet: it still is
        assert pulse.away is not None
    with present(lambda _: database_url) as presence:
        pulse = presence.pulse("agrement-clock")
        pulse.beat()
        assert pulse.away is None

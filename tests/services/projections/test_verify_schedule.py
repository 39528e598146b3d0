"""Verification in the background: when it is due, by one process, kept and measured, in nobody's way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from parcours.row_figures import verified
from services.projections.api.position_routes import read_side_state
from services.projections.database import VERIFYING_LOCK
from services.projections.verifying import runs
from services.projections.verifying.schedule import Schedule, VerifyAll
from services.projections.verifying.subjects import Task, verify_everybody
from shared.log.comparison import Comparison, Rest
from shared.process.unavailable import UnavailableError
from tests.services.projections.facts import ACI, C1, hired, recorded
from tests.services.projections.streams import RECIPE, Kept, Streams, kept, moved_to, person_id

DAY = timedelta(hours=24)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
PERSON = f"person/{person_id(1)}"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def projections(database_url: str) -> Iterator[Kept]:
    with kept(database_url) as one:
        one.apply(Streams().record(moved_to(recorded(hired(C1, ACI, "2024-01-01")), PERSON)))
        yield one


def rows_of(projections: Kept) -> VerifyAll:
    def verify(rest: Rest) -> list[Comparison]:
        return [verify_everybody(projections.database, Task(projections.url, RECIPE), rest=rest, patience_s=0)]

    return verify


def schedule(projections: Kept, clock: Clock, verify: VerifyAll | None = None) -> Schedule:
    verify = verify or rows_of(projections)
    return Schedule(projections.database, DAY, verify, clock, look_every_s=0)


def measured(projections: Kept) -> list[float]:
    """As a scrape shows it: when, of how many subjects, how many differences."""
    return [sample.value for sample in verified(projections.url)]


def test_it_verifies_once_a_day_and_tells(projections: Kept) -> None:
    clock, stop = Clock(), threading.Event()
    with projections.database.connection() as connection:
        assert runs.last_run(connection) is None  # also in an installation from before there was such a table
    one = schedule(projections, clock)
    first = one.look(stop)
    assert first is not None
    assert (first.subjects, first.facts, first.differences, first.first) == (1, 1, 0, [])
    assert measured(projections) == [NOON.timestamp(), 1, 0]
    projections.run("UPDATE read_1.contracts SET weekly_hours = 99")
    clock.now += DAY / 2
    assert one.look(stop) == first
    clock.now += DAY / 2
    second = one.look(stop)
    assert second is not None
    assert second.differences == 1
    (found,) = second.first
    assert (found["where"], found["subject"], found["columns"]) == ("read_1.contracts", PERSON, ["weekly_hours"])
    assert "99" not in str(found)  # what rows hold is not kept a second time
    assert measured(projections) == [clock.now.timestamp(), 1, 1]
    with projections.database.connection() as connection:
        told = read_side_state(connection, "memory")["verified"]
    assert (told["ended_at"], told["differences"]) == (clock.now.isoformat(), 1)


def test_a_process_that_starts_tells_what_was_found_before(projections: Kept) -> None:
    clock = Clock()
    schedule(projections, clock).look(threading.Event())
    clock.now += DAY / 2
    schedule(projections, clock).look(threading.Event())
    assert measured(projections) == [NOON.timestamp(), 1, 0]


def test_of_several_processes_one_verifies(projections: Kept) -> None:
    with projections.database.alone(autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [VERIFYING_LOCK])
        assert schedule(projections, Clock()).look(threading.Event()) is None
        other.execute("SELECT pg_advisory_unlock(%s)", [VERIFYING_LOCK])
    assert schedule(projections, Clock()).look(threading.Event()) is not None


def test_told_to_stop_it_leaves_off_and_keeps_nothing(projections: Kept) -> None:
    stop = threading.Event()

    def verify(rest: Rest) -> Iterator[Comparison]:
        stop.set()
        rest()
        yield Comparison("never")

    schedule(projections, Clock(), verify=verify).run(stop)
    with projections.database.connection() as connection:
        assert runs.last_run(connection) is None


def test_what_keeps_it_from_verifying_ends_nobody(projections: Kept) -> None:
    stop = threading.Event()
    troubles: list[Exception] = [UnavailableError(reason="database"), RuntimeError("a bug")]

    def verify(rest: Rest) -> list[Comparison]:
        if troubles:
            raise troubles.pop()
        stop.set()
        return [Comparison("at last")]

    schedule(projections, Clock(), verify=verify).run(stop)
    assert troubles == []


def test_only_the_last_hundred_are_kept(projections: Kept) -> None:
    with projections.database.transaction() as connection:
        runs.create(connection)
        for day in range(runs.KEPT + 5):
            runs.keep(connection, runs.Run.of(NOON + day * DAY, NOON + day * DAY, "here", []))
    assert projections.one("SELECT count(*) FROM projections.verifications") == runs.KEPT
    assert projections.one("SELECT min(started_at) FROM projections.verifications") == NOON + 5 * DAY

"""Read sets made, promoted and refused while everything goes on; on a real database, with real processes killed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.projections.folding.fold import Folder
from services.projections.folding.project import code_hash
from services.projections.folding.rebuilding import Rebuild, fold_everybody
from services.projections.read_sets import operations
from services.projections.read_sets import sets as read_sets
from services.projections.read_sets.sets import ReadSetError
from services.projections.read_tables import READ_TABLES
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.process.settings import Settings
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.services.projections.facts import ACI, AI, C1, C2, CATALOGUE, exited, hired, hours_worked, recorded
from tests.services.projections.streams import SETTINGS, Kept, Streams, arrived, expected, kept, person_id

ROOT = Path(__file__).resolve().parents[3]
OTHER = Settings(step_gap_days=300)
"""Other settings are other code: its rows differ."""


@pytest.fixture
def projections(database_url: str) -> Iterator[Kept]:
    with kept(database_url) as one:
        yield one


@pytest.fixture
def streams() -> Streams:
    return Streams()


def person(number: int) -> str:
    return f"person/{person_id(number)}"


def life(number: int) -> list[Recorded]:
    """Two contracts 100 days apart: two steps, or one with OTHER."""
    facts = [
        hired(C1, ACI, "2024-01-08", "2024-03-01"),
        hired(C2, ACI, "2024-06-10"),
        hours_worked(ACI, "2024-01", number % 100 + 1),
        exited(ACI, "2024-12-31"),
    ]
    return [recorded(fact).model_copy(update={"subject": person(number)}) for fact in facts]


def fill(projections: Kept, streams: Streams, persons: int, first: int = 1) -> list[Recorded]:
    facts = [fact for number in range(first, first + persons) for fact in life(number)]
    projections.apply(*map(streams.record, facts))
    return facts


def everything(projections: Kept, read_set: str) -> dict[str, list[Any]]:
    return {
        name: projections.all(f"SELECT * FROM read_{read_set}.{name} ORDER BY {', '.join(table.key_columns)}")
        for name, table in READ_TABLES.items()
    } | {"folded": projections.all(f"SELECT * FROM read_{read_set}.folded ORDER BY root")}


def child(processes: Processes, *args: str) -> Process:
    return processes.start(sys.executable, "-m", "tests.services.projections.children", *args, cwd=ROOT)


def names(projections: Kept) -> list[tuple[Any, ...]]:
    return projections.all("SELECT name, state FROM projections.read_sets ORDER BY created_at")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_rebuild_gives_the_rows_that_were_kept_live(projections: Kept, streams: Streams, workers: int) -> None:
    fill(projections, streams, 60)
    with projections.database.transaction() as connection:
        read_sets.create(connection, "again", code_hash(SETTINGS))
    fold_everybody(projections.database, Rebuild(projections.url, "again", SETTINGS), lambda *_: None, workers)
    assert everything(projections, "again") == everything(projections, "1")


def test_a_rebuild_tells_how_far_it_is(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 20)
    told: list[tuple[int, int]] = []
    made = operations.rebuild(projections.url, None, lambda done, total: told.append((done, total)), SETTINGS)
    assert (made.name, made.state) == ("2", "building")
    assert told == sorted(told)
    assert told[-1] == (20, 20)


def test_a_killed_rebuild_goes_on_where_it_was(projections: Kept, streams: Streams, processes: Processes) -> None:
    fill(projections, streams, 600)
    killed = child(processes, "rebuild", projections.url, "night")
    wait_until(lambda: 0 < count(projections, "night") < 600, "some are folded", 30)
    killed.sigkill()
    wait_until(
        lambda: (
            not projections.one(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'parcours projections alone'"
            )
        ),
        "the server has noticed",
    )
    done = count(projections, "night")
    stamps = dict(projections.all("SELECT root, xmin::text FROM read_night.folded"))
    operations.rebuild(projections.url, "night", settings=SETTINGS)
    assert everything(projections, "night") == everything(projections, "1")
    after = dict(projections.all("SELECT root, xmin::text FROM read_night.folded"))
    assert done < 600
    assert {root: after[root] for root in stamps} == stamps, "nobody was folded twice"


def count(projections: Kept, read_set: str) -> int:
    if projections.one("SELECT to_regclass(%s)", f"read_{read_set}.folded") is None:
        return 0
    return int(projections.one(f"SELECT count(*) FROM read_{read_set}.folded"))


def test_workers_end_with_a_killed_rebuild(projections: Kept, streams: Streams, processes: Processes) -> None:
    """And what they still commit is no error for the one that goes on."""
    fill(projections, streams, 600)
    with projections.database.transaction() as connection:
        read_sets.create(connection, "night", code_hash(SETTINGS))
    killed = child(processes, "fold", projections.url, "night", "2")
    wait_until(lambda: count(projections, "night"), "some are folded", 30)
    killed.sigkill()
    operations.rebuild(projections.url, "night", settings=SETTINGS)
    assert everything(projections, "night") == everything(projections, "1")
    of_rebuild = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'parcours projections alone'"
    wait_until(lambda: projections.one(of_rebuild) == 0, "no worker is left")


def test_a_rebuild_that_runs_twice_at_once_gives_each_row_once(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 300)
    failures: list[BaseException] = []

    def build() -> None:
        try:
            operations.rebuild(projections.url, "both", settings=SETTINGS)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=build) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert everything(projections, "both") == everything(projections, "1")


def test_facts_that_arrive_during_a_rebuild_are_in_what_is_promoted(projections: Kept, streams: Streams) -> None:
    """The projector never stops; when the new set is current it has every row, and the old one is kept."""
    facts = fill(projections, streams, 200)
    feed = projections.feed()
    for number in range(1, 120):
        new = [
            recorded(hours_worked(AI, "2024-05", number)).model_copy(update={"subject": person(number)}),
            *life(1_000 + number),
        ]
        facts += new
        feed.add(*map(streams.record, new))
    stop, failures = threading.Event(), []

    def run() -> None:
        try:
            projections.projector(feed).run(stop)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    made = operations.rebuild(projections.url, None, settings=SETTINGS)
    promoted = operations.promote(projections.url, made.name, SETTINGS)
    wait_until(
        lambda: projections.one("SELECT max(next_offset) FROM projections.places WHERE partition = 0") == 119,
        "all read",
    )
    stop.set()
    thread.join()
    assert failures == []
    assert (promoted.name, promoted.state) == ("2", "current")
    assert names(projections) == [("1", "previous"), ("2", "current")]
    for number in (1, 119, 150, 1_001, 1_119):
        assert projections.rows(person(number)) == expected(person(number), facts)
    assert (
        projections.one(
            "SELECT count(*) FROM read_2.folded f JOIN projections.subjects s ON s.subject = f.root AND s.version = f.version"
        )
        == 319
    )


def test_readers_see_one_read_set_or_the_other_and_no_error(projections: Kept, streams: Streams) -> None:
    """In single statements that join views, in transactions over several, and through the API's own snapshot."""
    fill(projections, streams, 50)
    for _ in range(2):
        made = operations.rebuild(projections.url, None, settings=OTHER)
        seen, failures = promoted_under_readers(projections, made.name, OTHER)
        assert failures == []
        assert seen <= {(50, 50, 50), (100, 100, 100)}
        made = operations.rebuild(projections.url, None, settings=SETTINGS)
        seen, failures = promoted_under_readers(projections, made.name, SETTINGS)
        assert failures == []
        assert seen <= {(50, 50, 50), (100, 100, 100)}


JOINED = (
    "SELECT count(*), (SELECT sum(steps) FROM bi.pathways), (SELECT count(*) FROM bi.transitions) + 50"
    " FROM bi.steps JOIN bi.persons USING (person_id)"
)


def promoted_under_readers(projections: Kept, name: str, settings: Settings) -> tuple[set[Any], list[BaseException]]:
    seen: set[Any] = set()
    failures: list[BaseException] = []
    stop = threading.Event()
    reads = [threading.Event() for _ in range(3)]

    def read(kind: int) -> None:
        try:
            with psycopg.connect(projections.url, autocommit=True) as connection:
                while not stop.is_set():
                    seen.add(READS[kind](connection))
                    reads[kind].set()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=read, args=(kind,)) for kind in range(3)]
    for thread in threads:
        thread.start()
    for event in reads:
        event.wait(10)
    try:
        operations.promote(projections.url, name, settings)
        for event in reads:
            event.clear()
        for event in reads:
            assert event.wait(10) or failures
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return seen, failures


def one_statement(connection: psycopg.Connection[Any]) -> Any:
    return connection.execute(JOINED).fetchone()


def one_transaction(connection: psycopg.Connection[Any]) -> Any:
    """Views one after the other, in an order that is not the promotion's."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        transitions = connection.execute("SELECT count(*) + 50 FROM bi.transitions").fetchone()
        steps = connection.execute("SELECT count(*) FROM bi.steps").fetchone()
        pathways = connection.execute("SELECT sum(steps) FROM bi.pathways").fetchone()
    assert transitions is not None
    assert steps is not None
    assert pathways is not None
    return (steps[0], pathways[0], transitions[0])


def api_snapshot(connection: psycopg.Connection[Any]) -> Any:
    with connection.transaction():
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; {read_sets.SHARE_CURRENT}")
        return connection.execute(JOINED).fetchone()


READS = (one_statement, one_transaction, api_snapshot)


def test_a_promotion_waits_for_a_long_reader_without_harm(projections: Kept, streams: Streams) -> None:
    """The reader may go on to other views; meanwhile the projector works."""
    fill(projections, streams, 3)
    made = operations.rebuild(projections.url, None, settings=SETTINGS)
    done = threading.Event()

    def promote() -> None:
        operations.promote(projections.url, made.name, SETTINGS)
        done.set()

    with psycopg.connect(projections.url) as reader:
        reader.execute("SELECT count(*) FROM bi.structures")
        thread = threading.Thread(target=promote)
        thread.start()
        wait_until(lambda: waits(projections), "the promotion waits", 10)
        reader.execute("SELECT count(*) FROM bi.steps")
        projections.apply(*map(streams.record, life(9)))
        assert not done.is_set()
    thread.join()
    assert done.is_set()
    assert projections.rows(person(9)) == expected(person(9), life(9))
    assert names(projections) == [("1", "previous"), ("2", "current")]


def waits(projections: Kept) -> bool:
    return bool(
        projections.one(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'DROP VIEW%%'"
        )
    )


def test_what_may_not_be_promoted_or_rebuilt_says_why(projections: Kept) -> None:
    url = projections.url
    with pytest.raises(ReadSetError, match="there is no read set 7; `parcours projections list` names them"):
        operations.promote(url, "7", SETTINGS)
    operations.rebuild(url, "other", settings=OTHER)
    with pytest.raises(ReadSetError, match="read set other was made by other code or settings: rebuild it"):
        operations.promote(url, "other", SETTINGS)
    with pytest.raises(ReadSetError, match="read set other was begun by other code or settings: choose another name"):
        operations.rebuild(url, "other", settings=SETTINGS)
    with pytest.raises(ReadSetError, match="read set 1 is current: choose another name"):
        operations.rebuild(url, "1", settings=SETTINGS)
    for bad in ("Night", "a-b", "", "x" * 41, 'a"; DROP', "é"):
        with pytest.raises(ReadSetError):
            operations.rebuild(url, bad or " ", settings=SETTINGS)
    assert [one.name for one in operations.list_read_sets(url)] == ["1", "other"]


def test_a_start_with_other_settings_rebuilds_and_keeps_the_old_rows(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 5)
    told: list[str] = []
    operations.ensure_current(projections.url, OTHER, told.append)
    assert told == ["the rows were made by another version (1); rebuilding them from history"]
    assert names(projections) == [("1", "previous"), ("2", "current")]
    assert projections.one("SELECT count(*) FROM bi.steps") == 5
    assert projections.one("SELECT count(*) FROM read_1.steps") == 10
    operations.ensure_current(projections.url, OTHER, told.append)
    assert len(told) == 1


def test_a_start_goes_on_with_the_rebuild_that_a_kill_left(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 5)
    with projections.database.transaction() as connection:
        read_sets.create(connection, "2", code_hash(OTHER))
        read_sets.create(connection, "3", "yet another")
    operations.ensure_current(projections.url, OTHER)
    assert {("1", "previous"), ("2", "current"), ("3", "building")} == set(names(projections))


def test_of_processes_that_start_at_once_one_makes_the_rows(database_url: str, processes: Processes) -> None:
    """On an empty database, and again where all find rows of another version."""
    for _ in range(2):
        started = [child(processes, "ensure", database_url) for _ in range(3)]
        assert [one.wait(60) for one in started] == [0, 0, 0]
        with psycopg.connect(database_url, autocommit=True) as connection:
            states = connection.execute("SELECT state FROM projections.read_sets ORDER BY created_at").fetchall()
            connection.execute("UPDATE projections.read_sets SET code_hash = 'of before'")
    assert states == [("previous",), ("current",)]


def test_the_schema_is_made_again_without_a_lock(projections: Kept, streams: Streams) -> None:
    """A process that starts does not wait for those at work, and they do not wait for it."""
    projections.apply(*map(streams.record, life(1)))
    with psycopg.connect(projections.url) as working:
        working.execute("UPDATE projections.subjects SET version = version")
        working.execute("DELETE FROM projections.history")
        thread = threading.Thread(target=projections.database.create)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
        working.rollback()


def test_a_subject_that_fails_does_not_stop_a_rebuild(projections: Kept, streams: Streams) -> None:
    facts = fill(projections, streams, 5)
    odd = arrived(life(3)[0], "pathways", 999, 4, {"contract_id": "x"})
    projections.apply(odd)
    projections.run("UPDATE projections.subjects SET error = NULL, since = NULL")
    made = operations.rebuild(projections.url, None, settings=SETTINGS)
    operations.promote(projections.url, made.name, SETTINGS)
    assert projections.state(person(3))[1].startswith("UnreadableFactError: pathways.hired.v1, number 4")
    assert projections.rows(person(3)) == expected(person(3), [])
    assert projections.folded(person(3)) is None
    assert projections.rows(person(4)) == expected(person(4), facts)


def test_a_type_that_is_known_now_is_folded_by_the_rebuild(projections: Kept, streams: Streams) -> None:
    """It was kept, and counted, by a version that did not know it."""
    known = [fact for name, fact in CATALOGUE.facts.items() if "exited" not in name]
    facts = life(1)
    projections.apply(*map(streams.record, facts), folder=Folder(Catalogue(known), SETTINGS))
    assert projections.rows(person(1))["exits"] == []
    assert projections.folded(person(1)) == 4
    made = operations.rebuild(projections.url, None, settings=SETTINGS)
    operations.promote(projections.url, made.name, SETTINGS)
    assert projections.rows(person(1)) == expected(person(1), facts)
    assert projections.state(person(1)) == (4, None, None, None)


def test_facts_that_wait_their_turn_are_applied_once_the_new_rows_are_current(
    projections: Kept, streams: Streams
) -> None:
    """`applied` holds back what is put off, until a promotion has folded everybody."""
    fill(projections, streams, 1)
    projections.run(f"INSERT INTO projections.put_off VALUES ('{person(1)}', 'pathways', 2)")
    partition = "SELECT feed FROM projections.places LIMIT 1"
    assert projections.one(partition) == "memory"
    feed = projections.feed()
    assert projections.projector(feed).applied()["pathways"] == 1
    made = operations.rebuild(projections.url, None, settings=SETTINGS)
    assert projections.projector(feed).applied()["pathways"] == 1
    operations.promote(projections.url, made.name, SETTINGS)
    assert projections.projector(feed).applied()["pathways"] == 3

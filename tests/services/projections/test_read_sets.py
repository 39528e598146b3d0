"""Read sets made, promoted and refused while everything goes on; on a real database, with real processes killed."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from services.projections.api.erasures_applied import ErasuresApplied
from services.projections.database import Database
from services.projections.folding.everybody import Rebuild, fold_everybody
from services.projections.folding.folder import Folder
from services.projections.folding.keeper import Keeper
from services.projections.folding.projector import Projector
from services.projections.main import QueryService
from services.projections.read_sets import building, promoting, read_sets_table, set_schema
from services.projections.read_sets.recipe import OlderCodeError, ReadSetError, Recipe
from services.projections.read_tables import READ_TABLES
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.log.forgotten import Forgotten
from shared.process.settings import Settings
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.services.projections.facts import AI, CATALOGUE, hours_worked, recorded
from tests.services.projections.read_sets_at_work import life, person
from tests.services.projections.streams import RECIPE, SETTINGS, Kept, Streams, arrived, expected, kept

ROOT = Path(__file__).resolve().parents[3]
OTHER = Recipe.of(Settings(step_gap_days=300))
"""Other settings, whose rows differ."""
NEWER = Recipe.of(Settings(step_gap_days=300), RECIPE.version + 1)
"""Newer code, whose rows differ."""


@pytest.fixture
def projections(database_url: str) -> Iterator[Kept]:
    with kept(database_url) as one:
        yield one


@pytest.fixture
def streams() -> Streams:
    return Streams()


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
        set_schema.create(connection, "again", RECIPE)
    fold_everybody(projections.database, Rebuild(projections.url, "again", RECIPE), lambda *_: None, workers)
    assert everything(projections, "again") == everything(projections, "1")


def test_a_rebuild_tells_how_far_it_is(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 20)
    told: list[tuple[int, int]] = []
    made = building.rebuild(projections.url, None, RECIPE, lambda done, total: told.append((done, total)))
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
    building.rebuild(projections.url, "night", RECIPE)
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
        set_schema.create(connection, "night", RECIPE)
    killed = child(processes, "fold", projections.url, "night", "2")
    wait_until(lambda: count(projections, "night"), "some are folded", 30)
    killed.sigkill()
    building.rebuild(projections.url, "night", RECIPE)
    assert everything(projections, "night") == everything(projections, "1")
    of_rebuild = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'parcours projections alone'"
    wait_until(lambda: projections.one(of_rebuild) == 0, "no worker is left")


def test_a_rebuild_that_runs_twice_at_once_gives_each_row_once(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 300)
    failures: list[BaseException] = []

    def build() -> None:
        try:
            building.rebuild(projections.url, "both", RECIPE)
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
    made = building.rebuild(projections.url, None, RECIPE)
    promoted = building.promote(projections.url, made.name, RECIPE)
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
        made = building.rebuild(projections.url, None, OTHER)
        seen, failures = promoted_under_readers(projections, made.name, OTHER)
        assert failures == []
        assert seen <= {(50, 50, 50), (100, 100, 100)}
        made = building.rebuild(projections.url, None, RECIPE)
        seen, failures = promoted_under_readers(projections, made.name, RECIPE)
        assert failures == []
        assert seen <= {(50, 50, 50), (100, 100, 100)}


JOINED = (
    "SELECT count(*), (SELECT sum(steps) FROM bi.pathways), (SELECT count(*) FROM bi.transitions) + 50"
    " FROM bi.steps JOIN bi.persons USING (person_id)"
)


def promoted_under_readers(projections: Kept, name: str, recipe: Recipe) -> tuple[set[Any], list[BaseException]]:
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
        building.promote(projections.url, name, recipe)
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
        connection.execute(
            f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; {read_sets_table.SHARE_CURRENT}"
        )
        return connection.execute(JOINED).fetchone()


READS = (one_statement, one_transaction, api_snapshot)


def test_a_promotion_waits_for_a_long_reader_without_harm(projections: Kept, streams: Streams) -> None:
    """The reader may go on to other views; meanwhile the projector works."""
    fill(projections, streams, 3)
    made = building.rebuild(projections.url, None, RECIPE)
    done = threading.Event()

    def promote() -> None:
        building.promote(projections.url, made.name, RECIPE)
        done.set()

    with psycopg.connect(projections.url) as reader:
        reader.execute("SELECT count(*) FROM bi.structures")
        thread = threading.Thread(target=promote)
        thread.start()
        wait_until(lambda: waits(projections), "the promotion waits", 10)
        reader.execute("SELECT count(*) FROM bi.steps")
        projections.apply(*map(streams.record, life(9)))
        assert not done.is_set()
        with psycopg.connect(projections.url) as operator:
            (in_the_way,) = read_sets_table.readers_of_views(operator)
        assert in_the_way.startswith(f"process {reader.info.backend_pid} of ")
    thread.join()
    assert done.is_set()
    assert projections.rows(person(9)) == expected(person(9), life(9))
    assert names(projections) == [("1", "previous"), ("2", "current")]


def waits(projections: Kept) -> bool:
    return bool(
        projections.one(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'ALTER VIEW%%'"
        )
    )


def test_what_may_not_be_promoted_or_rebuilt_says_why(projections: Kept) -> None:
    url = projections.url
    with pytest.raises(ReadSetError, match="there is no read set 7; `parcours projections list` names them"):
        building.promote(url, "7", RECIPE)
    building.rebuild(url, "other", OTHER)
    with pytest.raises(ReadSetError, match="read set other was made by other code or settings: rebuild it"):
        building.promote(url, "other", RECIPE)
    with pytest.raises(ReadSetError, match="read set other was begun by other code or settings: choose another name"):
        building.rebuild(url, "other", RECIPE)
    with pytest.raises(ReadSetError, match="read set 1 is current: choose another name"):
        building.rebuild(url, "1", RECIPE)
    for bad in ("Night", "a-b", "", "x" * 41, 'a"; DROP', "é"):
        with pytest.raises(ReadSetError):
            building.rebuild(url, bad or " ", RECIPE)
    assert [one.name for one in building.list_read_sets(url)] == ["1", "other"]


def test_a_start_of_newer_code_rebuilds_and_keeps_the_old_rows(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 5)
    told: list[str] = []
    counts: list[tuple[int, int]] = []
    made = building.ensure_current(
        projections.url, NEWER, told.append, lambda done, total: counts.append((done, total))
    )
    assert made is None
    assert counts, "it says how far it is"
    version = RECIPE.version
    assert told == [
        f"the rows are of version {version} (1), this is code of version {version + 1}: rebuilding them from history"
    ]
    assert names(projections) == [("1", "previous"), ("2", "current")]
    assert projections.one("SELECT count(*) FROM bi.steps") == 5
    assert projections.one("SELECT count(*) FROM read_1.steps") == 10
    building.ensure_current(projections.url, NEWER, told.append)
    assert len(told) == 1


def test_a_start_of_older_code_leaves_the_newer_rows_alone(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 5)
    building.ensure_current(projections.url, NEWER)
    told: list[str] = []
    reason = building.ensure_current(projections.url, RECIPE, told.append)
    assert reason == (
        f"this is code of version {RECIPE.version}; the read model is of version {NEWER.version} (read set 2): nothing"
        f" is written; deploy code of version {NEWER.version} or newer"
    )
    assert told == [reason]
    assert names(projections) == [("1", "previous"), ("2", "current")]


def test_a_projector_with_nothing_to_write_notices_that_newer_code_promoted(projections: Kept) -> None:
    opened, stop = threading.Event(), threading.Event()

    @contextmanager
    def projector() -> Iterator[Projector]:
        opened.set()
        yield projections.projector(projections.feed(), look_again_s=0.05)

    keeper = Keeper(projections.database, RECIPE, projector, look_again_s=0.05)
    thread = threading.Thread(target=keeper.run, args=[stop])
    thread.start()
    try:
        assert opened.wait(10)
        wait_until(lambda: asyncio.run(keeper.check()) is None, "it works", 10)
        building.ensure_current(projections.url, NEWER)
        wait_until(lambda: asyncio.run(keeper.check()) is not None, "it stands still", 10)
        assert f"deploy code of version {NEWER.version} or newer" in str(asyncio.run(keeper.check()))
    finally:
        stop.set()
        thread.join(10)


def test_the_api_serves_what_was_current_when_it_started_whether_or_not_somebody_asked(projections: Kept) -> None:
    def started() -> QueryService:
        database = Database(projections.url)
        service = QueryService(database, FastAPI(), RECIPE, ErasuresApplied(database, Forgotten(None)))
        service.start()
        return service

    early = started()
    building.ensure_current(projections.url, NEWER)
    late = started()
    try:
        assert asyncio.run(early.check()) is None
        assert f"deploy code of version {NEWER.version} or newer" in str(asyncio.run(late.check()))
    finally:
        early.stop()
        late.stop()


def test_a_start_with_other_settings_stops_until_a_rebuild_is_asked_for(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 5)
    reason = building.ensure_current(projections.url, OTHER)
    assert reason is not None
    assert "read set 1 was made with other settings (step_gap_days 30 there, 300 here): nothing is written" in reason
    assert "`parcours projections rebuild`" in reason
    assert names(projections) == [("1", "current")]
    building.promote(projections.url, building.rebuild(projections.url, None, OTHER).name, OTHER)
    assert building.ensure_current(projections.url, OTHER) is None
    assert "step_gap_days 300 there, 30 here" in str(building.ensure_current(projections.url, RECIPE))
    assert names(projections) == [("1", "previous"), ("2", "current")]


def test_older_code_builds_and_promotes_nothing_once_newer_code_builds(projections: Kept, streams: Streams) -> None:
    """Not even where it had begun before: what it has built stays beside, and what it keeps is kept meanwhile."""
    fill(projections, streams, 5)
    begun = building.rebuild(projections.url, None, RECIPE)
    made = building.rebuild(projections.url, None, NEWER)
    older = f"this is code of version {RECIPE.version}; the read model is of version {NEWER.version} \\(read set 3\\)"
    with pytest.raises(OlderCodeError, match=older):
        building.promote(projections.url, begun.name, RECIPE)
    with pytest.raises(OlderCodeError, match=older):
        building.rebuild(projections.url, None, RECIPE)
    assert building.ensure_current(projections.url, RECIPE) is None, "it keeps the current rows until they are replaced"
    projections.apply(*map(streams.record, life(9)))
    building.promote(projections.url, made.name, NEWER)
    with pytest.raises(OlderCodeError):
        projections.apply(*map(streams.record, life(10)))
    with pytest.raises(OlderCodeError, match=older):
        building.promote(projections.url, begun.name, RECIPE)
    assert names(projections) == [("1", "previous"), ("2", "building"), ("3", "current")]


def test_code_between_the_two_neither_builds_nor_ends_while_newer_code_builds(projections: Kept) -> None:
    newest = Recipe.of(SETTINGS, NEWER.version + 1)
    building.rebuild(projections.url, "newest", newest)
    assert f"of version {newest.version} (read set newest)" in str(building.ensure_current(projections.url, NEWER))
    with projections.database.connection() as connection, pytest.raises(OlderCodeError):
        read_sets_table.writable(connection, NEWER)


def test_a_promotion_that_newer_code_forestalls_is_refused_under_its_locks(projections: Kept) -> None:
    """It begins to build between the first look and the last."""
    made = building.rebuild(projections.url, None, RECIPE)
    with projections.database.transaction() as connection:
        set_schema.create(connection, "newer", NEWER)
    with pytest.raises(OlderCodeError):
        promoting.try_to_promote(projections.database, made.name, Folder(CATALOGUE, RECIPE), RECIPE)
    assert names(projections) == [("1", "current"), ("2", "building"), ("newer", "building")]


def test_the_list_says_who_made_a_read_set_and_when(projections: Kept) -> None:
    building.ensure_current(projections.url, NEWER)
    first, second = building.list_read_sets(projections.url)
    assert (first.rows_version, first.settings, first.state) == (RECIPE.version, RECIPE.settings, "previous")
    assert (second.rows_version, second.settings, second.state) == (NEWER.version, NEWER.settings, "current")
    assert first.promoted_at is not None
    assert second.promoted_at is not None
    assert first.created_at <= first.promoted_at <= second.created_at <= second.promoted_at


OF_BEFORE_VERSIONS = """
    DROP TABLE projections.read_sets;
    CREATE TABLE projections.read_sets (
        name text PRIMARY KEY, code_hash text NOT NULL, state text NOT NULL DEFAULT 'building',
        created_at timestamptz NOT NULL DEFAULT now(), promoted_at timestamptz,
        CHECK (state IN ('building', 'current', 'previous')));
    CREATE UNIQUE INDEX read_sets_current ON projections.read_sets (state) WHERE state = 'current';
    INSERT INTO projections.read_sets (name, code_hash, state, promoted_at) VALUES
        ('0', 'aaaa', 'previous', now()), ('1', 'bbbb', 'current', now()), ('2', 'cccc', 'building', NULL)
"""


def test_a_database_from_before_versions_is_rebuilt_once(projections: Kept, streams: Streams) -> None:
    """Its read set has a hash and no version: older than any. Code from before can make no other one."""
    facts = fill(projections, streams, 5)
    projections.run(OF_BEFORE_VERSIONS)
    found = building.list_read_sets(projections.url)
    assert [(read_set.name, read_set.rows_version) for read_set in found] == [("0", 0), ("1", 0), ("2", 0)]
    assert projections.one("SELECT code_hash FROM projections.read_sets WHERE state = 'building'") == ""
    with pytest.raises(psycopg.errors.NotNullViolation):
        projections.run("INSERT INTO projections.read_sets (name, code_hash) VALUES ('9', 'bbbb')")
    for _ in range(2):
        assert building.ensure_current(projections.url, RECIPE) is None
    assert set(names(projections)) == {("0", "previous"), ("1", "previous"), ("2", "building"), ("3", "current")}
    assert projections.rows(person(3)) == expected(person(3), facts)


def test_a_start_goes_on_with_the_rebuild_that_a_kill_left(projections: Kept, streams: Streams) -> None:
    fill(projections, streams, 5)
    with projections.database.transaction() as connection:
        set_schema.create(connection, "2", NEWER)
        set_schema.create(connection, "3", OTHER)
    building.ensure_current(projections.url, NEWER)
    assert {("1", "previous"), ("2", "current"), ("3", "building")} == set(names(projections))


def test_of_processes_that_start_at_once_one_makes_the_rows(database_url: str, processes: Processes) -> None:
    """On an empty database, and again where all find rows of another version."""
    for _ in range(2):
        started = [child(processes, "ensure", database_url) for _ in range(3)]
        assert [one.wait(60) for one in started] == [0, 0, 0]
        with psycopg.connect(database_url, autocommit=True) as connection:
            states = connection.execute("SELECT state FROM projections.read_sets ORDER BY created_at").fetchall()
            connection.execute("UPDATE projections.read_sets SET rows_version = 0")
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
    made = building.rebuild(projections.url, None, RECIPE)
    building.promote(projections.url, made.name, RECIPE, with_failures=True)
    assert projections.state(person(3))[1].startswith("UnreadableFactError: pathways.hired.v1, number 4")
    assert projections.rows(person(3)) == expected(person(3), facts)
    assert projections.rows(person(4)) == expected(person(4), facts)


def test_a_type_that_is_known_now_is_folded_by_the_rebuild(projections: Kept, streams: Streams) -> None:
    """It was kept, and counted, by a version that did not know it."""
    known = [fact for name, fact in CATALOGUE.facts.items() if "exited" not in name]
    facts = life(1)
    projections.apply(*map(streams.record, facts), folder=Folder(Catalogue(known), SETTINGS))
    assert projections.rows(person(1))["exits"] == []
    assert projections.folded(person(1)) == 4
    made = building.rebuild(projections.url, None, RECIPE)
    building.promote(projections.url, made.name, RECIPE)
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
    made = building.rebuild(projections.url, None, RECIPE)
    assert projections.projector(feed).applied()["pathways"] == 1
    building.promote(projections.url, made.name, RECIPE)
    assert projections.projector(feed).applied()["pathways"] == 3

"""Schema `bi` over promotions: what others were given of it and built upon it stays, and nobody who reads fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from services.projections.read_sets import building, operating, schema_bi
from services.projections.read_sets.recipe import Recipe, ShapeError
from services.projections.rows_version import ROWS_VERSION
from services.projections.views import FUNCTIONS, NAMES
from shared.process.settings import Settings
from tests.parts.waiting import wait_until
from tests.services.projections import bi_lock
from tests.services.projections.read_sets_at_work import life
from tests.services.projections.streams import RECIPE, Kept, Streams, kept

OTHER = Recipe.of(Settings(step_gap_days=300))
"""Other settings: each life has one step and not two."""
NEWER = Recipe.of(Settings(step_gap_days=300), RECIPE.version + 1)

LIVES = 20

BUILT = """
CREATE ROLE {analyst};
GRANT USAGE ON SCHEMA bi TO {analyst};
GRANT SELECT ON bi.steps, bi.persons, bi.transitions TO {analyst};
GRANT SELECT (structure_id, kind) ON bi.structures TO {analyst};
REVOKE EXECUTE ON FUNCTION bi.moves() FROM PUBLIC;
ALTER VIEW bi.exits SET (security_barrier = true);
CREATE SCHEMA own;
CREATE VIEW own.steps AS SELECT structure_id, count(*) AS steps FROM bi.steps GROUP BY 1;
CREATE VIEW own.moves AS SELECT t.from_structure_id, p.pathways FROM bi.transitions t JOIN bi.persons p USING (person_id);
CREATE MATERIALIZED VIEW own.kept AS SELECT sum(steps) AS steps FROM own.steps;
CREATE FUNCTION own.steps_of(structure uuid) RETURNS bigint LANGUAGE sql STABLE
    BEGIN ATOMIC SELECT steps FROM own.steps WHERE structure_id = structure; END;
CREATE TABLE own.structures (structure_id uuid PRIMARY KEY);
ALTER TABLE own.structures ENABLE ROW LEVEL SECURITY;
CREATE POLICY with_steps ON own.structures USING (EXISTS (SELECT FROM bi.steps s WHERE s.structure_id = structures.structure_id));
GRANT USAGE ON SCHEMA own TO {analyst};
GRANT SELECT ON ALL TABLES IN SCHEMA own TO {analyst};
"""

STANDING = """
SELECT c.oid::regclass::text, c.oid, c.relacl::text, c.reloptions::text, (SELECT array_agg(attacl::text ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL)
FROM pg_class c WHERE relnamespace IN ('bi'::regnamespace, 'own'::regnamespace)
UNION ALL
SELECT p.oid::regprocedure::text, p.oid, proacl::text, NULL, NULL
FROM pg_proc p WHERE pronamespace IN ('bi'::regnamespace, 'own'::regnamespace)
UNION ALL
SELECT polname, oid, polroles::text, NULL, NULL FROM pg_policy
ORDER BY 1
"""
"""Everything that stands there, by the number the server gave it when it was made."""


@pytest.fixture
def projections(database_url: str) -> Iterator[Kept]:
    with kept(database_url) as one:
        streams = Streams()
        one.apply(*(streams.record(fact) for number in range(LIVES) for fact in life(number)))
        yield one


@pytest.fixture
def analyst(projections: Kept) -> Iterator[str]:
    """A role with rights to some of `bi`, and objects of its own upon it. Roles belong to the server: named by the database."""
    name = str(projections.one("SELECT 'analyst_of_' || current_database()"))
    projections.run(BUILT.format(analyst=name))
    yield name
    projections.run(f"DROP OWNED BY {name}; DROP ROLE {name}")


def promote(projections: Kept, recipe: Recipe = RECIPE) -> str:
    made = building.rebuild(projections.url, None, recipe)
    return building.promote(projections.url, made.name, recipe).name


def seen_by(analyst: str, projections: Kept) -> tuple[Any, ...]:
    with psycopg.connect(projections.url) as connection:
        connection.execute(f"SET ROLE {analyst}")
        rows = connection.execute(
            "SELECT (SELECT count(*) FROM bi.steps), (SELECT steps FROM own.steps), (SELECT steps FROM own.kept)"
        ).fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT count(*) FROM bi.contracts")
    return tuple(rows[0])


def test_what_was_given_and_built_stands_after_each_promotion_and_rollback(projections: Kept, analyst: str) -> None:
    """By the same numbers in the server: nothing of it was ever made again."""
    before = projections.all(STANDING)
    assert seen_by(analyst, projections) == (40, 40, 40)
    promote(projections, OTHER)
    assert seen_by(analyst, projections) == (20, 20, 40), "what is materialized is as old as it was"
    projections.run("REFRESH MATERIALIZED VIEW own.kept")
    assert seen_by(analyst, projections) == (20, 20, 20)
    promote(projections, OTHER)
    operating.rollback(projections.url, "2", OTHER)
    promote(projections, NEWER)
    assert projections.all(STANDING) == before
    assert seen_by(analyst, projections) == (20, 20, 20)
    assert projections.one("SELECT own.steps_of(structure_id) FROM own.steps") == 20


def test_a_read_set_is_dropped_or_frozen_whatever_was_built_upon_bi(projections: Kept, analyst: str) -> None:
    promote(projections)
    operating.freeze(projections.url, "1")
    promote(projections)
    operating.drop(projections.url, "2")
    assert seen_by(analyst, projections) == (40, 40, 40)
    assert projections.one("SELECT count(*) FROM read_1.steps") == 40
    assert projections.one("SELECT to_regnamespace('read_2')::text") is None


READS = (
    "SELECT (SELECT sum(steps) FROM own.steps), (SELECT count(*) FROM bi.steps)",
    "SELECT (SELECT count(*) FROM own.moves) + 20, (SELECT count(*) FROM bi.steps)",
    "SELECT (SELECT count(*) FROM bi.persons) * 0 + (SELECT count(*) FROM bi.steps), (SELECT sum(steps) FROM own.steps)",
    "SELECT (SELECT count(*) FROM bi.moves()) + 20, (SELECT sum(steps) FROM own.steps)",
)


def in_one_statement(connection: psycopg.Connection[Any]) -> set[Any]:
    return {row for read in READS for row in connection.execute(read)}


def in_one_transaction(connection: psycopg.Connection[Any]) -> set[Any]:
    """Views one after the other, in an order that is not the promotion's."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        moves = connection.execute("SELECT count(*) + 20 FROM own.moves").fetchall()
        own = connection.execute("SELECT sum(steps) FROM own.steps").fetchall()
        steps = connection.execute("SELECT count(*) FROM bi.steps").fetchall()
        assert moves == own == steps
        return {(moves[0][0], steps[0][0])}


def refreshing(connection: psycopg.Connection[Any]) -> set[Any]:
    connection.execute("REFRESH MATERIALIZED VIEW own.kept")
    return {row * 2 for row in connection.execute("SELECT steps FROM own.kept")}


@contextmanager
def looping(url: str, *reads: Callable[[psycopg.Connection[Any]], set[Any]]) -> Iterator[Callable[[], None]]:
    """Readers that go on until it ends; what is given waits until each has read once more, and tells of failures."""
    stop, failures, seen = threading.Event(), list[BaseException](), set[Any]()
    again = [threading.Event() for _ in reads]

    def loop(place: int) -> None:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                while not stop.is_set():
                    seen.update(reads[place](connection))
                    again[place].set()
        except BaseException as error:
            failures.append(error)
            again[place].set()

    def all_have_read() -> None:
        for event in again:
            event.clear()
        assert all(event.wait(60) for event in again)
        assert failures == []

    threads = [threading.Thread(target=loop, args=(place,)) for place in range(len(reads))]
    for thread in threads:
        thread.start()
    try:
        yield all_have_read
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert {(int(one), int(other)) for one, other in seen} == {(40, 40), (20, 20)}


@pytest.mark.usefixtures("analyst")
def test_nobody_who_reads_fails_or_sees_two_read_sets_at_once(projections: Kept) -> None:
    """Through views of their own, in single statements and in transactions, while one materializes them again."""
    before = projections.all(STANDING)
    with looping(projections.url, in_one_statement, in_one_transaction, in_one_statement, refreshing) as all_have_read:
        all_have_read()
        for recipe in (OTHER, RECIPE, OTHER, NEWER):
            promote(projections, recipe)
            all_have_read()
    assert projections.all(STANDING) == before


def test_an_open_cursor_goes_on_and_the_promotion_comes_after_it(projections: Kept) -> None:
    """One that holds its rows beyond its transaction keeps nobody waiting."""
    made = building.rebuild(projections.url, None, OTHER)
    with ExitStack() as opened:
        reader, holder = (opened.enter_context(psycopg.connect(projections.url)) for _ in range(2))
        reader.execute("SET idle_in_transaction_session_timeout = '120s'")
        holder.execute("DECLARE held CURSOR WITH HOLD FOR SELECT * FROM bi.steps")
        holder.commit()
        reader.execute("DECLARE steps CURSOR FOR SELECT * FROM bi.steps")
        first = reader.execute("FETCH 5 FROM steps").fetchall()
        promotion = threading.Thread(target=building.promote, args=(projections.url, made.name, OTHER))
        promotion.start()
        wait_until(lambda: bool(projections.one(WAITING)), "the promotion waits", 60)
        rest = reader.execute("FETCH ALL FROM steps").fetchall()
        assert len(set(first + rest)) == 40
        reader.commit()
        promotion.join()
        assert reader.execute("SELECT count(*) FROM bi.steps").fetchall() == [(20,)]
        assert len(holder.execute("FETCH ALL FROM held").fetchall()) == 40


WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND query LIKE 'ALTER VIEW%%'"
)


def before_it_had(projections: Kept, view: str, columns: str) -> None:
    """As an installation of older code has it: a view that reads nothing but the read set, with other columns."""
    projections.run(f"DROP VIEW bi.{view}; CREATE VIEW bi.{view} AS SELECT {columns} FROM read_1.{view}")


def test_newer_code_adds_columns_at_the_end_with_what_they_mean(projections: Kept) -> None:
    before_it_had(projections, "workforce", "structure_id, as_of")
    projections.run("CREATE VIEW public.heads AS SELECT * FROM bi.workforce")
    number = projections.one("SELECT 'bi.workforce'::regclass::oid")
    assert promote(projections, NEWER) == "2"
    columns = projections.all(
        "SELECT attname, col_description(attrelid, attnum) IS NOT NULL FROM pg_attribute"
        " WHERE attrelid = 'bi.workforce'::regclass AND attnum > 0 ORDER BY attnum"
    )
    assert [name for name, _ in columns[:2]] == ["structure_id", "as_of"]
    assert len(columns) > 2
    assert all(is_said for _, is_said in columns)
    assert projections.one("SELECT 'bi.workforce'::regclass::oid") == number
    assert projections.all("SELECT * FROM public.heads") == []


@pytest.mark.parametrize(
    ("columns", "difference"),
    [
        ("structure_id, as_of, as_of + 1 AS next_day", r"bi\.workforce: next_day date would be \w+ \w+"),
        ("structure_id, as_of::text", r"bi\.workforce: as_of text would be as_of date"),
        ("as_of, structure_id", r"bi\.workforce: as_of date would be structure_id uuid"),
    ],
)
def test_a_column_that_would_go_change_or_move_is_refused_and_nothing_is_changed(
    projections: Kept, columns: str, difference: str
) -> None:
    before_it_had(projections, "workforce", columns)
    made = building.rebuild(projections.url, None, NEWER)
    standing = "SELECT viewname, definition FROM pg_views WHERE schemaname ~ '^bi' ORDER BY 1"
    before = projections.all(standing)
    with pytest.raises(ShapeError, match=difference):
        building.promote(projections.url, made.name, NEWER)
    assert projections.all(standing) == before
    assert projections.all("SELECT name, state FROM projections.read_sets ORDER BY 1") == [
        ("1", "current"), ("2", "building"),
    ]  # fmt: skip
    refusal = building.ensure_current(projections.url, NEWER)
    assert refusal is not None, "a start stands still and says why"
    assert "drop these views with what stands upon them and promote again" in refusal
    projections.run("DROP VIEW bi.workforce")
    assert building.promote(projections.url, made.name, NEWER).state == "current"


def test_views_of_code_from_before_they_stayed_are_made_anew_once_more(projections: Kept) -> None:
    before_it_had(projections, "workforce", "as_of")
    projections.run(f"UPDATE projections.read_sets SET rows_version = {schema_bi.STABLE_SINCE - 1}")
    promote(projections)
    assert projections.one("SELECT count(structure_id) FROM bi.workforce") == 0
    assert {name for (name,) in projections.all("SELECT viewname FROM pg_views WHERE schemaname = 'bi'")} == set(NAMES)


def test_a_view_that_somebody_took_away_is_there_again_after_the_next_promotion(projections: Kept) -> None:
    projections.run("DROP VIEW bi.today CASCADE")
    promote(projections)
    assert {name for (name,) in projections.all("SELECT viewname FROM pg_views WHERE schemaname = 'bi'")} == set(NAMES)
    assert projections.one("SELECT count(*) FROM pg_description WHERE objoid = 'bi.today'::regclass") == 2


def test_columns_that_others_build_upon_stay(connection: Connection) -> None:
    """`bi.lock` is what was promised; columns may have come at the end, and are then noted."""
    now = bi_lock.shapes(connection.connection.driver_connection)  # type: ignore[arg-type]
    assert list(schema_bi.differences(bi_lock.read(), now)) == [], "another shape is another name (ADR 0049)"
    assert bi_lock.LOCK.read_text(encoding="utf-8") == bi_lock.text(now), f"run `{bi_lock.COMMAND}`"
    assert set(now) == {*NAMES, *FUNCTIONS}


def test_views_stay_since_a_version_that_there_is() -> None:
    assert schema_bi.STABLE_SINCE <= ROWS_VERSION

"""Rows compared with what their facts give: any one mutation is found, and without one nothing is; also while projectors
write, rebuild and promote."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.projections.folding.folder import Folder
from services.projections.read_sets import building
from services.projections.read_sets.read_sets_table import current
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable
from services.projections.verifying.rows import differing
from services.projections.verifying.snapshot import at_one_instant, reader
from services.projections.verifying.strays import find_strays
from services.projections.verifying.subjects import Task, verify_everybody, verify_subjects
from shared.histories.history import BUCKETS
from shared.log.comparison import Comparison
from tests.parts import postgres
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import ACI, C1, CATALOGUE, hired, hours_worked, recorded
from tests.services.projections.streams import RECIPE, SETTINGS, Kept, Streams, kept, moved_to, person_id
from tests.services.scenario import uid

EXAMPLES = count(1)
ROOM = 1_000


@pytest.fixture(scope="module")
def projections(postgres_server: str) -> Iterator[Kept]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as one:
        yield one


@pytest.fixture
def own(database_url: str) -> Iterator[Kept]:
    with kept(database_url) as one:
        yield one


def verified(projections: Kept, *subjects: str, patience_s: float = 0.0) -> Comparison:
    task = Task(projections.url, RECIPE)
    if subjects:
        return verify_subjects(projections.database, task, subjects, patience_s=patience_s)
    return verify_everybody(projections.database, task, workers=1, patience_s=patience_s)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates().map(str) | st.sampled_from(["infinity", "-infinity", "0044-03-15 BC", "20000-01-01"]),
    "UUID": st.uuids(),
    "str": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    "int": st.integers(-(2**31), 2**31 - 1),
    "float": st.floats().map(lambda value: value + 0.0),  # -0.0 is no other number than 0.0
    "bool": st.booleans(),
}


@st.composite
def mutations(draw: st.DrawFn, rows: list[tuple[ReadTable, tuple[Any, ...]]]) -> tuple[str, list[Any], str]:
    """A statement that changes, deletes or adds one row, and of which table."""
    table, row = draw(st.sampled_from(rows))
    schema = "{schema}"
    where = " AND ".join(f"{name} = %s" for name in table.key_columns)
    what = draw(st.sampled_from(["delete", "insert", "update"]))
    if what == "delete":
        return f"DELETE FROM {schema}.{table.name} WHERE {where}", list(row[: table.key]), table.name
    place = draw(st.integers(1, len(row) - 1)) if len(row) > 1 else 0
    column = table.columns[place]
    value = draw(VALUES[column.type.__name__] | (st.none() if column.nullable else st.nothing()))
    if what == "update":
        statement = f"UPDATE {schema}.{table.name} SET {column.name} = %s WHERE {where}"
        return statement, [value, *row[: table.key]], table.name
    changed = [*row[:place], value, *row[place + 1 :]]
    return (
        f"INSERT INTO {schema}.{table.name} VALUES ({', '.join(['%s'] * len(row))}) ON CONFLICT DO NOTHING",
        changed,
        table.name,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.sampled_from(["person", "structure", "group", "client"]))
def test_any_one_mutation_of_any_history_is_found_and_nothing_else(
    projections: Kept, data: st.DataObject, kind: str
) -> None:
    number = next(EXAMPLES)
    subject = f"{kind}/{UUID(int=number << 64)}"
    streams = Streams(after=number * ROOM)
    facts = [streams.record(moved_to(fact, subject)) for fact in data.draw(histories(kind))]
    projections.apply(*facts)
    assert verified(projections, subject).first == []
    before = projections.rows(subject)
    rows = [(READ_TABLES[name], row) for name, its in before.items() for row in its]
    if not rows:
        return
    statement, values, table = data.draw(mutations(rows))
    with projections.database.connection() as connection:
        statement = statement.format(schema=f"read_{current(connection).name}")  # type: ignore[union-attr]
        text = connection.execute(f"SELECT {table}::text FROM read_1.{table} ORDER BY 1").fetchall()
        connection.execute(statement, values)
        is_other = connection.execute(f"SELECT {table}::text FROM read_1.{table} ORDER BY 1").fetchall() != text
    found = verified(projections, subject)
    assert bool(found.differences) == is_other
    assert {difference.where for difference in found.first} <= {f"read_1.{table}"}
    assert {difference.subject for difference in found.first} <= {subject}


def test_a_table_that_lost_its_key_shows_rows_twice() -> None:
    table = READ_TABLES["groups"]
    row = (UUID(int=1), "A", None, None)
    (found,) = differing(table, "t", [row], [row, row], {})
    assert (found.kind, "2 rows are alike" in found.reason) == ("surplus", True)


def test_the_facts_behind_a_row_are_those_that_name_it(own: Kept) -> None:
    streams, subject = Streams(), f"person/{person_id(1)}"
    one = streams.record(moved_to(recorded(hired(C1, ACI, "2024-01-01")), subject))
    other = streams.record(moved_to(recorded(hired(uid("other"), ACI, "2023-01-01", ends_on="2023-02-01")), subject))
    own.apply(one, other)
    own.run(f"DELETE FROM read_1.contracts WHERE contract_id = '{C1}'")
    (found,) = verified(own).first
    assert [fact.id for fact in found.facts] == [one.id]
    assert (found.kind, found.key["contract_id"], found.facts_behind) == ("missing", C1, 1)


def test_what_cannot_be_folded_is_told_with_its_cause(own: Kept) -> None:
    streams, subject = Streams(), f"person/{person_id(1)}"
    fact = streams.record(moved_to(recorded(hired(C1, ACI, "2024-01-01")), subject))
    own.apply(fact, folder=Folder(CATALOGUE, SETTINGS, failing))
    (found,) = verified(own, patience_s=60).first  # nobody waits for one whose fold fails
    assert (found.kind, found.subject, "on purpose" in found.reason) == ("unfolded", subject, True)


def failing(*_: Any) -> Any:
    raise RuntimeError("on purpose")


def test_facts_that_nobody_folds_are_told(own: Kept) -> None:
    streams, subject = Streams(), f"person/{person_id(1)}"
    own.apply(streams.record(moved_to(recorded(hired(C1, ACI, "2024-01-01")), subject)))
    own.run("UPDATE projections.history SET envelope = 'x'")
    (found,) = verified(own).first
    assert (found.kind, found.subject) == ("unfoldable", subject)


def test_while_facts_come_late_twice_and_shuffled_and_a_rebuild_is_promoted_nothing_differs(own: Kept) -> None:
    """A projector in a thread, and verifications one after the other until it has everything; one beside the promotion."""
    feed = own.feed()
    random = Random(7)
    streams = Streams()
    facts = [
        streams.record(moved_to(recorded(work(number)), f"person/{person_id(number % 40)}")) for number in range(1_200)
    ]
    random.shuffle(facts)
    for start in range(0, len(facts), 40):
        feed.add(*facts[start : start + 40], *random.sample(facts[:start] or facts[:1], 1))
    stopped, failures = threading.Event(), []
    half = threading.Event()

    def apply() -> None:
        projector = own.projector(feed, cache_facts=500)
        try:
            for delivery in range(len(feed.deliveries)):
                projector.step(0)
                if delivery == len(feed.deliveries) // 3:
                    half.set()
        except BaseException as error:
            failures.append(error)
        finally:
            half.set()
            stopped.set()

    def promote() -> None:
        half.wait()
        building.promote(own.url, building.rebuild(own.url, None, RECIPE).name, RECIPE)

    threads = [threading.Thread(target=apply), threading.Thread(target=promote)]
    for thread in threads:
        thread.start()
    rounds = 0
    while not stopped.is_set() or threads[1].is_alive() or rounds < 2:
        found = verified(own, patience_s=30)
        with reader(own.database) as connection:
            strays = find_strays(connection, RECIPE)
        assert [*found.first, *strays.first] == []
        rounds += 1
    for thread in threads:
        thread.join()
    assert failures == []
    with own.database.connection() as connection:
        assert current(connection).name == "2"  # type: ignore[union-attr]
    last = verified(own)
    assert (last.first, last.facts, last.subjects) == ([], 1_200, 40)


def work(number: int) -> Any:
    month = f"20{number // 480 % 100:02}-{number // 40 % 12 + 1:02}"
    return hours_worked(ACI, month, 7.5, entry_id=uid(f"entry {number}"))


def test_buckets_together_are_everybody_and_processes_find_the_same(own: Kept) -> None:
    streams = Streams()
    facts = [
        streams.record(moved_to(recorded(work(number)), f"person/{person_id(number % 40)}")) for number in range(400)
    ]
    own.apply(*facts)
    own.run(
        "DELETE FROM read_1.hours_entries WHERE entry_id = (SELECT min(entry_id::text)::uuid FROM read_1.hours_entries)"
    )
    task, told = Task(own.url, RECIPE), []
    parts = [verify_everybody(own.database, task, [bucket], workers=1) for bucket in range(BUCKETS)]
    both = verify_everybody(own.database, task, progress=lambda done, total: told.append((done, total)), workers=2)
    assert sum(part.facts for part in parts) == both.facts == 400
    assert sum(part.differences for part in parts) == both.differences == 1
    assert told[-1] == (40, 40)


def test_a_promotion_waits_for_no_verification(own: Kept) -> None:
    """Whose instant may last: a promotion would give up."""

    def look(read_set: str) -> str:
        with reader(own.database) as other:
            other.read_only = False
            other.execute("LOCK TABLE projections.read_sets IN ACCESS EXCLUSIVE MODE NOWAIT")
        return read_set

    with reader(own.database) as connection:
        assert at_one_instant(connection, RECIPE, look) == "1"

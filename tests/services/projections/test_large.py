"""Large structures, groups and lives: found through indexes, page by page, with work and memory bounded."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from benchmarks.crowd import LARGE_GROUP, LARGE_STRUCTURE, LONG_LIFE, SMALL_GROUP, SMALL_STRUCTURE, Crowd, structure_id
from benchmarks.histories import fill_here
from benchmarks.lives import person_id
from services.pathways.facts import SupportAction
from services.projections.api.app import add_routes
from services.projections.api.seen import Sight
from services.projections.api.snapshots import Snapshots, today_in_paris
from services.projections.api.timeline import TimelineQuery, timeline
from services.projections.database import Database
from services.projections.folding.folder import Folder
from services.projections.folding.project import project
from services.projections.read_sets import building
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import Recorded
from shared.facts.settle import settle
from shared.histories.history import load
from shared.rights.caller import LOCAL
from shared.web.callers import LocalCallers
from shared.web.serving import service_app
from tests.parts import postgres
from tests.services.projections.facts import CATALOGUE, ORDER, recorded
from tests.services.projections.shapes import every_type, missions
from tests.services.projections.streams import RECIPE, SETTINGS

V1 = "/projections/v1"
CROWD = Crowd(persons=250, members=8, member_persons=240, others=40, other_persons=5, own_facts=600)
LARGE, SMALL = structure_id(LARGE_STRUCTURE), structure_id(SMALL_STRUCTURE)

MANY_ROWS = {name for name, table in READ_TABLES.items() if table.subject_kind == "person"}
"""Read tables that are never to be read from one end to the other for one structure, group or person."""


class Explaining:
    """A connection that keeps the plan of every question: without reading tables from end to end wherever an index
    can do, since of few rows that is the quicker way."""

    def __init__(self, connection: Any, plans: list[Any]) -> None:
        self._connection = connection
        self._plans = plans

    def execute(self, query: Any, values: Any = None, **more: Any) -> Any:
        text = query if isinstance(query, str) else query.as_string(self._connection)
        if text.lstrip().startswith(("SELECT", "WITH")):
            self._connection.execute("SET LOCAL enable_seqscan = off")
            [(plan,)] = self._connection.execute(f"EXPLAIN (FORMAT JSON) {text}", values)
            self._plans.append(plan[0]["Plan"])
        return self._connection.execute(query, values, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class ExplainingDatabase(Database):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.plans: list[Any] = []

    @contextmanager
    def connection(self) -> Iterator[Any]:
        with super().connection() as connection:
            yield Explaining(connection, self.plans)


@dataclass
class Large:
    database: ExplainingDatabase
    client: TestClient

    def get(self, path: str) -> Any:
        answer = self.client.get(V1 + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read_through(self, path: str) -> set[str]:
        """Read tables that are read from one end to the other to answer that."""
        self.database.plans.clear()
        self.get(path)
        return {name for plan in self.database.plans for name in _read_through(plan)}


def _read_through(plan: Any) -> Iterator[str]:
    whole = plan["Node Type"] == "Seq Scan" or (plan["Node Type"].startswith("Index") and "Index Cond" not in plan)
    if whole and plan.get("Relation Name") in MANY_ROWS:
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _read_through(part)


@pytest.fixture(scope="module")
def large(postgres_server: str) -> Iterator[Large]:
    with postgres.fresh_database(postgres_server) as url:
        fill_here(url, CROWD)
        building.promote(url, building.rebuild(url, None, RECIPE).name, RECIPE)
        database = ExplainingDatabase(url)
        app = service_app("projections", "large")
        add_routes(app, Snapshots(database, CATALOGUE, SETTINGS, LocalCallers(), "memory", lambda positions: 0.0), dict)
        with TestClient(app) as client:
            yield Large(database, client)
        database.close()


# Plans

SMALL_QUESTIONS = (
    f"/structures/{SMALL}/pathways",
    f"/tables/steps?structure_id={SMALL}",
    f"/tables/contracts?structure_id={SMALL}",
    f"/tables/exits?structure_id={SMALL}",
    f"/tables/persons?person_id={person_id(0)}",
    f"/structures/{SMALL}/handovers?direction=from",
    f"/structures/{SMALL}/handovers?direction=to",
    f"/structures/{SMALL}/follow-ups",
    f"/groups/{SMALL_GROUP}/pathways",
    f"/groups/{SMALL_GROUP}/transitions?by=kind",
    f"/groups/{SMALL_GROUP}/transitions?by=structure",
    f"/groups/{SMALL_GROUP}/ready",
    f"/alerts?structure_id={SMALL}",
    f"/alerts?person_id={person_id(0)}",
    f"/alerts?group_id={SMALL_GROUP}",
)


@pytest.mark.parametrize("path", SMALL_QUESTIONS)
def test_a_question_about_one_of_many_reads_no_table_from_end_to_end(large: Large, path: str) -> None:
    assert large.read_through(path) == set()


def test_a_plan_that_reads_everything_would_be_seen(large: Large) -> None:
    assert large.read_through("/tables/steps?exit_reason=2") == {"steps"}


# Pages


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (f"/structures/{LARGE}/pathways", ("person_id", "step")),
        (f"/groups/{LARGE_GROUP}/pathways", ("person_id", "step", "joined_on")),
        (f"/alerts?structure_id={LARGE}", ("subject", "kind", "about_id", "since")),
        (f"/alerts?group_id={LARGE_GROUP}", ("subject", "kind", "about_id", "since")),
        (f"/structures/{LARGE}/handovers?direction=from", ("person_id", "handover_id")),
        (f"/groups/{LARGE_GROUP}/ready?on=2024-09-01", ("person_id", "structure_id", "step")),
    ],
)
def test_a_large_list_gives_each_row_once(large: Large, path: str, key: Sequence[str]) -> None:
    small = [tuple(row[name] for name in key) for row in _walk(large, path, 37)]
    whole = [tuple(row[name] for name in key) for row in _walk(large, path, 1_000)]
    assert len(whole) > 100
    assert small == whole
    assert len(set(small)) == len(small)


def _walk(large: Large, path: str, limit: int) -> Iterator[Any]:
    place = ""
    while place is not None:
        page = large.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{place and f'&next={place}'}")
        assert len(page["items"]) <= limit
        yield from page["items"]
        place = page["next"]


def test_a_long_timeline_gives_its_facts_in_pages_and_each_time_its_rows(large: Large) -> None:
    path = f"/persons/{person_id(LONG_LIFE)}/timeline"
    whole = large.get(f"{path}?limit=1000")
    assert len(whole["items"]) == 1_000
    first = large.get(f"{path}?limit=700")
    pages = [first, large.get(f"{path}?limit=700&next={first['next']}")]
    items = [item for page in pages for item in page["items"]]
    assert [len(page["items"]) for page in pages] == [700, 500]
    assert pages[1]["next"] is None
    assert len({(item["type"], item["id"]) for item in items}) == 2 * CROWD.own_facts
    assert items[:1_000] == whole["items"]
    assert all(page["steps"] == whole["steps"] for page in pages)


def test_a_timeline_of_a_few_facts_is_one_page(large: Large) -> None:
    told = large.get(f"/persons/{person_id(0)}/timeline")
    assert (len(told["items"]), told["next"]) == (25, None), "without an agrément, and placed nowhere"


@pytest.mark.parametrize("place", ["nonsense", "WyJzdGVwcyIsIDFd", ""])
def test_a_cursor_of_something_else_is_refused(large: Large, place: str) -> None:
    answer = large.client.get(f"{V1}/persons/{person_id(0)}/timeline?next={place}")
    assert answer.status_code == 422


# Memory


def _peak(work: Callable[[], object]) -> int:
    """Bytes held at once while it works, beside those held before."""
    work()  # what is made once and kept
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_page_of_a_large_list_holds_no_more_than_a_page(large: Large) -> None:
    """60 rows are there of the small structure, 500 of the large one; a page has 50."""
    few = _peak(lambda: large.get(f"/structures/{SMALL}/pathways?limit=50"))
    many = _peak(lambda: large.get(f"/structures/{LARGE}/pathways?limit=50"))
    assert many < 1.5 * few


def test_a_timeline_holds_its_facts_and_one_page(large: Large) -> None:
    """Fewer facts on the page take less, and those that are not on it are held once, decoded."""

    def told(limit: int) -> Callable[[], object]:
        asked = TimelineQuery(person_id(LONG_LIFE), limit=limit)

        def work() -> object:
            with large.database.connection() as connection:
                return timeline(connection, asked, Sight(LOCAL), CATALOGUE, SETTINGS, today_in_paris())

        return work

    page, whole = _peak(told(10)), _peak(told(1_000))
    assert page < 2 * CROWD.own_facts * 8_000
    assert whole - page < 1_000 * 8_000


def test_a_fold_holds_as_much_per_fact_of_a_long_life(large: Large) -> None:
    folder = Folder(CATALOGUE, SETTINGS)

    def folded(subject: str) -> Callable[[], object]:
        def work() -> object:
            with large.database.connection() as connection:
                return folder.rows(subject, load(connection, [subject], CATALOGUE)[subject])

        return work

    short, long = _peak(folded(f"person/{person_id(0)}")) / 25, _peak(folded(f"person/{person_id(LONG_LIFE)}")) / 1_200
    assert long < 1.5 * short


# Work

LIVES: dict[str, Callable[[int], list[Recorded]]] = {
    "missions that follow each other": missions,
    "missions with gaps": lambda facts: missions(facts, every_days=40),
    "missions each left": lambda facts: missions(facts, exits=True),
    "missions that renew each other": lambda facts: missions(facts, every_days=40, renewals=True),
    "renewed, each left": lambda facts: missions(facts, exits=True, renewals=True),
    "pathways closed and opened again": lambda facts: missions(facts, every_days=40, exits=True, closings=True),
    "every type of fact": every_type,
}


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES.keys())
def test_a_fold_does_as_much_per_fact_whatever_their_number(life: Callable[[int], list[Recorded]]) -> None:
    """Counted in instructions of the interpreter, which no busy machine changes."""
    _instructions(life(300))
    few, many = (_instructions(life(facts)) / facts for facts in (300, 1_200))
    assert many < 1.3 * few


def _instructions(facts: list[Recorded]) -> int:
    settled = settle(facts, ORDER)
    done = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal done
        if event == "call":
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            done += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        project("person", settled, SETTINGS)
    finally:
        sys.settrace(before)
    return done


def test_a_table_whose_facts_are_absent_costs_next_to_nothing() -> None:
    """A person of whom one interview is known. Each table notes which facts it asked for, whether there are any or not."""
    action = recorded(SupportAction.model_validate(SupportAction.example))
    _instructions([action])  # the law of a day and the like are looked up once for everybody
    per_table = _instructions([action]) / len(MANY_ROWS)
    assert per_table < 450

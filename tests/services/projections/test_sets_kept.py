"""Read sets gone back to, frozen and dropped, while the projector runs and people read."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.projections.folding.everybody import Rebuild, fold_bucket
from services.projections.read_sets import building, dropping, operating, set_schema
from services.projections.read_sets.recipe import OlderCodeError, ReadSetError, Recipe
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import Recorded
from shared.process.settings import Settings
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.services.projections.facts import AI, hours_worked, recorded
from tests.services.projections.read_sets_at_work import life, mend, person, spoil
from tests.services.projections.streams import RECIPE, SETTINGS, Kept, MemoryFeed, Streams, expected, kept

ROOT = Path(__file__).resolve().parents[3]
OTHER = Recipe.of(Settings(step_gap_days=300))
NEWER = Recipe.of(SETTINGS, RECIPE.version + 1)


@pytest.fixture
def projections(database_url: str) -> Iterator[Kept]:
    with kept(database_url) as one:
        yield one


@pytest.fixture
def streams() -> Streams:
    return Streams()


def promote_another(projections: Kept, recipe: Recipe = RECIPE) -> str:
    made = building.rebuild(projections.url, None, recipe)
    return building.promote(projections.url, made.name, recipe, with_failures=True).name


def states(projections: Kept) -> dict[str, str]:
    return {read_set.name: read_set.state for read_set in building.list_read_sets(projections.url)}


def hours(number: int, month: str) -> Recorded:
    return recorded(hours_worked(AI, month, 7)).model_copy(update={"subject": person(number)})


def everything(projections: Kept, read_set: str) -> dict[str, list[Any]]:
    return {
        name: projections.all(f"SELECT * FROM read_{read_set}.{name} ORDER BY {', '.join(table.key_columns)}")
        for name, table in READ_TABLES.items()
    } | {"folded": projections.all(f"SELECT * FROM read_{read_set}.folded ORDER BY root")}


@contextmanager
def running(projections: Kept, feed: MemoryFeed) -> Iterator[None]:
    stop, failures = threading.Event(), []

    def run() -> None:
        try:
            projections.projector(feed, look_again_s=0.05).run(stop)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert failures == []


def test_back_to_the_read_set_before_with_what_came_since_while_the_projector_runs(
    projections: Kept, streams: Streams
) -> None:
    feed = projections.feed()
    facts = [fact for number in range(30) for fact in life(number)]
    feed.add(*map(streams.record, facts))
    with running(projections, feed):
        wait_until(lambda: projections.one("SELECT count(*) FROM read_1.folded") == 30, "folded", 30)
        assert promote_another(projections) == "2"
        for number in range(40):
            facts += [hours(number, "2024-05"), *life(100 + number)]
            feed.add(streams.record(facts[-5]), *map(streams.record, facts[-4:]))
        plan = operating.plan_rollback(projections.url, None, RECIPE)
        assert (plan.current, plan.target) == ("2", "1")
        told: list[tuple[int, int]] = []
        back = operating.rollback(projections.url, "1", RECIPE, progress=lambda *at: told.append(at))
        assert (back.name, back.state, back.replaced_at) == ("1", "current", None)
        everyone = len({fact.subject for fact in facts})
        wait_until(lambda: projections.one("SELECT count(*) FROM read_1.folded") == everyone, "all folded", 30)
        wait_until(lambda: projections.one("SELECT max(next_offset) FROM projections.places") == 41, "all read", 30)
    assert states(projections) == {"1": "current", "2": "previous"}
    again = building.rebuild(projections.url, None, RECIPE).name
    assert everything(projections, "1") == everything(projections, again)
    assert projections.one("SELECT count(*) FROM bi.persons") == everyone


def test_a_plan_says_how_old_a_read_set_is_and_how_much_has_changed_since(projections: Kept, streams: Streams) -> None:
    projections.apply(*(streams.record(fact) for number in range(5) for fact in life(number)))
    promote_another(projections)
    projections.apply(streams.record(hours(1, "2024-05")), streams.record(hours(9, "2024-05")))
    plan = operating.plan_rollback(projections.url, None, RECIPE)
    assert (plan.behind, plan.known) == (2, 6)
    assert plan.replaced_at == building.list_read_sets(projections.url)[1].promoted_at


def test_where_one_cannot_go_back_to(projections: Kept, streams: Streams) -> None:
    """Nothing before; never current; other settings; rows of other code; frozen; dropped."""

    def refused(to: str | None, recipe: Recipe, why: str) -> None:
        with pytest.raises(ReadSetError, match=why):
            operating.plan_rollback(projections.url, to, recipe)

    refused(None, RECIPE, "there is no read set to go back to")
    refused("1", RECIPE, "read set 1 is current already")
    refused("7", RECIPE, "there is no read set 7; `parcours projections list` names them")
    building.rebuild(projections.url, "night", RECIPE)
    refused("night", RECIPE, "night was never current: `parcours projections promote night` makes it so")
    promote_another(projections, OTHER)
    refused("1", OTHER, r"made with other settings \(step_gap_days 30 there, 300 here\): give every process")
    operating.freeze(projections.url, "1")
    refused("1", RECIPE, "read set 1 is frozen, its rows stay as they are: `parcours projections unfreeze 1`")
    refused(None, RECIPE, "there is no read set to go back to")
    operating.freeze(projections.url, "1", is_frozen=False)
    building.ensure_current(projections.url, NEWER)
    refused("1", RECIPE, f"deploy code of version {NEWER.version} or newer")
    refused("1", NEWER, f"read set 1 is of version {RECIPE.version}, this is code of version {NEWER.version}")
    operating.drop(projections.url, "1")
    refused("1", NEWER, "read set 1 was dropped: its rows are gone")
    with pytest.raises(OlderCodeError):
        operating.rollback(projections.url, "1", RECIPE)


def test_who_fails_keeps_the_better_rows_when_one_goes_back(projections: Kept, streams: Streams) -> None:
    """Those that the read set left behind has of more facts; its own, where they are of as many."""
    projections.apply(*map(streams.record, [*life(1), *life(2)]))
    promote_another(projections)
    more = hours(1, "2024-05")
    projections.apply(streams.record(more))
    spoil(projections, person(1), person(2))
    projections.run("UPDATE projections.subjects SET version = version + 1")
    with pytest.raises(ReadSetError, match="2 subjects cannot be folded into read set 1"):
        operating.rollback(projections.url, "1", RECIPE)
    operating.rollback(projections.url, "1", RECIPE, with_failures=True)
    assert projections.rows(person(1)) == expected(person(1), [*life(1), more])
    assert projections.rows(person(2)) == expected(person(2), life(2))
    rows_of = {failure.subject: failure.rows_of for failure in operating.failures(projections.url, "1", 9).first}
    assert rows_of == {person(1): "2", person(2): None}
    mend(projections, person(1), person(2))
    projections.projector(projections.feed()).catch_up()
    assert projections.rows(person(1)) == expected(person(1), [*life(1), more])
    assert operating.failures(projections.url, "1", 9).count == 0


def shuffled_work(projections: Kept, seed: int, steps: int) -> None:
    """Facts, failures, promotions, roll-backs, droppings and retries in any order end with the rows of a rebuild."""
    chance = random.Random(seed)
    streams = Streams()
    spoilt: set[str] = set()

    def facts() -> None:
        number = chance.randrange(8)
        come = life(number) if chance.random() < 0.5 else [hours(number, f"20{chance.randrange(10, 90)}-01")]
        projections.apply(*map(streams.record, come))

    def toggle() -> None:
        subject = person(chance.randrange(8))
        (mend if subject in spoilt else spoil)(projections, subject)
        spoilt.symmetric_difference_update({subject})

    def roll_back() -> None:
        try:
            to = operating.plan_rollback(projections.url, None, RECIPE).target
        except ReadSetError:
            return
        operating.rollback(projections.url, to, RECIPE, with_failures=True)

    def drop_one() -> None:
        previous = [name for name, state in states(projections).items() if state == "previous"]
        if previous:
            operating.drop(projections.url, chance.choice(previous))

    def promote() -> None:
        promote_another(projections)

    def retry() -> None:
        projections.projector(projections.feed()).catch_up()

    for _ in range(steps):
        chance.choice([facts, facts, facts, toggle, promote, roll_back, roll_back, drop_one, retry])()
    mend(projections, *spoilt)
    projections.projector(projections.feed()).catch_up()
    again = building.rebuild(projections.url, None, RECIPE).name
    assert everything(projections, projections.current()) == everything(projections, again)
    assert projections.one("SELECT count(*) FROM bi.incomplete_subjects") == 0


def test_whatever_was_done_with_read_sets_the_rows_are_those_of_a_rebuild(projections: Kept) -> None:
    shuffled_work(projections, seed=11, steps=25)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(40))
def test_whatever_was_done_with_read_sets_for_long(projections: Kept, seed: int) -> None:
    shuffled_work(projections, seed, steps=60)


WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND (query LIKE 'DROP %%' OR query LIKE 'ALTER VIEW %%')"
)


def child(processes: Processes, *args: str) -> Process:
    return processes.start(sys.executable, "-m", "tests.services.projections.children", *args, cwd=ROOT)


@pytest.mark.parametrize(
    ("work", "name", "read"),
    [("promote", "1", "bi.steps"), ("drop", "1", "read_1.steps")],
    ids=["roll back", "drop"],
)
def test_what_is_killed_half_way_changes_nothing_and_can_be_done_again(
    projections: Kept, streams: Streams, processes: Processes, work: str, name: str, read: str
) -> None:
    projections.apply(*map(streams.record, life(1)))
    promote_another(projections)
    projections.apply(streams.record(hours(1, "2024-05")))
    before = states(projections)
    with psycopg.connect(projections.url) as reader:
        reader.execute(f"SELECT count(*) FROM {read}")
        killed = child(processes, work, projections.url, name)
        killed.wait_for(lambda: projections.one(WAITING), "it waits for the reader", 60)
        killed.sigkill()
        killed.wait()
    assert states(projections) == before
    again = child(processes, work, projections.url, name)
    assert again.wait(60) == 0, again.log_text()
    assert states(projections)[name] == ("dropped" if work == "drop" else "current")
    assert projections.rows(person(1)) == expected(person(1), [*life(1), hours(1, "2024-05")])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(30))
def test_killed_anywhere(projections: Kept, streams: Streams, processes: Processes, seed: int) -> None:
    """Rebuilds, promotions and droppings, each killed after a while that is another one each time."""
    chance = random.Random(seed)
    projections.apply(*(streams.record(fact) for number in range(300) for fact in life(number)))
    for turn in range(6):
        projections.apply(streams.record(hours(turn, "2024-05")))
        previous = [name for name, state in states(projections).items() if state == "previous"]
        work = chance.choice(
            [("rebuild", f"night{turn // 3}"), ("promote", f"night{turn // 3}"), ("drop", *previous[:1])]
        )
        if len(work) < 2 or (work[0] == "promote" and work[1] not in states(projections)):
            work = ("rebuild", f"night{turn // 3}")
        process = child(processes, work[0], projections.url, work[1])
        threading.Event().wait(chance.uniform(0.5, 3.0))
        process.sigkill()
        process.wait()
        assert list(states(projections).values()).count("current") == 1
    projections.projector(projections.feed()).catch_up()
    again = building.rebuild(projections.url, None, RECIPE).name
    assert everything(projections, projections.current()) == everything(projections, again)


def test_what_is_dropped_is_gone_and_stays_in_the_list(projections: Kept, streams: Streams) -> None:
    projections.apply(*map(streams.record, life(1)))
    promote_another(projections)
    begun = building.rebuild(projections.url, "night", RECIPE).name
    operating.drop(projections.url, "1")
    operating.drop(projections.url, begun)
    assert projections.one("SELECT count(*) FROM pg_namespace WHERE nspname IN ('read_1', 'read_night')") == 0
    assert states(projections) == {"1": "dropped", "2": "current"}, "nobody was ever shown `night`"
    first, second = operating.described(projections.url)
    assert (first.bytes, first.failed) == (None, None)
    assert second.bytes is not None
    assert second.bytes > 100_000
    assert second.failed == 0
    for name, why in (
        ("2", "read set 2 is current: promote another one, or roll back, before dropping it"),
        ("1", "read set 1 was dropped"),
        ("night", "there is no read set night"),
        ('a"; DROP', "there is no read set"),
    ):
        with pytest.raises(ReadSetError, match=why):
            operating.drop(projections.url, name)
    with pytest.raises(ReadSetError, match="read set 1 is dropped: choose another name"):
        building.rebuild(projections.url, "1", RECIPE)


def test_a_dropped_beginning_of_newer_code_holds_older_code_back_no_more(projections: Kept) -> None:
    building.rebuild(projections.url, "newer", NEWER)
    with pytest.raises(OlderCodeError):
        promote_another(projections)
    operating.drop(projections.url, "newer")
    assert promote_another(projections) == "2"


def test_nothing_is_dropped_while_somebody_reads_it(projections: Kept, streams: Streams) -> None:
    """The reader goes on undisturbed, also to tables that it had not read yet."""
    projections.apply(*map(streams.record, life(1)))
    promote_another(projections)
    with psycopg.connect(projections.url, application_name="analyst") as reader:
        reader.execute("SELECT count(*) FROM read_1.exits")
        with pytest.raises(ReadSetError, match=r"read set 1 is being read or built by process \d+ \(analyst\)"):
            dropping.drop(projections.database, "1", tries=2)
        assert reader.execute("SELECT count(*) FROM read_1.steps").fetchone() == (2,)
    dropping.drop(projections.database, "1")
    assert states(projections)["1"] == "dropped"


def test_what_others_built_upon_a_read_set_is_not_taken_along(projections: Kept) -> None:
    promote_another(projections)
    projections.run("CREATE VIEW public.mine AS SELECT * FROM read_1.steps")
    with pytest.raises(
        ReadSetError, match=r"others built upon read set 1, .*view public\.mine depends on table read_1\.steps"
    ):
        operating.drop(projections.url, "1")
    assert dropping.drop_old(projections.database) == []
    assert projections.one("SELECT count(*) FROM public.mine") == 0


def test_a_frozen_read_set_stays_as_it_is(projections: Kept, streams: Streams) -> None:
    projections.apply(*map(streams.record, life(1)))
    with pytest.raises(ReadSetError, match="read set 1 is current, and changes with every fact"):
        operating.freeze(projections.url, "1")
    promote_another(projections)
    frozen = operating.freeze(projections.url, "1")
    assert operating.freeze(projections.url, "1").frozen_at == frozen.frozen_at is not None
    projections.apply(streams.record(hours(1, "2024-05")))
    why = "read set 1 is frozen, its rows stay as they are: `parcours projections unfreeze 1` takes that away"
    for work in (
        lambda: operating.drop(projections.url, "1"),
        lambda: building.promote(projections.url, "1", RECIPE),
        lambda: operating.rollback(projections.url, "1", RECIPE),
    ):
        with pytest.raises(ReadSetError, match=why):
            work()
    building.rebuild(projections.url, "night", RECIPE)
    operating.freeze(projections.url, "night")
    with pytest.raises(ReadSetError, match="read set night is frozen"):
        building.rebuild(projections.url, "night", RECIPE)
    assert projections.rows(person(1), "1") == expected(person(1), life(1))
    operating.freeze(projections.url, "1", is_frozen=False)
    operating.rollback(projections.url, "1", RECIPE)
    assert projections.rows(person(1), "1") == expected(person(1), [*life(1), hours(1, "2024-05")])


def test_a_rebuild_ends_when_its_read_set_is_dropped(projections: Kept, streams: Streams) -> None:
    projections.apply(*map(streams.record, life(1)))
    with projections.database.transaction() as connection:
        set_schema.create(connection, "night", RECIPE)
    bucket = projections.one(
        "SELECT right(tableoid::regclass::text, 2)::int FROM projections.history WHERE subject = %s LIMIT 1", person(1)
    )
    operating.freeze(projections.url, "night")
    with pytest.raises(ReadSetError, match="read set night was promoted, frozen or dropped meanwhile"):
        fold_bucket(Rebuild(projections.url, "night", RECIPE), bucket)


def test_the_projector_drops_what_is_older_than_the_last_two(projections: Kept) -> None:
    """Not a frozen one, not one that is being built; one that is read goes once nobody reads it any more."""
    for _ in range(4):
        promote_another(projections)
    building.rebuild(projections.url, "night", RECIPE)
    operating.freeze(projections.url, "2")
    with psycopg.connect(projections.url) as reader:
        reader.execute("SELECT count(*) FROM read_3.steps")
        with running(projections, projections.feed()):
            wait_until(lambda: states(projections)["1"] == "dropped", "the oldest is dropped", 10)
        assert reader.execute("SELECT count(*) FROM read_3.exits").fetchone() == (0,)
    kept_sets = {"2": "previous", "3": "previous", "4": "previous", "5": "current", "night": "building"}
    assert states(projections) == {"1": "dropped", **kept_sets}
    with running(projections, projections.feed()):
        wait_until(lambda: states(projections)["3"] == "dropped", "it is dropped once nobody reads it", 10)
        promote_another(projections)
        wait_until(lambda: states(projections)["4"] == "dropped", "the next goes soon after a promotion", 30)
    assert states(projections) == {
        "1": "dropped", "2": "previous", "3": "dropped", "4": "dropped", "5": "previous", "6": "current",
        "night": "building",
    }  # fmt: skip


def test_two_projectors_drop_at_once(projections: Kept) -> None:
    for _ in range(3):
        promote_another(projections)
    dropped: list[str] = []
    threads = [
        threading.Thread(target=lambda: dropped.extend(dropping.drop_old(projections.database))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(dropped) == ["1", "2"]

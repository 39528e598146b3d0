"""Subjects that cannot be folded, by read set: what one that is being built fails at marks nobody who is read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.folding.folder import Folder, fold_all_dirty
from services.projections.folding.keeper import Keeper
from services.projections.folding.projector import Projector
from services.projections.read_sets import building, operating, promoting
from services.projections.read_sets.recipe import FailuresError, Recipe
from services.projections.read_tables import READ_TABLES
from tests.parts.log_lines import captured_lines
from tests.parts.waiting import wait_until
from tests.services.projections.facts import AI, hours_worked, recorded
from tests.services.projections.read_sets_at_work import life, mend, person, spoil
from tests.services.projections.streams import RECIPE, SETTINGS, Kept, Streams, expected, kept

NEWER = Recipe.of(SETTINGS, RECIPE.version + 1)
PERSONS = 5


@pytest.fixture
def projections(database_url: str) -> Iterator[Kept]:
    with kept(database_url) as one:
        yield one


@pytest.fixture
def streams(projections: Kept) -> Streams:
    """Of some persons, whose facts are folded."""
    streams = Streams()
    projections.apply(*(streams.record(fact) for number in range(PERSONS) for fact in life(number)))
    return streams


def incomplete(projections: Kept) -> list[tuple[Any, ...]]:
    return projections.all("SELECT subject_kind, subject_id::text, reason, rows_of FROM bi.incomplete_subjects")


def rebuilt_with_one_failing(projections: Kept) -> str:
    spoil(projections, person(3))
    return building.rebuild(projections.url, None, RECIPE).name


def test_a_failing_rebuild_leaves_the_live_person_whole(projections: Kept, streams: Streams) -> None:
    made = rebuilt_with_one_failing(projections)
    assert projections.state(person(3)) == (4, None, None, None)
    assert incomplete(projections) == []
    assert operating.failures(projections.url, projections.current(), 10).count == 0
    found = operating.failures(projections.url, made, 10)
    (failure,) = found.first
    assert (found.count, failure.subject, failure.version, failure.rows_of) == (1, person(3), 4, None)
    assert failure.error.startswith("UnreadableFactError: pathways.hired.v1, number ")
    assert failure.traceback.startswith("Traceback")
    assert "in check" in failure.traceback


def test_a_promotion_is_refused_and_leaves_everything_as_it_was(projections: Kept, streams: Streams) -> None:
    made = rebuilt_with_one_failing(projections)
    with pytest.raises(FailuresError, match=f"1 subject cannot be folded into read set {made} .*--with-failures"):
        building.promote(projections.url, made, RECIPE)
    assert projections.current() == "1"
    assert projections.state(person(3)) == (4, None, None, None)


def test_each_failing_subject_has_one_line_however_often_it_is_tried(projections: Kept, streams: Streams) -> None:
    """A promotion folds what is behind again at each try, until readers leave it a pause."""
    made = rebuilt_with_one_failing(projections)
    folder = Folder(CATALOGUE, RECIPE)
    database = Database(projections.url)
    with closing(database), captured_lines() as lines:
        fold_all_dirty(database, made, folder)
        fold_all_dirty(database, made, folder)
        promoting.try_to_promote(database, made, folder, RECIPE, None)
    assert [line["subject"] for line in lines if line["event"] == "fold_failed"] == [person(3)]


def test_a_promotion_takes_the_last_good_rows_over_marked_until_they_can_be_folded(
    projections: Kept, streams: Streams
) -> None:
    made = rebuilt_with_one_failing(projections)
    building.promote(projections.url, made, RECIPE, with_failures=True)
    assert projections.current() == made
    assert projections.rows(person(3)) == expected(person(3), life(3))
    assert projections.state(person(3))[1].startswith("UnreadableFactError")
    assert incomplete(projections) == [("person", person(3).removeprefix("person/"), "fold_failed", "1")]
    more = recorded(hours_worked(AI, "2024-05", 7)).model_copy(update={"subject": person(3)})
    projections.apply(streams.record(more))
    assert projections.rows(person(3)) == expected(person(3), life(3)), "later facts wait"
    mend(projections, person(3))
    projections.projector(projections.feed()).catch_up()
    assert projections.rows(person(3)) == expected(person(3), [*life(3), more])
    assert projections.state(person(3)) == (5, None, None, None)
    assert incomplete(projections) == []


def test_rows_taken_over_twice_are_still_those_of_the_first(projections: Kept, streams: Streams) -> None:
    since = None
    for made in (rebuilt_with_one_failing(projections), rebuilt_with_one_failing(projections)):
        building.promote(projections.url, made, RECIPE, with_failures=True)
        (failure,) = operating.failures(projections.url, made, 10).first
        assert failure.rows_of == "1"
        since = since or failure.since
        assert failure.since == since, "since when it fails, not since this read set"
    assert projections.rows(person(3)) == expected(person(3), life(3))


def test_rows_of_older_code_are_taken_over_by_the_columns_that_both_have(projections: Kept, streams: Streams) -> None:
    """A column that older code did not have is NULL; a table it lacked, or lacks what must be there, has no rows."""
    spoil(projections, person(3))
    projections.run("ALTER TABLE read_1.contracts DROP COLUMN occupation_code CASCADE")
    projections.run("DROP TABLE read_1.hours_entries CASCADE")
    projections.run("ALTER TABLE read_1.pathways DROP COLUMN steps CASCADE")
    assert building.ensure_current(projections.url, NEWER) is None, "few failures keep nobody from the newer rows"
    rows, whole = projections.rows(person(3)), expected(person(3), life(3))
    assert rows["steps"] == whole["steps"]
    assert rows["hours_entries"] == rows["pathways"] == []
    place = [column.name for column in READ_TABLES["contracts"].columns].index("occupation_code")
    assert rows["contracts"] == [(*row[:place], None, *row[place + 1 :]) for row in whole["contracts"]]
    assert incomplete(projections) == [("person", person(3).removeprefix("person/"), "fold_failed", "1")]


def test_a_subject_that_is_none_is_taken_over_without_rows(projections: Kept, streams: Streams) -> None:
    for odd in ("person/not-a-uuid", "machine/1"):
        projections.run(f"INSERT INTO projections.subjects (subject, root, version) VALUES ('{odd}', '{odd}', 1)")
    made = building.rebuild(projections.url, None, RECIPE).name
    building.promote(projections.url, made, RECIPE, with_failures=True)
    assert sorted(incomplete(projections)) == [
        ("machine", None, "fold_failed", None),
        ("person", None, "fold_failed", None),
    ]


def test_code_that_folds_hardly_anybody_does_not_take_the_place_of_the_rows(
    projections: Kept, streams: Streams
) -> None:
    """The projector of a broken release stands still and says why; mended, or told to, it goes on."""
    people = [person(number) for number in range(100, 115)]
    projections.apply(*(streams.record(fact) for number in range(100, 115) for fact in life(number)))
    spoil(projections, *people)
    reason = building.ensure_current(projections.url, NEWER)
    assert reason is not None
    assert reason.startswith("15 subjects cannot be folded into read set 2 (UnreadableFactError")
    assert "`parcours projections promote 2 --with-failures`" in reason
    assert projections.current() == "1"
    opened, stop = threading.Event(), threading.Event()

    @contextmanager
    def projector() -> Iterator[Projector]:
        opened.set()
        yield projections.projector(projections.feed(), recipe=NEWER)

    keeper = Keeper(projections.database, NEWER, projector, look_again_s=0.05)
    thread = threading.Thread(target=keeper.run, args=[stop])
    thread.start()
    try:
        wait_until(lambda: asyncio.run(keeper.check()) == reason, "it says why it stands still", 10)
        assert not opened.is_set()
        mend(projections, *people)
        assert building.ensure_current(projections.url, NEWER) is None, "a start tries again"
        assert opened.wait(10)
    finally:
        stop.set()
        thread.join(10)
    assert projections.current() == "2"
    assert incomplete(projections) == []


OF_BEFORE = """
    ALTER TABLE projections.read_sets DROP COLUMN replaced_at, DROP COLUMN frozen_at, DROP COLUMN dropped_at;
    DROP VIEW bi.incomplete_subjects;
    DROP TABLE read_1.failed, read_2.failed;
    UPDATE projections.subjects SET error = 'ValueError: x', since = '2026-01-02 03:04+00' WHERE subject = '{}'
"""


def test_errors_of_before_become_those_of_the_current_read_set(projections: Kept, streams: Streams) -> None:
    """An installation whose read sets knew no failures of their own: nothing is lost, and it is done once."""
    building.promote(projections.url, building.rebuild(projections.url, None, RECIPE).name, RECIPE)
    projections.run(OF_BEFORE.format(person(3)))
    first, second = building.list_read_sets(projections.url)
    assert (first.replaced_at, second.replaced_at) == (second.promoted_at, None)
    (failure,) = operating.failures(projections.url, "2", 10).first
    assert (failure.subject, failure.error, failure.version) == (person(3), "ValueError: x", 4)
    assert failure.since.isoformat() == "2026-01-02T03:04:00+00:00"
    assert operating.failures(projections.url, "1", 10).count == 0
    assert projections.one("SELECT count(*) FROM projections.subjects WHERE error IS NOT NULL") == 0
    assert building.ensure_current(projections.url, RECIPE) is None
    building.promote(projections.url, building.rebuild(projections.url, None, RECIPE).name, RECIPE)
    assert incomplete(projections) == []

"""Places that are not in a topic any more, after its facts were sent again."""

from collections.abc import Iterator

import pytest

from shared.histories.database import HistoryDatabase
from shared.histories.places import ensure_places, load_places, move_lost_places, move_places
from shared.log.place import Key, Place

HELD = {0: (100, 200), 1: (100, 200)}
"""Of both partitions: what retention has left, and where they ended before all was sent again."""
ONE, TWO = ("pathways", 0), ("pathways", 1)


@pytest.fixture
def database(database_url: str) -> Iterator[HistoryDatabase]:
    database = HistoryDatabase(database_url, "reader")
    database.create()
    yield database
    database.close()


def moved(database: HistoryDatabase, stored: dict[Key, Place], from_sequence: int = 0) -> tuple[int, dict[Key, Place]]:
    with database.transaction() as connection:
        ensure_places(connection, "kafka", [ONE, TWO])
        move_places(connection, "kafka", {key: (None, place) for key, place in stored.items()})
        count = move_lost_places(connection, "pathways", "topic", HELD, from_sequence)
        return count, load_places(connection, "kafka", [ONE, TWO])


def test_one_that_is_forgotten_goes_on_at_what_was_sent_and_one_that_is_there_stays(database: HistoryDatabase) -> None:
    count, places = moved(database, {ONE: Place("topic", 99, 50), TWO: Place("topic", 100, 60)})
    assert count == 1
    assert places == {ONE: Place("topic", 200, 50), TWO: Place("topic", 100, 60)}


def test_one_beyond_the_end_goes_back_to_what_was_sent(database: HistoryDatabase) -> None:
    _, places = moved(database, {ONE: Place("topic", 201, 50), TWO: Place("topic", 200, 60)})
    assert places == {ONE: Place("topic", 200, 50), TWO: Place("topic", 200, 60)}


def test_what_was_sent_must_begin_at_what_is_missing(database: HistoryDatabase) -> None:
    _, places = moved(database, {ONE: Place("topic", 1, 49), TWO: Place("topic", 1, 50)}, from_sequence=51)
    assert places == {ONE: Place("topic", 1, 49), TWO: Place("topic", 200, 50)}


def test_one_of_another_topic_begins_at_what_was_sent_if_that_is_all(database: HistoryDatabase) -> None:
    assert moved(database, {ONE: Place("before", 7, 50)}, from_sequence=2) == (0, {ONE: Place("before", 7, 50)})
    with database.transaction() as connection:
        assert move_lost_places(connection, "pathways", "topic", HELD, 1) == 2
        assert load_places(connection, "kafka", [ONE, TWO]) == {
            ONE: Place("topic", 200, 0),
            TWO: Place("topic", 200, 0),
        }


def test_a_topic_that_begins_at_its_beginning_is_read_from_there(database: HistoryDatabase) -> None:
    with database.transaction() as connection:
        ensure_places(connection, "kafka", [ONE])
        assert move_lost_places(connection, "pathways", "topic", {0: (0, 200)}, 0) == 0

"""Places move from where they are known to be, all of a delivery or none."""

from collections.abc import Iterator

import pytest

from shared.histories.database import HistoryDatabase
from shared.histories.places import PlaceMovedError, ensure_places, highest_known, load_places, move_places
from shared.log.place import Key, Place

KEYS: list[Key] = [("agrement", 0), ("pathways", 0), ("pathways", 1)]
BEGUN = {key: Place("topic", 5, 7) for key in KEYS}


@pytest.fixture
def database(database_url: str) -> Iterator[HistoryDatabase]:
    database = HistoryDatabase(database_url, "reader")
    database.create()
    with database.transaction() as connection:
        ensure_places(connection, "kafka", KEYS)
        move_places(connection, "kafka", {key: (None, place) for key, place in BEGUN.items()}, {KEYS[1]: 4})
    yield database
    database.close()


def places(database: HistoryDatabase) -> dict[Key, Place]:
    with database.connection() as connection:
        return load_places(connection, "kafka", KEYS)


def test_several_at_once_and_what_came_from_them(database: HistoryDatabase) -> None:
    with database.transaction() as connection:
        move_places(connection, "kafka", {})
        moves = {key: (BEGUN[key], Place("topic", 6, 9)) for key in KEYS[1:]}
        move_places(connection, "kafka", moves, {KEYS[1]: 3, KEYS[2]: 9})
        assert highest_known(connection) == {"agrement": 0, "pathways": 9}
    assert places(database) == BEGUN | {key: Place("topic", 6, 9) for key in KEYS[1:]}


@pytest.mark.parametrize("moved", KEYS)
@pytest.mark.parametrize("was", [Place("another", 5, 7), Place("topic", 4, 7), None])
def test_one_that_somebody_else_has_moved_refuses_all_and_is_named(
    database: HistoryDatabase, moved: Key, was: Place | None
) -> None:
    moves = {key: (BEGUN[key], Place("topic", 6, 9)) for key in KEYS} | {moved: (was, Place("topic", 6, 9))}
    with (
        pytest.raises(PlaceMovedError, match=f"partition {moved[1]} of {moved[0]} was moved"),
        database.transaction() as connection,
    ):
        move_places(connection, "kafka", moves)
    assert places(database) == BEGUN

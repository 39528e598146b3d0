"""Facts are kept once, few or many at a time, whatever of them is there already."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.histories.database import HistoryDatabase
from shared.histories.history import COPIED, LogDivergedError, keep
from shared.log.place import Arrived
from tests.parts import postgres
from tests.shared.recording import person

TEXT = 'é "quoted" \\ back\tslash'


@pytest.fixture
def histories(postgres_server: str) -> Iterator[HistoryDatabase]:
    with postgres.fresh_database(postgres_server) as url:
        database = HistoryDatabase(url, "kept")
        database.create()
        yield database
        database.close()


def fact(sequence: int, text: str = TEXT) -> Arrived:
    envelope = f'{{"id":"{sequence}","data":"{text.encode("unicode_escape").decode()}"}}'.encode()
    name = person(sequence % 7)
    return Arrived("pathways", sequence, sequence, name, "pathways.hired.v1", f"{sequence}", "urn:x", "", envelope, 0)


MANY = [fact(sequence) for sequence in range(1, COPIED + 1)]


def kept(histories: HistoryDatabase) -> list[tuple[object, ...]]:
    query = "SELECT subject, service, sequence, streamversion, id, type, envelope FROM history ORDER BY sequence"
    with histories.connection() as connection:
        return connection.execute(query).fetchall()


def as_kept(facts: list[Arrived]) -> list[tuple[object, ...]]:
    return [
        (one.subject, one.service, one.sequence, one.streamversion, one.id, one.type, one.envelope) for one in facts
    ]


@pytest.mark.parametrize("many", [COPIED, COPIED - 1])
def test_what_is_new_is_kept_as_it_came_and_given_back_in_order(histories: HistoryDatabase, many: int) -> None:
    with histories.transaction() as connection:
        assert keep(connection, [*MANY[:many], MANY[0]], {}) == MANY[:many]
    assert kept(histories) == as_kept(MANY[:many])


def test_of_many_those_that_are_there_though_nobody_read_so_far_are_kept_once(histories: HistoryDatabase) -> None:
    """As a repair keeps them, which moves no place."""
    with histories.transaction() as connection:
        keep(connection, MANY[5:7], {})
        assert keep(connection, MANY, {}) == [*MANY[:5], *MANY[7:]]
    assert kept(histories) == as_kept(MANY)


def test_repeats_among_many_new_ones_are_compared(histories: HistoryDatabase) -> None:
    more = [fact(sequence) for sequence in range(COPIED + 1, 2 * COPIED + 1)]
    with histories.transaction() as connection:
        keep(connection, MANY, {})
    with histories.transaction() as connection:
        assert keep(connection, [*MANY[-3:], *more], {"pathways": COPIED}) == more
    with pytest.raises(LogDivergedError), histories.transaction() as connection:
        keep(connection, [fact(3, "another"), *more], {"pathways": 2 * COPIED})
    assert kept(histories) == as_kept([*MANY, *more])


def left(sequence: int) -> Arrived:
    """What an erasure leaves of the fact."""
    name = f"hash of {sequence}"
    return fact(sequence)._replace(id=name, envelope=f'{{"id":"{name}","erased":1,"data":null}}'.encode())


@pytest.mark.parametrize("highest", [{}, {"pathways": 9}])
def test_what_an_erasure_leaves_takes_the_place_of_the_fact_once_and_for_ever(
    histories: HistoryDatabase, highest: dict[str, int]
) -> None:
    emptied = [left(sequence) for sequence in range(1, 10)]
    with histories.transaction() as connection:
        keep(connection, MANY[:9], {})
    with histories.transaction() as connection:
        assert keep(connection, emptied, highest) == []
        assert keep(connection, emptied, highest) == []
    assert kept(histories) == as_kept(emptied)
    # A record from before, still in a topic: what it is is asked of the store, which passes over it.
    with pytest.raises(LogDivergedError), histories.transaction() as connection:
        keep(connection, MANY[:1], {"pathways": 9})
    assert kept(histories) == as_kept(emptied)


@pytest.mark.parametrize("turned", [False, True])
def test_of_a_fact_and_what_is_left_of_it_in_one_delivery_that_is_kept(
    histories: HistoryDatabase, turned: bool
) -> None:
    both = [fact(1), left(1)]
    with histories.transaction() as connection:
        assert keep(connection, both[::-1] if turned else both, {}) == [left(1)]
    assert kept(histories) == as_kept([left(1)])


def test_what_is_left_of_another_subjects_fact_takes_nobodys_place(histories: HistoryDatabase) -> None:
    with histories.transaction() as connection:
        keep(connection, [fact(1)], {})
    with pytest.raises(LogDivergedError), histories.transaction() as connection:
        keep(connection, [left(1)._replace(subject=person(6))], {"pathways": 1})
    assert kept(histories) == as_kept([fact(1)])

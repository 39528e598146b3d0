"""Whoever is far behind keeps facts first and folds each subject once; nothing is told as applied before it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.projections.folding.backlog import FEWEST, SHARES, TOGETHER, Backlog
from services.projections.folding.folder import Folder
from services.projections.folding.project import project
from services.projections.folding.throttle import Throttle
from services.projections.folding.waiting import Piece, fold_waiting
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.fact import Recorded
from shared.feeds.feed import Delivery
from tests.parts import postgres
from tests.services.projections.facts import CATALOGUE
from tests.services.projections.streams import RECIPE, SETTINGS, Kept, MemoryFeed, Streams, expected, kept
from tests.services.projections.test_projector import ANNA, BRUNO, Clock, Failing, Rows, hire, months, of
from tests.services.projections.test_same_rows import EXAMPLES, Life, anything, check, lives, projectors

FAR = 3


@pytest.fixture(scope="module")
def shared_projections(postgres_server: str) -> Iterator[Kept]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as one:
        yield one


@pytest.fixture
def projections(shared_projections: Kept) -> Kept:
    shared_projections.empty()
    return shared_projections


class Later:
    """Folds what it is called with here, when it is asked what has come back: at any moment, in any order."""

    has_room = True

    def __init__(self, projections: Kept, pick: Callable[[int], int]) -> None:
        self._projections = projections
        self._pick = pick
        self._called: list[list[str]] = []

    def call(self, names: list[str]) -> None:
        self._called.append(names)

    def returned(self, timeout_s: float) -> Iterator[Piece]:
        for _ in range(self._pick(len(self._called))):
            names = self._called.pop(self._pick(len(self._called) - 1))
            yield fold_waiting(self._projections.database, Folder(CATALOGUE, SETTINGS), RECIPE, names)

    def close(self) -> None:
        self._called.clear()


class Counting:
    """The projection, with how often each subject was folded."""

    def __init__(self) -> None:
        self.folds: Counter[str] = Counter()

    def __call__(self, kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
        self.folds[settled[0].subject] += 1
        return project(kind, settled, settings, *more)


ANNAS, BRUNOS = [hire(), *months(4)], [hire(BRUNO), of(BRUNO, months(1)[0].data)]


def behind(projections: Kept, more: Sequence[Recorded] = ()) -> MemoryFeed:
    """A feed with two large deliveries, each about both, and perhaps a small one."""
    streams, feed = Streams(), projections.feed()
    for facts in ([*ANNAS[:2], BRUNOS[0]], [*ANNAS[2:], BRUNOS[1]], more):
        if facts:
            feed.add(*map(streams.record, facts))
    return feed


@pytest.mark.parametrize("cache_facts", [0, 3, 100_000])
def test_who_is_far_behind_folds_each_subject_once(projections: Kept, cache_facts: int) -> None:
    counting = Counting()
    last = of(ANNA, months(1, first=4)[0].data)
    feed = behind(projections, [last])
    folder = Folder(CATALOGUE, SETTINGS, counting)
    projector = projections.projector(feed, cache_facts=cache_facts, folder=folder, backlog=Backlog(FAR))
    for _ in range(2):
        assert projector.step(0)
        assert projections.folded(ANNA) is projections.folded(BRUNO) is None
        assert projector.applied() == {"pathways": 0}
    assert projections.one("SELECT count(*) FROM projections.history") == 7
    while projector.step(0):
        pass
    assert counting.folds == {ANNA: 1, BRUNO: 1}
    assert projections.rows(ANNA) == expected(ANNA, [*ANNAS, last])
    assert projections.rows(BRUNO) == expected(BRUNO, BRUNOS)
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0
    assert projector.applied() == {"pathways": max(fact.sequence for facts, _ in feed.deliveries for fact in facts)}


def test_what_is_not_far_behind_is_folded_at_once(projections: Kept) -> None:
    projector = projections.projector(behind(projections), backlog=Backlog(FAR + 2))
    projector.step(0)
    assert (projections.folded(ANNA), projections.folded(BRUNO)) == (2, 1)
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0


def test_what_comes_while_others_wait_is_seen_at_once(projections: Kept) -> None:
    """A small delivery is folded before those who wait; of whom it speaks nothing waits any more."""
    streams, feed = Streams(), projections.feed()
    feed.add(*(streams.record(hire(f"person/00000000-0000-4000-8000-{n:012}")) for n in range(2 * TOGETHER)))
    feed.add(streams.record(hire()))
    projector = projections.projector(feed, backlog=Backlog(TOGETHER))
    projector.step(0)
    projector.step(0)
    assert projections.folded(ANNA) == 1
    assert projections.one("SELECT count(*) FROM projections.put_off") == TOGETHER
    assert projector.applied() == {"pathways": TOGETHER}
    assert projector.step(0)
    assert not projector.step(0)
    assert projector.applied() == {"pathways": 2 * TOGETHER + 1}


@pytest.mark.parametrize("is_restart", [True, False])
def test_what_a_killed_projector_had_kept_is_folded_by_who_goes_on(projections: Kept, is_restart: bool) -> None:
    """By its next start, or by another one that runs, though nothing comes for it."""
    feed = behind(projections)
    killed = projections.projector(feed, backlog=Backlog(FAR))
    heir = projections.projector(projections.feed(partition=1), look_again_s=0.0)
    killed.step(0)
    killed.step(0)
    if is_restart:
        heir.catch_up()
    else:
        while heir.step(0):
            pass
    assert projections.rows(ANNA) == expected(ANNA, ANNAS)
    assert projections.rows(BRUNO) == expected(BRUNO, BRUNOS)
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0


def test_who_was_folded_by_another_meanwhile_waits_no_more(projections: Kept) -> None:
    """Else its facts would be told as not applied for ever."""
    streams, feed, other = Streams(), projections.feed(), projections.feed(partition=1)
    counting = Counting()
    first = projections.projector(feed, folder=Folder(CATALOGUE, SETTINGS, counting), backlog=Backlog(FAR))
    feed.add(*map(streams.record, ANNAS))
    other.add(streams.record(of(ANNA, months(1, first=5)[0].data)))
    first.step(0)
    projections.projector(other, look_again_s=1_000).step(0)
    assert projections.folded(ANNA) == 6
    first.step(0)
    assert counting.folds == {}
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0


def test_a_row_that_waits_for_nobody_is_cleared_at_a_start(projections: Kept) -> None:
    projections.apply(*map(Streams().record, ANNAS))
    projections.run(f"INSERT INTO projections.put_off VALUES ('{ANNA}', 'pathways', 1)")
    projector = projections.projector(projections.feed())
    projector.catch_up()
    while projector.step(0):
        pass
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0


def test_who_fails_keeps_nobody_waiting(projections: Kept) -> None:
    projector = projections.projector(behind(projections), folder=Failing(ANNA).folder, backlog=Backlog(FAR))
    while projector.step(0):
        pass
    assert "ZeroDivisionError" in projections.state(ANNA)[1]
    assert projections.rows(BRUNO) == expected(BRUNO, BRUNOS)
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0


def test_a_large_subject_still_takes_its_turn(projections: Kept) -> None:
    clock = Clock()
    streams, feed = Streams(), projections.feed()
    throttle = Throttle(clock, large=4, every_s=1.0)
    projector = projections.projector(feed, throttle=throttle, backlog=Backlog(FAR))
    facts = [hire(), *months(7)]
    for some in (facts[:5], facts[5:]):
        feed.add(*map(streams.record, some))
    projector.step(0)
    projector.step(0)
    while projector.step(0):
        pass
    assert projections.folded(ANNA) == 8
    feed.add(*map(streams.record, months(3, first=7)))
    projector.step(0)
    projector.step(0)
    assert projections.folded(ANNA) == 8, "folded just now"
    assert projections.one("SELECT count(*) FROM projections.put_off") == 1
    clock.now += 1
    projector.step(0)
    assert projections.rows(ANNA) == expected(ANNA, [*facts, *months(3, first=7)])
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0


def test_a_large_subject_that_another_projector_folded_meanwhile_is_read_anew(projections: Kept) -> None:
    """What is in memory is of the same version, and was made before the rows there are."""
    clock = Clock()
    streams, feed = Streams(), projections.feed()
    projector = projections.projector(feed, throttle=Throttle(clock, large=4, every_s=1.0))
    facts = [hire(), *months(7)]
    for some in (facts[:5], facts[5:7]):
        feed.add(*map(streams.record, some))
        projector.step(0)
    assert projections.folded(ANNA) == 5
    other = projections.projector(projections.feed(partition=1), look_again_s=0.0)
    other.step(0)
    assert projections.folded(ANNA) == 7
    for some in ([], facts[7:]):
        clock.now += 1
        if some:
            feed.add(*map(streams.record, some))
        projector.step(0)
        assert projections.state(ANNA)[1] is None
    assert projections.rows(ANNA) == expected(ANNA, facts)


def test_a_large_subject_that_is_due_once_the_others_are_folded_is_not_passed_over(projections: Kept) -> None:
    """Whose turn has not come stays put off, however long the others take."""
    clock = Clock()
    streams, feed = Streams(), projections.feed()

    def slow(kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
        clock.now += 2 * (settled[0].subject == BRUNO)
        return project(kind, settled, settings, *more)

    projector = projections.projector(
        feed,
        folder=Folder(CATALOGUE, SETTINGS, slow),
        throttle=Throttle(clock, large=4, every_s=1.0),
        backlog=Backlog(FAR),
    )
    for facts in (ANNAS, [*months(3, first=4), *BRUNOS]):
        feed.add(*map(streams.record, facts))
        while projector.step(0):
            pass
    projector.step(0)
    assert projections.rows(ANNA) == expected(ANNA, [*ANNAS, *months(3, first=4)])
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0


def test_too_much_is_folded_before_more_is_read(projections: Kept) -> None:
    class Asked(MemoryFeed):
        polls = 0

        def poll(self, timeout_s: float) -> Delivery:
            self.polls += 1
            return super().poll(timeout_s)

    streams, feed = Streams(), Asked(projections.database)
    feed.add(*(streams.record(hire(f"person/00000000-0000-4000-8000-{n:012}")) for n in range(TOGETHER + 1)))
    feed.add(*map(streams.record, ANNAS))
    projector = projections.projector(feed, backlog=Backlog(FAR, subjects=TOGETHER))
    for _ in range(3):
        projector.step(0)
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0
    assert feed.polls == 1
    projector.step(0)
    assert feed.polls == 2


def test_full_is_full_until_nobody_waits() -> None:
    backlog = Backlog(subjects=2, facts=10)

    def after(*put_off: str, facts: int = 0, folded: Sequence[str] = ()) -> bool:
        backlog.put_off([*put_off, *put_off[-1:] * (facts - len(put_off))])
        backlog.begin(folded)
        backlog.ended(folded)
        return backlog.is_full

    assert not after("a", facts=8)
    assert after("b", folded=["a"])
    assert not after(folded=["b"])
    assert after("a", facts=10)


def test_of_whom_nothing_has_come_for_longest_is_next() -> None:
    backlog = Backlog(silent_facts=2)
    backlog.put_off(["a", "b", "c"])
    assert backlog.next_silent() == ["a"]
    backlog.put_off(["a", "d"])
    assert backlog.next() == ["b", "c", "a", "d"]
    assert backlog.next_silent() == ["b", "c"]
    backlog.begin(["b"])
    assert backlog.next_silent() == ["c"]


@pytest.mark.parametrize(
    ("waiting", "next_ones"),
    [
        (2 * SHARES * TOGETHER, TOGETHER),
        (SHARES * TOGETHER, TOGETHER),
        (SHARES * TOGETHER // 2, TOGETHER // 2),
        (2 * FEWEST, FEWEST),
        (FEWEST - 1, FEWEST - 1),
    ],
)
def test_where_few_wait_none_takes_the_most_of_them(waiting: int, next_ones: int) -> None:
    backlog = Backlog()
    names = [f"person/{number}" for number in range(waiting)]
    backlog.put_off(names)
    assert backlog.next(SHARES) == names[:next_ones]
    assert backlog.next() == names[:TOGETHER], "nobody else folds"


def test_what_comes_of_who_is_being_folded_waits_anew() -> None:
    backlog = Backlog()
    backlog.put_off(["a"])
    backlog.begin(["a"])
    assert backlog.next() == []
    backlog.put_off(["a"])
    backlog.ended(["a"])
    assert backlog.next() == ["a"]


def test_who_was_begun_with_and_lost_waits_again() -> None:
    backlog = Backlog(silent_facts=2)
    backlog.put_off(["a", "b", "c"])
    backlog.begin(["a", "b"])
    backlog.put_off(["b", "d"])
    backlog.lost()
    assert backlog.next_silent() == ["a", "b", "c"]
    assert backlog.next() == ["a", "b", "c", "d"]
    assert len(backlog) == 4


def test_a_full_backlog_is_drained_with_polls_in_between(projections: Kept) -> None:
    """A consumer group takes who is silent for long for gone."""
    feed = behind(projections)
    projector = projections.projector(feed, backlog=Backlog(FAR, subjects=1), silent_s=0.0)
    projector.step(0)
    assert projections.one("SELECT count(*) FROM projections.history") == 3
    projector.step(0)
    assert projections.one("SELECT count(*) FROM projections.history") == 7


@anything(30)
@given(st.data(), lives(), st.sampled_from([0, 3, 100_000]))
def test_whatever_is_put_off_gives_the_rows_of_all_facts(
    shared_projections: Kept, data: st.DataObject, life: Life, cache_facts: int
) -> None:
    """By two projectors in turns, either of which may be far behind."""
    to = data.draw(st.lists(st.integers(0, 1), min_size=len(life.deliveries), max_size=len(life.deliveries)))
    both = projectors(shared_projections, 2, life.deliveries, cache_facts, to, far_behind=data.draw(st.integers(1, 4)))
    for place in to:
        both[place].step(0)
    while sum(projector.step(0) for projector in both):
        pass
    check(shared_projections, life)
    waiting = "SELECT count(*) FROM projections.put_off WHERE subject = ANY(%s)"
    assert shared_projections.one(waiting, list(life.subjects)) == 0


@anything(30)
@given(st.data(), lives())
def test_whoever_folds_beside_at_any_moment_gives_the_rows_of_all_facts(
    shared_projections: Kept, data: st.DataObject, life: Life
) -> None:
    """While more of the same subjects comes, much or little."""
    feed = shared_projections.feed(next(EXAMPLES))
    for delivery in life.deliveries:
        feed.add(*delivery)
    left = len(life.deliveries)

    def pick(most: int) -> int:
        return data.draw(st.integers(0, most)) if left else most  # all of it in the end

    projector = shared_projections.projector(
        feed,
        backlog=Backlog(data.draw(st.integers(1, 4)), many_facts=1, silent_facts=data.draw(st.integers(1, 4))),
        beside=lambda: Later(shared_projections, pick),
    )
    for _ in life.deliveries:
        projector.step(0)
        left -= 1
    while projector.step(0):
        pass
    check(shared_projections, life)
    waiting = "SELECT count(*) FROM projections.put_off WHERE subject = ANY(%s)"
    assert shared_projections.one(waiting, list(life.subjects)) == 0

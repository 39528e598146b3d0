"""Processes beside a projector fold those who wait; they start where many do, and end with the waiting."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.pathways.facts import PersonsMerged
from services.projections.folding.backlog import Backlog
from services.projections.folding.projector import Projector
from services.projections.folding.side_by_side import WorkerError, Workers
from services.projections.folding.waiting import workers_beside
from shared.facts.fact import Recorded
from tests.parts import postgres
from tests.parts.waiting import wait_until
from tests.services.projections.facts import recorded
from tests.services.projections.streams import RECIPE, Kept, MemoryFeed, Streams, expected, kept, moved_to
from tests.services.projections.test_backlog import ANNAS, BRUNOS, FAR
from tests.services.projections.test_projector import ANNA, BRUNO, hire

PATIENCE_S = 120.0
ELSE = [hire(f"person/00000000-0000-4000-8000-{number:012}") for number in range(FAR)]


@pytest.fixture
def projections(postgres_server: str) -> Iterator[Kept]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as one:
        yield one


def reading(projections: Kept, *deliveries: list[Recorded]) -> tuple[Projector, MemoryFeed]:
    """A projector far behind these, with workers from the first on."""
    streams, feed = Streams(), projections.feed()
    for facts in deliveries:
        feed.add(*map(streams.record, facts))

    def beside() -> Workers | None:
        return workers_beside(projections.url, RECIPE)

    return projections.projector(feed, backlog=Backlog(FAR, many_facts=1, silent_facts=FAR), beside=beside), feed


def finish(projector: Projector) -> None:
    while projector.step(0.1):
        pass


def nobody_waits(projections: Kept) -> None:
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0
    assert multiprocessing.active_children() == []


def test_who_is_silent_is_folded_beside_while_more_is_kept(projections: Kept) -> None:
    projector, _ = reading(projections, ANNAS, [*BRUNOS, ELSE[0]], [*BRUNOS, *ELSE])
    projector.step(0)
    assert multiprocessing.active_children()
    projector.step(0)
    wait_until(lambda: projections.folded(ANNA) == len(ANNAS), "folded beside", PATIENCE_S)
    assert projections.folded(BRUNO) is None
    assert projector.applied() == {"pathways": 1}, "up to the hire of the other"
    finish(projector)
    assert projections.rows(ANNA) == expected(ANNA, ANNAS)
    assert projections.rows(BRUNO) == expected(BRUNO, BRUNOS)
    nobody_waits(projections)


def test_who_is_silent_within_one_delivery_is_folded_as_soon_as_it_is_kept(projections: Kept) -> None:
    projector, feed = reading(projections, [*ANNAS, *BRUNOS, *ELSE])
    projector.step(0)
    feed.add(*map(Streams(after=100).record, ELSE))
    wait_until(lambda: projections.folded(ANNA) == len(ANNAS), "folded beside", PATIENCE_S)
    assert projections.folded(ELSE[0].subject) is None, "of whom something came just now"
    finish(projector)
    nobody_waits(projections)


def test_those_beside_get_ready_while_facts_are_kept(projections: Kept) -> None:
    """And stay while more comes, though it should all be there already: each start costs a second."""
    streams, feed, kept_at_start = Streams(), projections.feed(), list[Any]()
    facts = [streams.record(fact) for fact in [*ANNAS, *BRUNOS]]

    def beside() -> Workers | None:
        kept_at_start.append(projections.one("SELECT count(*) FROM projections.history"))
        return workers_beside(projections.url, RECIPE)

    for _ in range(2):
        feed.add(*facts)
    feed.add(facts[0])
    projector = projections.projector(feed, backlog=Backlog(FAR, many_facts=len(facts)), beside=beside)
    projector.step(0)
    wait_until(lambda: projector.step(0) == 0 or not multiprocessing.active_children(), "all folded", PATIENCE_S)
    finish(projector)
    assert kept_at_start == [0]
    nobody_waits(projections)


@pytest.mark.parametrize("tells_behind", [True, False])
def test_they_get_ready_with_the_first_delivery_behind_which_many_come(projections: Kept, tells_behind: bool) -> None:
    streams, feed, started = Streams(), projections.feed(), list[int]()
    feed.tells_behind = tells_behind
    for facts in (ANNAS, BRUNOS, ELSE):
        feed.add(*map(streams.record, facts))

    def beside() -> Workers | None:
        started.append(projections.one("SELECT count(*) FROM projections.history"))
        return None

    many = len([*ANNAS, *BRUNOS, *ELSE])
    projector = projections.projector(feed, backlog=Backlog(len(BRUNOS), many_facts=many), beside=beside)
    projector.step(0)
    assert started == ([0] if tells_behind else [])
    finish(projector)
    assert projections.rows(ANNA) == expected(ANNA, ANNAS)
    nobody_waits(projections)


def test_a_person_merged_while_far_behind_is_folded_whole(projections: Kept) -> None:
    """Of the one that is merged nothing came in the end; its rows go to the other all the same."""
    merged = PersonsMerged(into=UUID(BRUNO.partition("/")[2]), merged_on=date(2025, 1, 2))
    merge = moved_to(recorded(merged), ANNA).model_copy(update={"id": "merging", "source": "urn:stewards"})
    projector, _ = reading(projections, ANNAS, BRUNOS + ELSE, [merge, *ELSE], [*ELSE, BRUNOS[0]])
    finish(projector)
    whole = [moved_to(fact, BRUNO) for fact in (*ANNAS, *BRUNOS)]
    assert projections.rows(BRUNO)["contracts"] == expected(BRUNO, whole)["contracts"]
    assert not any(projections.rows(ANNA).values())
    nobody_waits(projections)


def test_workers_that_are_killed_lose_nothing(projections: Kept) -> None:
    projector, _ = reading(projections, ANNAS, BRUNOS + ELSE)
    projector.step(0)
    (spawned,) = multiprocessing.active_children()
    spawned.kill()
    with pytest.raises(WorkerError):
        finish(projector)
    assert projector.applied() == {"pathways": 0}
    finish(projector)
    assert projections.rows(ANNA) == expected(ANNA, ANNAS)
    assert projections.rows(BRUNO) == expected(BRUNO, BRUNOS)
    nobody_waits(projections)


def test_who_stops_ends_those_beside_and_leaves_nobody_out(projections: Kept) -> None:
    projector, _ = reading(projections, ANNAS, BRUNOS + ELSE)
    projector.step(0)
    projector.step(0)
    projector.close()
    assert multiprocessing.active_children() == []
    finish(projector)
    assert projections.rows(ANNA) == expected(ANNA, ANNAS)
    nobody_waits(projections)


class OddError(Exception):
    """Made from two values, sent as one."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(f"{name} {number}")


def halved(number: int) -> int:
    if number == 13:
        raise OddError("unlucky", number)
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


def test_each_call_returns_or_raises_what_the_function_does() -> None:
    with Workers(halved, 2, ahead=2) as workers:
        for number in (2, 4, 6, 8):
            assert workers.has_room
            workers.call(number)
        assert not workers.has_room
        found: list[int] = []
        while workers.are_busy:
            found += workers.returned(PATIENCE_S)
        assert sorted(found) == [1, 2, 3, 4]
        workers.call(3)
        with pytest.raises(ValueError, match="3 is odd"):
            list(workers.returned(PATIENCE_S))
        workers.call(13)
        with pytest.raises(WorkerError, match="unlucky 13"):
            list(workers.returned(PATIENCE_S))

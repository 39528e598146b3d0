"""Whatever is delivered, however and by whom: the rows that all facts together give, in every read table."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.projections.folding.backlog import FAR_BEHIND, Backlog
from services.projections.read_sets import building
from shared.facts.fact import Recorded
from shared.histories.places import PlaceMovedError
from shared.log.place import Arrived
from tests.parts import postgres
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import ACI, C1, hired, recorded, void_of
from tests.services.projections.streams import RECIPE, Kept, Streams, expected, kept, moved_to

EXAMPLES = count(1)
ROOM = 1_000
"""Sequences of one example: all examples share a database, as a long life does."""


def anything(examples: int) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


@pytest.fixture(scope="module")
def projections(postgres_server: str) -> Iterator[Kept]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as one:
        yield one


@dataclass
class Life:
    """Facts of several subjects, as recorded, and in the deliveries in which they come."""

    facts: list[Recorded]
    deliveries: list[list[Arrived]]

    @property
    def subjects(self) -> set[str]:
        return {fact.subject for fact in self.facts}


@st.composite
def lives(draw: st.DrawFn) -> Life:
    number = next(EXAMPLES)
    facts: list[Recorded] = []
    for place, kind in enumerate(("person", "person", "structure", "group")):
        subject = f"{kind}/{UUID(int=(number << 64) + place)}"
        facts += [moved_to(fact, subject) for fact in draw(histories(kind))]
        voids = [fact for fact in facts if fact.subject == subject and "fact_voided" in fact.type]
        facts += [moved_to(void_of(void), subject) for void in voids if draw(st.booleans())]
    streams = Streams(after=number * ROOM)
    recorded = [streams.record(fact) for fact in draw(st.permutations(facts))]
    repeats = draw(st.lists(st.sampled_from(recorded), max_size=6)) if recorded else []
    order = draw(st.permutations(recorded + repeats))
    cuts = sorted(draw(st.sets(st.integers(0, len(order)), max_size=6)))
    deliveries = [list(order[start:end]) for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    return Life(facts, deliveries)


def check(projections: Kept, life: Life) -> None:
    for subject in life.subjects:
        mine = [fact for fact in life.facts if fact.subject == subject]
        assert projections.rows(subject) == expected(subject, mine)
        assert projections.folded(subject) == len(mine)
        assert projections.state(subject) == (len(mine), None, None, None)


def projectors(
    projections: Kept,
    many: int,
    deliveries: Sequence[Any],
    cache_facts: int,
    to: Sequence[int],
    far_behind: int = FAR_BEHIND,
) -> Any:
    """So many projectors, with the deliveries that each is to read. `far_behind`: with so many facts it only keeps them."""
    feeds = [projections.feed(next(EXAMPLES)) for _ in range(many)]
    for delivery, place in zip(deliveries, to, strict=True):
        feeds[place].add(*delivery)
    return [projections.projector(feed, cache_facts=cache_facts, backlog=Backlog(far_behind)) for feed in feeds]


@anything(50)
@given(st.data(), lives(), st.sampled_from([0, 3, 100_000]))
def test_any_delivery_gives_the_rows_of_all_facts(
    projections: Kept, data: st.DataObject, life: Life, cache_facts: int
) -> None:
    """By two projectors in turns."""
    to = data.draw(st.lists(st.integers(0, 1), min_size=len(life.deliveries), max_size=len(life.deliveries)))
    both = projectors(projections, 2, life.deliveries, cache_facts, to)
    for place in to:
        both[place].step(0)
    check(projections, life)


@anything(20)
@given(st.data(), lives(), st.sampled_from([0, 100_000]))
def test_two_projectors_at_one_moment_lose_nothing(
    projections: Kept, data: st.DataObject, life: Life, cache_facts: int
) -> None:
    to = data.draw(st.lists(st.integers(0, 1), min_size=len(life.deliveries), max_size=len(life.deliveries)))
    both = projectors(projections, 2, life.deliveries, cache_facts, to)
    start = threading.Barrier(2)
    failures: list[BaseException] = []

    def run(place: int) -> None:
        start.wait()
        try:
            for _ in range(to.count(place)):
                both[place].step(0)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    check(projections, life)


@anything(6)
@given(st.data(), lives())
def test_a_rebuild_in_between_gives_the_same_rows(projections: Kept, data: st.DataObject, life: Life) -> None:
    """Facts come before it, between its steps, and after it is current; the projector goes on all the while."""
    [projector] = projectors(projections, 1, life.deliveries, 100_000, [0] * len(life.deliveries))
    rebuilt, promoted = sorted(data.draw(st.tuples(*[st.integers(0, len(life.deliveries) - 1)] * 2)))
    name = ""
    for place in range(len(life.deliveries)):
        if place == rebuilt:
            name = building.rebuild(projections.url, None, RECIPE).name
        if place == promoted:
            building.promote(projections.url, name, RECIPE)
        projector.step(0)
    check(projections, life)


@anything(10)
@given(st.data(), lives())
def test_a_repeated_delivery_changes_nothing(projections: Kept, data: st.DataObject, life: Life) -> None:
    """A projector that died after its commit, or a topic that is read again from its beginning."""
    for _ in range(2):
        [projector] = projectors(projections, 1, life.deliveries, 10, [0] * len(life.deliveries))
        for _ in life.deliveries:
            projector.step(0)
    check(projections, life)


def test_a_projector_that_lost_its_place_writes_nothing(projections: Kept) -> None:
    """Of two that read one partition, the one that commits second is refused, and goes on from where the other is."""
    number = next(EXAMPLES)
    life = Streams(after=number * ROOM)
    subject = f"person/{UUID(int=number << 64)}"
    first, second = (
        life.record(moved_to(recorded(hired(C1, ACI, day)), subject)) for day in ("2024-01-01", "2024-02-01")
    )
    feed, other = projections.feed(number), projections.feed(number)
    for one in (feed, other):
        one.add(first)
        one.add(second)
    zombie, heir = projections.projector(feed), projections.projector(other)
    zombie.step(0)
    heir.step(0)
    before = projections.rows(subject)
    with pytest.raises(PlaceMovedError):
        zombie.step(0)
    assert projections.rows(subject) == before

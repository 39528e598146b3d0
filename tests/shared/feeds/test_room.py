"""A delivery of somebody who is far behind: joined from what is at hand, and bounded in three ways."""

from __future__ import annotations

from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from shared.feeds.consumer import MANY, gathered
from shared.feeds.feed import Delivery, Room
from shared.feeds.store_feed import StoreFeed
from shared.log.store import FactStore
from tests.shared.feeding import Places
from tests.shared.recording import Recorder


@pytest.mark.parametrize(
    ("room", "is_left"),
    [
        (Room(3, until=inf), True),
        (Room(2, until=inf), False),
        (Room(3, size=201, until=inf), True),
        (Room(3, size=200, until=inf), False),
        (Room(3, until=0.0), False),
    ],
)
def test_a_delivery_ends_with_its_facts_its_bytes_or_its_time(room: Room, is_left: bool) -> None:
    room.take([bytes(100), bytes(100)])
    assert room.is_left is is_left


def polled(*sizes: int) -> tuple[Any, list[int]]:
    """A consumer whose polls give so many records each, and how long they were asked to wait."""
    waits: list[int] = []
    left = list(sizes)

    def poll(timeout_ms: int, max_records: int) -> dict[str, list[Any]]:
        waits.append(timeout_ms)
        size = min(left.pop(0), max_records) if left else 0
        return {"one": [SimpleNamespace(value=b"{}")] * size} if size else {}

    return SimpleNamespace(poll=poll), waits


@pytest.mark.parametrize(
    ("sizes", "most", "given", "polls"),
    [
        ((), 10_000, 0, 1),
        ((8, MANY), 10_000, 8, 1),  # whoever keeps up waits for no more
        ((MANY, MANY, 20, MANY), 10_000, 2 * MANY + 20, 3),
        ((MANY, MANY, MANY), 2 * MANY, 2 * MANY, 2),
        ((MANY, MANY), MANY + 1, MANY + 1, 2),
    ],
)
def test_polls_are_joined_while_they_give_much(sizes: tuple[int, ...], most: int, given: int, polls: int) -> None:
    consumer, waits = polled(*sizes)
    batches = gathered(consumer, 0.5, most)
    assert sum(map(len, batches.values())) == given
    assert (len(waits), waits[0]) == (polls, 500)


def read(feed: StoreFeed) -> Delivery:
    delivery = feed.poll(0)
    assert len(delivery.moves) == (1 if delivery.facts else 0)
    feed.applied(delivery)
    return delivery


def test_deliveries_of_a_log_grow_while_there_is_much(store: FactStore, places: Places) -> None:
    """The first is one part, so that it is soon known how much comes; none is larger than the most."""
    recorder = Recorder(store)
    recorder.record_many(30)
    feed = StoreFeed([store], places.load, places.ensure, max_records=10, part=3)
    deliveries = [read(feed) for _ in range(6)]
    sequences = [fact.sequence for delivery in deliveries for fact in delivery.facts]
    assert [len(delivery.facts) for delivery in deliveries] == [3, 6, 10, 10, 1, 0]
    assert sequences == [*range(sequences[0], sequences[0] + 30)]
    assert [delivery.behind for delivery in deliveries] == [27, 21, 11, 1, 0, 0]
    recorder.record_many(5)
    assert [len(read(feed).facts) for _ in range(3)] == [3, 2, 0], "whoever had kept up begins anew"
    feed.close()


def test_a_log_is_read_in_parts_that_make_one_delivery(store: FactStore, places: Places) -> None:
    Recorder(store).record_many(21)
    feed = StoreFeed([store], places.load, places.ensure, max_records=100, part=2)
    assert [len(read(feed).facts) for _ in range(5)] == [2, 4, 8, 7, 0]
    feed.close()

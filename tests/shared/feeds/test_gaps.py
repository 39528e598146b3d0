"""Topics that have forgotten what a reader has not read: it comes from the store, and nothing is promised before."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.feeds.kafka_feed import KafkaFeed
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from tests.shared.feeding import (
    SERVICE,
    Places,
    Read,
    RunningRelay,
    forget,
    read_through,
    read_until,
)
from tests.shared.feeds.conftest import NewFeed
from tests.shared.recording import Recorder, person

DEAD = "postgresql://nobody@127.0.0.1:1/nothing"


def published(recorder: Recorder, relay: RunningRelay, count: int, persons: int = 7) -> None:
    recorder.record_many(count, persons=persons)
    relay.wait_published(recorder.store.last_sequence())


def polls(count: int) -> Callable[[Read], bool]:
    """After so many."""
    left = iter(range(count))
    return lambda _: next(left, None) is None


def read_watched(feed: KafkaFeed, places: Places, store: FactStore, read: Read) -> list[str]:
    """Read all; what is promised at any moment has come. Return what the feed said of itself meanwhile."""
    said: list[str] = []

    def is_done(read: Read) -> bool:
        through = places.through(SERVICE)
        assert set(range(1, through + 1)) <= set(read.sequences), f"{through} is promised and not all of it came"
        said.extend([feed.problem] if feed.problem and feed.problem not in said else [])
        return through >= store.last_sequence()

    read_until(feed, places, is_done, read)
    return said


def test_a_new_reader_of_a_topic_that_has_forgotten_its_beginning_reads_it_from_the_store(
    store: FactStore, recorder: Recorder, topics: Topics, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    published(recorder, relay, 100)
    forget(topics)
    published(recorder, relay, 5)
    feed, read = new_feed(), Read()
    said = read_watched(feed, places, store, read)
    assert sorted(set(read.sequences)) == list(range(1, 106))
    assert all(read.versions_of(person(number)) == sorted(read.versions_of(person(number))) for number in range(7))
    assert said[0] == "joins the readers of its topics"
    assert "pathways: its topic has forgotten facts that were not read; they are read from its store, 20 of 105" in said
    assert feed.problem is None
    recorder.record(person(1))
    read_through(feed, places, store, read)
    assert read.sequences[-1] == 106


def test_where_one_partition_has_forgotten_nothing_is_promised_past_its_hole(
    store: FactStore, recorder: Recorder, topics: Topics, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    published(recorder, relay, 60)
    forget(topics, [1])
    read = Read()
    read_watched(new_feed(), places, store, read)
    assert set(read.sequences) == set(range(1, 61))


def test_a_reader_that_stood_still_longer_than_the_topic_remembers_reads_on_from_where_it_was(
    store: FactStore, recorder: Recorder, topics: Topics, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    read = Read()
    published(recorder, relay, 40)
    first = new_feed()
    read_through(first, places, store, read)
    first.close()
    published(recorder, relay, 40)
    forget(topics)
    again = Read()
    read_until(new_feed(), places, lambda _: places.through(SERVICE) >= 80, again)
    assert sorted(again.sequences) == list(range(41, 81))


def test_a_place_beyond_the_end_of_a_topic_that_lost_records(
    store: FactStore, recorder: Recorder, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    published(recorder, relay, 30)
    first = new_feed()
    read_through(first, places, store)
    first.close()
    places.stored = {key: replace(place, offset=place.offset + 1_000) for key, place in places.stored.items()}
    feed = new_feed()
    recorder.record(person(1))
    read = read_through(feed, places, store)
    assert set(read.sequences) == {31}
    assert places.filled[SERVICE, 0].offset == 31


def test_a_topic_that_forgets_while_it_is_read(
    store: FactStore, recorder: Recorder, topics: Topics, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    feed, read = new_feed(), Read()
    published(recorder, relay, 10)
    read_through(feed, places, store, read)
    feed.reset()
    published(recorder, relay, 30)
    forget(topics)
    read_watched(feed, places, store, read)
    assert set(read.sequences) == set(range(1, 41))


def test_a_fill_that_was_interrupted_goes_on(
    store: FactStore, recorder: Recorder, topics: Topics, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    published(recorder, relay, 100)
    forget(topics)
    read = read_until(new_feed(), places, lambda read: len(read.facts) == 40)
    read_watched(new_feed(), places, store, read)
    assert sorted(read.sequences) == list(range(1, 101))


def test_two_readers_that_fill_at_once_bring_everything(
    store: FactStore, recorder: Recorder, topics: Topics, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    """Two groups on one database, as while an older version is still there: of each move one is refused."""
    published(recorder, relay, 100)
    forget(topics)
    read, feeds = Read(), [new_feed(), new_feed()]
    for turn in range(8):
        read_until(feeds[turn % 2], places, polls(3), read)
    read_watched(feeds[0], places, store, read)
    assert set(read.sequences) == set(range(1, 101))


def test_while_the_store_is_away_nothing_is_promised_and_it_is_said(
    store: FactStore, recorder: Recorder, topics: Topics, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    published(recorder, relay, 10)
    forget(topics)
    feed = new_feed(url=DEAD)
    read_until(feed, places, lambda _: "reached" in str(feed.problem))
    assert "the store of pathways (PARCOURS_PATHWAYS_DATABASE_URL or PARCOURS_DATABASE_URL) cannot be reached" in str(
        feed.problem
    )
    assert places.through(SERVICE) == 0
    feed.close()
    read = Read()
    read_watched(new_feed(), places, store, read)
    assert sorted(read.sequences) == list(range(1, 11))


def test_a_store_that_is_another_one_than_was_read_stops_the_fill(
    store: FactStore, recorder: Recorder, topics: Topics, relay: RunningRelay, places: Places, new_feed: NewFeed
) -> None:
    published(recorder, relay, 50)
    forget(topics)
    read_until(new_feed(), places, lambda read: len(read.facts) == 40)
    with store.connection() as connection:
        connection.execute("UPDATE pathways.facts SET topic = 'another' WHERE notification_id = 40")
    feed = new_feed()
    read = read_until(feed, places, lambda _: "another fact" in str(feed.problem))
    read_until(feed, places, polls(4), read)
    assert "holds another fact at 40 than the one that was read there" in str(feed.problem)
    assert (read.facts, places.through(SERVICE)) == ([], 0)


@pytest.mark.parametrize("part", [1, 7, 1_000])
def test_any_part_at_once(
    store: FactStore,
    recorder: Recorder,
    topics: Topics,
    relay: RunningRelay,
    places: Places,
    new_feed: NewFeed,
    part: int,
) -> None:
    published(recorder, relay, 21)
    forget(topics)
    read = Read()
    read_watched(new_feed(part=part), places, store, read)
    assert sorted(read.sequences) == list(range(1, 22))

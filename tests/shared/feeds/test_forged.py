"""Records that were never in the log of the service: kept as letters, never applied, and nothing waits for them."""

import json
from typing import Any

import pytest

from shared.kafka.publishing import headers_of, partition_of
from shared.kafka.topics import Topics
from shared.log.envelope import mark
from shared.log.seal import Seal
from shared.log.store import FactStore
from tests.shared.feeding import (
    PARTITIONS,
    SERVICE,
    Places,
    RunningRelay,
    id_of,
    produce,
    read_through,
    read_until,
)
from tests.shared.feeds.conftest import NewFeed
from tests.shared.recording import Recorder, person

KNOWN = 5
"""Facts recorded before anything is forged."""


def record(store: FactStore, subject: str = person(1), **changes: Any) -> dict[str, Any]:
    """As the relay publishes the first fact, key and headers too, but for what is changed in its envelope."""
    (entry,) = store.log(0, 1)
    envelope = json.loads(entry.wire) | {"subject": subject} | changes
    value = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()
    partition = partition_of(subject, PARTITIONS)
    return {"value": value, "key": subject.encode(), "headers": headers_of(entry), "partition": partition}


FORGED: dict[str, dict[str, Any]] = {
    "another id at a known place": {"id": "forged", "sequence": 2},
    "another subject at a known place": {"subject": person(77), "sequence": 2},
    "other content under the same id": {"data": {"started_on": "1999-01-01"}},
    "the next sequence, of somebody new": {"id": "forged", "sequence": KNOWN + 1, "subject": person(77)},
    "the next of a subject": {"id": "forged", "sequence": KNOWN + 1, "streamversion": 4},
    "a jump": {"id": "forged", "sequence": 1_000_000_000, "streamversion": 1_000},
    "the same fact under another sequence": {"sequence": 400, "streamversion": 400},
    "a type nobody knows": {"id": "forged", "sequence": KNOWN + 1, "type": "pathways.promoted.v1"},
}


@pytest.fixture
def recorded(recorder: Recorder, relay: RunningRelay) -> Recorder:
    recorder.record_many(KNOWN, persons=2)
    relay.wait_published(KNOWN)
    return recorder


def test_what_was_never_in_the_log_is_a_letter_and_nothing_waits(
    store: FactStore, recorded: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    produce(topics, *(record(store, **changes) for changes in FORGED.values()))
    recorded.record(person(1), person(77))
    feed = new_feed()
    read = read_through(feed, places, store)
    read_until(feed, places, lambda read: len(read.letters) == len(FORGED), read)
    assert sorted(read.sequences) == list(range(1, KNOWN + 3))
    assert {fact.id for fact in read.facts} == {f"action-{number}" for number in range(1, KNOWN + 3)}
    assert {letter.reason.partition(":")[0] for letter in read.letters} == {"not of the log"}
    assert "not of the log: pathways holds nothing at 1000000000" in [letter.reason for letter in read.letters]
    assert places.through(SERVICE) == store.last_sequence() == KNOWN + 2
    assert feed.problem is None


def test_whatever_is_on_a_topic_holds_nothing_up(
    store: FactStore, recorded: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    odd: list[dict[str, Any]] = [
        {"value": b"\x00" * 900_000, "partition": 0},
        {"value": None, "key": b"tombstone", "partition": 0},
        {"value": b"", "key": b"", "partition": 1},
        {"value": b"garbage", "headers": [("seal", b"\x00" * 16), ("seal", b"")], "partition": 2},
        record(store, sequence=-1),
        record(store, sequence=0),
        record(store, sequence=1 << 63),
        record(store, streamversion=0),
        record(store, subject="x" * 300),
        record(store) | {"value": b"[" * 100_000},
    ]
    produce(topics, *odd)
    recorded.record(person(1))
    feed = new_feed()
    read = read_until(feed, places, lambda read: len(read.letters) == len(odd))
    read_through(feed, places, store, read)
    assert sorted(read.sequences) == list(range(1, KNOWN + 2))
    assert feed.problem is None


def test_a_fact_of_the_log_is_taken_however_it_came(
    store: FactStore, recorded: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    """Copied by hand, without headers and key, into another partition; or by a relay of before seals."""
    entries = store.log(0, 10)
    produce(topics, *({"value": entry.wire, "partition": number % 3} for number, entry in enumerate(entries)))
    feed = new_feed()
    read = read_until(feed, places, lambda read: len(read.facts) == 2 * KNOWN)
    assert (set(read.sequences), read.letters) == (set(range(1, KNOWN + 1)), [])


@pytest.mark.parametrize("through", [KNOWN + 1, 1_000_000_000])
def test_a_mark_that_the_relay_never_made_promises_nothing(
    store: FactStore, recorded: Recorder, topics: Topics, places: Places, new_feed: NewFeed, through: int
) -> None:
    value = mark(SERVICE, through, id_of(topics), 1_000)
    produce(topics, *({"value": value, "partition": partition} for partition in range(PARTITIONS)))
    feed = new_feed()
    read = read_until(feed, places, lambda read: len(read.letters) == PARTITIONS)
    assert places.through(SERVICE) == KNOWN
    assert (len(places.ensured), read.letters[0].reason) == (
        PARTITIONS,
        f"not of the log: a mark up to {through}, which the relay of pathways has not reached",
    )


def test_a_seal_of_another_database_is_none(
    store: FactStore, recorded: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    """The relay of a copy of the database publishes to the same topic."""
    forged = record(store, id="forged", sequence=KNOWN + 1, subject=person(77))
    forged["headers"] = [("seal", Seal(b"another").of(forged["value"])), *forged["headers"]]
    produce(topics, forged)
    feed = new_feed()
    read = read_until(feed, places, lambda read: bool(read.letters))
    read_through(feed, places, store, read)
    assert sorted(read.sequences) == list(range(1, KNOWN + 1))


def test_only_a_log_that_says_otherwise_itself_stops_its_service(
    store: FactStore, recorded: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    """The reader keeps another fact at 2 than the log has: the feed looks, and reads no more of this service."""
    feed = new_feed()
    feed.doubt(SERVICE, [2])
    read = read_until(feed, places, lambda _: "says otherwise" in str(feed.problem))
    assert feed.problem == (
        "the store of pathways says otherwise than before at 2: it was restored from a backup, or it is another store."
        " Nothing more of pathways is read; docs/operations.md says how to go on"
    )
    assert places.through(SERVICE) == 0
    assert 2 not in read.sequences


def test_what_was_changed_in_the_store_since_it_was_published_is_no_forgery(
    store: FactStore, recorded: Recorder, topics: Topics, places: Places, new_feed: NewFeed
) -> None:
    """As an erasure does, in the store and here: what the topic still holds of before is passed over, and kept nowhere."""
    with store.connection() as connection:
        connection.execute(
            "UPDATE pathways.facts SET state = convert_to(replace(convert_from(state, 'UTF8'), '\"data\":{',"
            " '\"data\":{\"x\":1,'), 'UTF8') WHERE notification_id = 2"
        )
    feed = new_feed()
    feed.doubt(SERVICE, [2])
    read = read_through(feed, places, store)
    assert (sorted(read.sequences), read.letters, feed.problem) == ([1, 3, 4, 5], [], None)

"""Topics compared with their stores, on a real broker: each record that is none of the log is named, and what retention
took is no difference."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from shared.kafka.comparing import compare_topic
from shared.kafka.publishing import Publisher, headers_of, partition_of
from shared.kafka.relay_position import RelayPosition, Saved
from shared.kafka.republish import republish
from shared.kafka.topics import Topics
from shared.log.entries import LogEntry
from shared.log.envelope import mark
from shared.log.store import FactStore
from tests.shared.feeding import PARTITIONS, SERVICE, id_of
from tests.shared.recording import Recorder, person

FACTS = 60


@pytest.fixture
def filled(store: FactStore, recorder: Recorder, topics: Topics) -> list[LogEntry]:
    """The topic as a relay leaves it."""
    recorder.record_many(FACTS, persons=12)
    entries = store.log(0, FACTS)
    publish(store, topics, [entries])
    return entries


def publish(store: FactStore, topics: Topics, parts: Sequence[Sequence[LogEntry]], through: int = FACTS) -> None:
    """Each part behind a mark for what came before, and one at the end; the relay's position is there."""
    topics.ensure([SERVICE])
    publisher = Publisher(topics.bootstrap, topics.name(SERVICE), SERVICE, id_of(topics))
    for entries in parts:
        publisher.send(entries)
        publisher.flush(lambda: None)
        publisher.mark(entries[-1].sequence)
    publisher.flush(lambda: None)
    publisher.close()
    position = RelayPosition(SERVICE, topics.name(SERVICE))
    with store.connection() as connection:
        position.create(connection)
        position.insert(connection, Saved(id_of(topics), through))


def send(topics: Topics, partition: int, key: bytes | None, value: bytes, headers: Any = ()) -> int:
    """Where it lies."""
    with closing(KafkaProducer(bootstrap_servers=topics.bootstrap)) as producer:
        sent = producer.send(topics.name(SERVICE), value, key, headers=list(headers), partition=partition)
        return int(sent.get(timeout=30).offset)


def test_what_was_published_is_alike_also_twice(
    store: FactStore, recorder: Recorder, topics: Topics, filled: list[LogEntry]
) -> None:
    republish(store, topics, subject=person(3))
    recorder.record_many(20)  # not published yet
    found = compare_topic(topics, store)
    assert (found.first, found.notes, found.facts) == ([], [], FACTS)
    assert found.records == sum(end for _, end in topics.ranges(SERVICE).values())


def test_forged_records_are_named_with_their_places(store: FactStore, topics: Topics, filled: list[LogEntry]) -> None:
    entry = next(entry for entry in filled[4:] if partition_of(entry.subject, PARTITIONS) != PARTITIONS - 1)
    place, key, headers = partition_of(entry.subject, PARTITIONS), entry.subject.encode(), headers_of(entry)
    forged = {
        ("changed", "value"): (place, key, entry.wire.replace(b'"id":"', b'"id":"x'), headers),
        ("changed", "key"): (place, b"person/other", entry.wire, headers),
        ("changed", "partition"): (PARTITIONS - 1, key, entry.wire, headers),
        ("changed", "header ce_type"): (place, key, entry.wire, [*headers, ("ce_type", b"pathways.hired.v1")]),
        ("changed", "header sequence"): (place, key, entry.wire, []),
        ("surplus", "forged"): (place, key, entry.wire.replace(b'{"sequence":', b'{"sequence":1000000'), headers),
        ("surplus", "no readable envelope"): (place, key, b"{}", headers),
        ("surplus", "a mark through"): (place, None, mark(SERVICE, 10**9, id_of(topics)), []),
    }
    where = {(record[0], send(topics, *record)): wanted for wanted, record in forged.items()}
    found = compare_topic(topics, store)
    assert {(one.key["partition"], one.key["offset"]): one.kind for one in found.first} == {
        place: kind for place, (kind, _) in where.items()
    }
    for one in found.first:
        _, text = where[one.key["partition"], one.key["offset"]]
        assert text in one.reason or text in one.columns
    assert compare_topic(topics, store, subjects=[person(11)]).differences == 1  # the mark is of nobody and of all


def test_what_was_published_and_is_not_there_is_missing(store: FactStore, recorder: Recorder, topics: Topics) -> None:
    recorder.record_many(FACTS, persons=12)
    entries = store.log(0, FACTS)
    publish(store, topics, [entries[:30] + entries[31:]])
    (lost,) = compare_topic(topics, store).first
    assert (lost.kind, lost.key, lost.subject) == ("missing", {"sequence": 31}, entries[30].subject)
    assert compare_topic(topics, store, subjects=[person(1)]).first == []


def test_what_retention_took_is_told_and_no_difference(store: FactStore, recorder: Recorder, topics: Topics) -> None:
    recorder.record_many(FACTS, persons=12)
    entries = store.log(0, FACTS)
    publish(store, topics, [entries[:30], entries[30:45], entries[45:55] + entries[56:]])
    forget(topics, dict.fromkeys(range(PARTITIONS), 8))
    found = compare_topic(topics, store)
    assert [one.key for one in found.first] == [{"sequence": 56}]
    assert "retention took the beginning of partition 0, 1, 2" in found.notes[0]
    forget(topics, {number: end for number, (_, end) in topics.ranges(SERVICE).items()})
    found = compare_topic(topics, store)
    assert (found.first, "facts up to the end" in found.notes[0]) == ([], True)


def forget(topics: Topics, before: dict[int, int]) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=topics.bootstrap)) as client:
        client.delete_records({TopicPartition(topics.name(SERVICE), number): at for number, at in before.items()})


def test_a_topic_that_no_relay_filled_is_told(store: FactStore, topics: Topics) -> None:
    topics.ensure([SERVICE])
    found = compare_topic(topics, store)
    assert (found.differences, "no relay has filled it yet" in found.notes[0]) == (0, True)

"""The publisher beside the client's own `send`, which it goes around."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaProducer

from shared.kafka.publishing import Publisher, headers_of, partition_of
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from shared.process.unavailable import UnavailableError
from tests.parts.waiting import wait_until
from tests.shared.feeding import PARTITIONS, SERVICE, delete, id_of, topics_at
from tests.shared.recording import Recorder, person
from tests.shared.topic_records import records_of

FACTS = 3_000


@pytest.fixture
def publisher(topics: Topics) -> Iterator[Publisher]:
    topics.ensure([SERVICE])
    one = Publisher(topics.bootstrap, topics.name(SERVICE), SERVICE, id_of(topics))
    yield one
    one.abandon()


def _nothing() -> None:
    pass


def test_each_partition_holds_the_records_that_the_clients_own_send_makes(
    store: FactStore, recorder: Recorder, topics: Topics, topic_prefix: str, publisher: Publisher
) -> None:
    recorder.record_many(FACTS, persons=40)
    entries = store.log(0, FACTS)
    publisher.send(entries)
    publisher.flush(_nothing)
    with closing(topics_at(topics.bootstrap, f"{topic_prefix}-plain")) as plain:
        plain.ensure([SERVICE])
        with closing(KafkaProducer(bootstrap_servers=topics.bootstrap)) as producer:
            for entry in entries:
                producer.send(
                    plain.name(SERVICE),
                    key=entry.subject.encode(),
                    value=entry.wire,
                    headers=headers_of(entry),
                    partition=partition_of(entry.subject, PARTITIONS),
                )
            producer.flush()
        assert _content(topics) == _content(plain)
        assert sum(map(len, _content(plain).values())) == FACTS


def test_a_topic_made_again_with_fewer_partitions_takes_nothing_more(
    store: FactStore, recorder: Recorder, topics: Topics, topic_prefix: str, publisher: Publisher
) -> None:
    recorder.record(*(person(number) for number in range(20)))
    entries = store.log(0, 20)
    delete(topics)
    with closing(Topics(topics.bootstrap, topic_prefix, partitions=1)) as again:
        again.ensure([SERVICE])

    def is_refused() -> bool:
        try:
            publisher.send(entries)
        except UnavailableError:
            return True
        return False

    wait_until(is_refused, "the publisher refuses")


def _content(topics: Topics) -> dict[int, list[tuple[int, bytes, bytes, list[tuple[str, bytes]]]]]:
    return {
        number: [(one.offset, one.key, one.value, list(one.headers)) for one in records]
        for number, records in records_of(topics).partitions.items()
    }

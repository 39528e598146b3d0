"""What was published of somebody forgotten is found in the topics, wherever in a record it stands, with the day it is gone by."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from parcours.proving import Place
from parcours.proving_topics import FOR_EVER, in_topics
from shared.facts.fact import paris_day
from shared.kafka.topics import Topics

KEPT_DAYS = 30
ROLLED_AFTER = timedelta(days=7)
"""Kafka's own setting, which ours leaves."""


@pytest.fixture
def topics(kafka: str, topic_prefix: str) -> Iterator[Topics]:
    with closing(Topics(kafka, topic_prefix, partitions=3, retention_days=KEPT_DAYS)) as one:
        one.ensure(["pathways", "agrement"])
        yield one


def publish(topics: Topics, service: str, *records: tuple[bytes, bytes, bytes]) -> None:
    with closing(KafkaProducer(bootstrap_servers=topics.bootstrap)) as producer:
        for place, (key, header, value) in enumerate(records):
            producer.send(
                topics.name(service), value=value, key=key, headers=[("ce_id", header)], partition=place % 3
            ).get(30)


def found(topics: Topics, *texts: str) -> list[Place]:
    return list(in_topics(topics, set(texts)))


def test_a_word_is_found_in_key_header_and_value_and_none_that_is_part_of_another(topics: Topics) -> None:
    days = {paris_day(datetime.now(UTC))}
    others = [(b"person/1", f"hire-1{place}".encode(), b'{"id":"rehire-1"}') for place in range(2_500)]
    publish(
        topics, "pathways", *others, (b"hire-1", b"x", b"{}"), (b"k", b"hire-2", b"{}"), (b"k", b"x", b'{"a":"hire-3"}')
    )
    publish(topics, "agrement", *others[:3])
    (place,) = found(topics, "hire-1", "hire-2", "hire-3", "hire-4")
    days.add(paris_day(datetime.now(UTC)))
    assert (place.kind, place.where, place.texts) == ("topic", topics.name("pathways"), 3)
    assert place.until in {(day + timedelta(days=KEPT_DAYS) + ROLLED_AFTER).isoformat() for day in days}
    assert [one.texts for one in found(topics, "hire-3")] == [1]
    assert found(topics, "hire-4", "hire") == []
    # Made anew it has nothing of what was.
    topics.delete("pathways")
    assert found(topics, "hire-1") == []


@pytest.mark.filterwarnings("ignore:unclosed .socket:ResourceWarning")
def test_what_is_kept_without_end_is_told_so_and_what_cannot_be_read_too(
    topics: Topics, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(
        logging.CRITICAL + 1, "kafka"
    )  # its records would keep frames, and refused sockets, for later tests
    publish(topics, "pathways", (b"k", b"x", b'"hire-1"'))
    with closing(KafkaAdminClient(bootstrap_servers=topics.bootstrap)) as admin:
        name = topics.name("pathways")
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": "-1"})])
    (place,) = found(topics, "hire-1")
    assert place.until == FOR_EVER
    with closing(Topics("127.0.0.1:1", topics.prefix)) as away:
        assert [(one.kind, one.texts) for one in found(away, "hire-1")] == [("topic", None)] * 3
    gc.collect()  # the client leaves refused sockets to it

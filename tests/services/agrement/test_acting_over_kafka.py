"""The same over a real Kafka: each service's topic, several partitions, read again from zero."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from services.agrement import main as agrement
from shared.feeds.kafka_feed import KafkaFeed
from shared.histories.database import HistoryDatabase
from shared.histories.places import applied
from shared.reacting.knowledge import reader_database
from tests.parts.waiting import wait_until
from tests.services.agrement.suite import MakeFeed, Suite, a_void
from tests.shared.feeding import running_relay, topics_at


def over_kafka(kafka: str, prefix: str, stack: ExitStack) -> MakeFeed:
    def make(database: HistoryDatabase) -> KafkaFeed:
        topics = topics_at(kafka, prefix)
        stack.callback(topics.close)
        return KafkaFeed(topics, agrement.service().reads, f"{prefix}-reading", *database.places_of("kafka"))

    return make


def wait_acted(suite: Suite) -> None:
    """Until everything recorded now, the effects of it too, has been acted upon."""
    database = reader_database(suite.url, "agrement")

    def is_done() -> bool:
        with database.connection() as connection:
            found = applied(connection, "kafka")
        return all(
            found.get(name, 0) >= suite.services[name].store.last_sequence() for name in agrement.service().reads
        )

    wait_until(is_done, "everything has been acted upon", 40)
    database.close()


@pytest.mark.timeout(600)
def test_acted_upon_in_two_processes_and_read_again_from_zero(suite: Suite, kafka: str, topic_prefix: str) -> None:
    persons = [f"p{place}" for place in range(12)]
    with ExitStack() as stack:
        suite.make_feed = over_kafka(kafka, topic_prefix, stack)
        for name in agrement.service().reads:
            stack.enter_context(running_relay(suite.store(name), topics_at(kafka, topic_prefix)))
        suite.registered("A")
        for person in persons:
            suite.granted(person)
            suite.hired(person, "A", "2026-01-01")
            gone = suite.hired(person, "late", "2026-03-01")
            suite.post(a_void(gone))
            suite.hired(person, "late", "2026-04-01")
        with suite.acting(many=2):
            wait_acted(suite)
            suite.registered("late", "EI")
            wait_acted(suite)
        for person in persons:
            assert [one["starts_on"] for one in suite.standing(person, "hire_linked")] == ["2026-01-01", "2026-04-01"]
        before = suite.log()
        suite.execute("DROP SCHEMA agrement_reading CASCADE")
        with suite.acting():
            wait_until(lambda: suite.execute("SELECT to_regclass('agrement_reading.reconciled')") != [(None,)], "made")
            wait_acted(suite)
        assert suite.log() == before
        assert suite.execute("SELECT subject FROM agrement_reading.subjects WHERE error IS NOT NULL") == []

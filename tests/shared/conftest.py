"""A store of facts and the topics beside it."""

from collections.abc import Iterator

import pytest

from shared.kafka.topics import Topics
from shared.log.store import FactStore
from tests.shared.feeding import SERVICE, topics_at
from tests.shared.recording import Recorder


@pytest.fixture
def store(database_url: str) -> Iterator[FactStore]:
    one = FactStore(database_url, SERVICE)
    one.create()
    yield one
    one.close()


@pytest.fixture
def recorder(store: FactStore) -> Recorder:
    return Recorder(store)


@pytest.fixture
def topics(kafka: str, topic_prefix: str) -> Iterator[Topics]:
    """For looking at; a relay and a feed have their own."""
    one = topics_at(kafka, topic_prefix)
    yield one
    one.close()


@pytest.fixture
def own(kafka: str, topic_prefix: str) -> Topics:
    """For the one relay or feed of a test, which closes it."""
    return topics_at(kafka, topic_prefix)

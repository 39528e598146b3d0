"""Feeds of topics, with a relay and the stores behind them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count

import pytest

from shared.feeds.kafka_feed import KafkaFeed
from shared.feeds.origin import Origin
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from tests.shared.feeding import SERVICE, Places, RunningRelay, running_relay, topics_at

NewFeed = Callable[..., KafkaFeed]


@pytest.fixture
def places() -> Places:
    return Places()


@pytest.fixture
def relay(store: FactStore, own: Topics) -> Iterator[RunningRelay]:
    with running_relay(store, own) as running:
        yield running


@pytest.fixture
def new_feed(kafka: str, topic_prefix: str, store: FactStore, places: Places) -> Iterator[NewFeed]:
    """Each in a group of its own, on the same places. `url`: of the store that is asked; `part`: facts taken at once."""
    numbers = count(1)
    with ExitStack() as stack:

        def new(url: str = store.database_url, part: int = 20) -> KafkaFeed:
            one = KafkaFeed(
                topics_at(kafka, topic_prefix),
                [SERVICE],
                f"{topic_prefix}-group-{next(numbers)}",
                places.load,
                places.ensure,
                origin=Origin({SERVICE: url}, places.load_filled, places.ensure_filled, part=part),
                topic_check_s=0.5,
            )
            return stack.enter_context(closing(one))

        yield new

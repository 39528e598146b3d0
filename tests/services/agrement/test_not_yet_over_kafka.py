"""Where only Kafka can be asked how far another service has come: a hire and then at once a suspension."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx2
import pytest

from services.agrement import main as agrement
from shared.intake.write_service import Surroundings
from shared.process.metrics import Metrics
from shared.reacting.outlook import KafkaEnds, StoreEnds
from shared.web.callers import LocalCallers
from shared.web.serving import Suite as Served
from tests.services.agrement.suite import Suite, suite_on
from tests.services.agrement.test_acting_over_kafka import over_kafka, wait_acted
from tests.services.agrement.test_not_yet import a_suspension
from tests.services.scenario import uid
from tests.shared.feeding import RunningRelay, running_relay, topics_at
from tests.shared.intake.running import over_http


@dataclass
class Published:
    """What is recorded, and the relays that publish it."""

    suite: Suite
    relays: dict[str, RunningRelay]

    def wait(self) -> None:
        """Until what was recorded is in the topics: only they tell how much there is to wait for."""
        for name, relay in self.relays.items():
            relay.wait_published(self.suite.services[name].store.last_sequence())


@pytest.fixture
def published(database_url: str, kafka: str, topic_prefix: str) -> Iterator[Published]:
    """Structures A and B are known to agrement; nothing acts."""
    with suite_on(database_url) as suite, ExitStack() as stack:
        suite.make_feed = over_kafka(kafka, topic_prefix, stack)
        relays = {
            name: stack.enter_context(running_relay(suite.store(name), topics_at(kafka, topic_prefix)))
            for name in agrement.service().reads
        }
        suite.registered("A")
        suite.registered("B")
        with suite.acting():
            wait_acted(suite)
        yield Published(suite, relays)


@pytest.fixture
def alone(published: Published, kafka: str, topic_prefix: str) -> Iterator[httpx2.Client]:
    """agrement without another service's database at hand."""
    ends = KafkaEnds(topics_at(kafka, topic_prefix), StoreEnds({"agrement": published.suite.url}))
    # Longer than in production: shown is that it waits for what comes, not how fast a loaded machine brings it.
    around = Surroundings(published.suite.url, LocalCallers(), Metrics(), look_s=30.0)
    service = agrement.service().create(around, feed="kafka", ends=ends)
    service.start()
    try:
        with (
            over_http(Served({"agrement": service.app}, Metrics())) as url,
            httpx2.Client(base_url=url, timeout=60) as client,
        ):
            yield client
    finally:
        service.stop()


@pytest.mark.timeout(300)
def test_a_hire_then_at_once_a_suspension(published: Published, alone: httpx2.Client) -> None:
    """An ordinary decision, either way: recorded, or refused with what was looked at."""
    suite = published.suite
    with suite.acting():
        for number in range(5):
            suite.granted(person := f"person {number}")
            suite.hired(person, "A", "2026-01-10")
            published.wait()
            answer = alone.post("/agrement/v1/events", json=a_suspension(person))
            assert answer.status_code == 201, answer.text
        suite.granted("b")
        suite.hired("b", "A", "2026-01-10")
        published.wait()
        problem = alone.post("/agrement/v1/events", json=a_suspension("b", "B")).json()
        assert (problem["code"], problem["last_structure_id"]) == ("not_the_last_employer", str(uid("A")))
        assert problem["looked_at"]["pathways"] == suite.services["pathways"].store.last_sequence()

"""Everything verified, rows, stores and topics, while facts are posted and a rebuild is promoted: no false alarm."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from random import Random
from uuid import uuid4

import httpx2
import pytest

from parcours.demo.story import generate
from parcours.verification import Scope, Verification, run_step
from services.projections.read_sets import building
from services.projections.read_sets.recipe import Recipe
from shared.log.comparison import Difference
from shared.process.settings import Settings
from tests.end_to_end.test_same_rows import suite, wait_applied
from tests.parts import kafka_tiers

SERVICES = ("structures", "pathways", "placements")
PERSONS = 25
PIECE = 40
"""Lines of one request."""


@pytest.fixture
def settings(kafka: str, database_url: str) -> Iterator[Settings]:
    prefix = f"test-{uuid4().hex[:8]}"
    yield Settings(database_url=database_url, kafka_bootstrap=kafka, topic_prefix=prefix, topic_partitions=3)
    kafka_tiers.remove_topics(kafka, prefix)


def pieces() -> list[tuple[str, bytes]]:
    """Of some people of the demonstration, shuffled: hours before the hire they belong to."""
    events = [event for event in generate() if event["type"].partition(".")[0] in SERVICES]
    persons = sorted({event["subject"] for event in events if event["subject"].startswith("person/")})[:PERSONS]
    chosen = [event for event in events if event["subject"] in persons or not event["subject"].startswith("person/")]
    Random(7).shuffle(chosen)
    found: list[tuple[str, bytes]] = []
    for service in SERVICES:
        lines = [json.dumps(event) for event in chosen if event["type"].partition(".")[0] == service]
        found += [(service, "\n".join(lines[start : start + PIECE]).encode()) for start in range(0, len(lines), PIECE)]
    Random(8).shuffle(found)
    return found


def verified(settings: Settings) -> list[Difference]:
    with ExitStack() as stack:
        verification = Verification(settings, settings.database_url_of, stack)
        return [one for step in verification.steps(Scope(topics=True)) for one in run_step(step).first]


def test_no_false_alarm(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = {
        "PARCOURS_KAFKA_BOOTSTRAP": str(settings.kafka_bootstrap),
        "PARCOURS_TOPIC_PREFIX": settings.topic_prefix,
        "PARCOURS_TOPIC_PARTITIONS": str(settings.topic_partitions),
    }
    url = settings.database_url_of("projections")
    with suite(tmp_path_factory.mktemp("suite"), url, **environment) as client:
        posted, failures = threading.Event(), []

        def post() -> None:
            try:
                for service, body in pieces():
                    answer = client.post(
                        f"/{service}/v1/events", content=body, headers={"Content-Type": "application/x-ndjson"}
                    )
                    assert answer.status_code == 200, answer.text
            except BaseException as error:
                failures.append(error)
            finally:
                posted.set()

        def promote() -> None:
            building.promote(url, building.rebuild(url, None, Recipe.of(settings)).name, Recipe.of(settings))

        threads = [threading.Thread(target=post), threading.Thread(target=promote)]
        for thread in threads:
            thread.start()
        rounds = 0
        while not posted.is_set() or threads[1].is_alive() or rounds < 2:
            assert verified(settings) == []
            rounds += 1
        for thread in threads:
            thread.join()
        assert failures == []
        wait_applied(client)
        assert verified(settings) == []
        assert facts(client) > 500


def facts(client: httpx2.Client) -> int:
    return sum(client.get("/projections/v1/positions").json()["positions"].values())

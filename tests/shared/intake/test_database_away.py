"""The database stopped, frozen, killed: a quick 503, nothing answered that is not kept, and back to work by itself."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.parts.postgres import OwnPostgres
from tests.parts.waiting import wait_until
from tests.shared.intake.running import BATCH, LINES, PATH, Served, a_service, lines, new_event, new_subject, served


@pytest.fixture
def harmed(own_postgres: OwnPostgres) -> Iterator[Served]:
    with served(a_service(own_postgres.url)) as running:
        running.post(new_event())
        yield running
        own_postgres.resume()


def is_soon_unavailable(ask: Any) -> None:
    """Answered while the database is away or frozen: soon, since it was not waited for."""
    answer = ask()
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["code"] == "unavailable"
    assert answer.headers["content-type"] == "application/problem+json"


def everything_is_soon_unavailable(running: Served) -> None:
    asked = [
        lambda: running.post([new_event(), new_event()], BATCH),
        lambda: running.post([new_event(), new_event()], BATCH, atomic="true"),
        lambda: running.post(lines(new_event()), LINES),
        lambda: running.client.get(PATH, headers={"After-Position": "tests:1"}),
        *[lambda: running.post(new_event())] * 40,
        *[lambda: running.client.get(PATH)] * 20,
    ]
    with ThreadPoolExecutor(len(asked)) as many:
        for _ in many.map(is_soon_unavailable, asked):
            pass
    readiness = running.client.get("/readyz")
    assert (readiness.status_code, readiness.json()["checks"]) == (503, {"tests": "database unreachable"})
    assert running.client.get("/healthz").status_code == 200


def recovers(running: Served, sent: dict[str, Any]) -> None:
    """By itself, within seconds; what was told 503 may or may not be recorded, and may be sent again."""
    wait_until(lambda: running.post(sent).status_code in (200, 201), "recording goes on", 10)
    wait_until(lambda: running.client.get("/readyz").status_code == 200, "it is ready again", 10)
    wait_until(lambda: running.client.get(PATH).status_code == 200, "the log is read again", 10)


def test_stopped_and_started_again(own_postgres: OwnPostgres, harmed: Served) -> None:
    own_postgres.stop()
    sent = new_event()
    is_soon_unavailable(lambda: harmed.post(sent))
    everything_is_soon_unavailable(harmed)
    own_postgres.start()
    recovers(harmed, sent)
    assert harmed.ids_of(sent["subject"]) == [sent["id"]]


def test_frozen_and_thawed(own_postgres: OwnPostgres, harmed: Served) -> None:
    own_postgres.pause()
    sent = new_event()
    is_soon_unavailable(lambda: harmed.post(sent))
    everything_is_soon_unavailable(harmed)
    own_postgres.resume()
    recovers(harmed, sent)
    assert harmed.ids_of(sent["subject"]) == [sent["id"]]


def test_a_frozen_database_does_not_keep_a_service_from_stopping(own_postgres: OwnPostgres) -> None:
    service = a_service(own_postgres.url)
    with served(service) as running:
        running.post(new_event())
        own_postgres.pause()
        is_soon_unavailable(lambda: running.post(new_event()))
        is_soon_unavailable(lambda: running.client.get(PATH))
    # Stopped, and the database still frozen: it was not waited for.
    wait_until(lambda: not threads_of_the_store(), "no thread waits for the database", 5)


def threads_of_the_store() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith(("writer-tests", "store-tests"))]


def test_killed_while_it_commits(own_postgres: OwnPostgres, harmed: Served) -> None:
    """Whatever was answered 2xx is there once after the server's recovery, whatever was not may be sent again."""
    accepted: list[str] = []
    unanswered: list[dict[str, Any]] = []
    subjects = [new_subject() for _ in range(10)]
    stop = threading.Event()

    def client() -> None:
        with httpx2.Client(base_url=harmed.url, timeout=30) as mine:
            while not stop.is_set():
                sent = new_event(subject=subjects[len(accepted) % 10])
                status = mine.post(PATH, json=sent).status_code
                if status == 201:
                    accepted.append(sent["id"])
                else:
                    assert status == 503
                    unanswered.append(sent)

    threads = [threading.Thread(target=client) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            wait_for_more(accepted)
            own_postgres.kill()
            own_postgres.start()
        wait_for_more(accepted)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert unanswered
    for sent in unanswered:
        assert harmed.post(sent).status_code in (200, 201)
        accepted.append(sent["id"])
    recorded = [name for subject in subjects for name in harmed.ids_of(subject)]
    assert Counter(recorded) == Counter(accepted)


def wait_for_more(recorded: list[str]) -> None:
    seen = len(recorded)
    wait_until(lambda: len(recorded) > seen + 50, "events are recorded", 20)

"""Every write service has the limits that keep others served, since all are put together by the same function."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from services.projections.catalogue import CATALOGUE
from shared.intake.body_room import MOST_BYTES
from shared.intake.events_routes import MAX_BATCH_BYTES, MAX_BATCH_ITEMS
from shared.intake.incoming import MAX_EVENT_BYTES, read_event
from shared.intake.openapi import event_example
from shared.intake.queue import Job
from shared.log.entries import NewFact
from shared.log.streams import LONG_FACTS
from shared.process.settings import SERVICES
from tests.parts.postgres import fresh_database
from tests.shared.intake.running import BATCH, Served, answered, asked_again, served
from tests.shared.intake.serve_one import BUILDERS, real_service

SOMEBODY_ELSE = "00000000-0000-4000-8000-00000000{:04}"


@pytest.fixture(scope="module", params=sorted(BUILDERS))
def service(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service(request.param, url, look_s=0.0)) as running:
        yield running


def example(running: Served, subject: int, **changes: Any) -> dict[str, Any]:
    """The first of the service's facts, about somebody with a number."""
    name = running.service.name
    said = event_example(next(fact for kind, fact in CATALOGUE.facts.items() if kind.startswith(f"{name}.")))
    about = f"{said['subject'].partition('/')[0]}/{SOMEBODY_ELSE.format(subject)}"
    return {**said, "subject": about, "id": f"{name}-{subject}", **changes}


def test_all_write_services_are_asked() -> None:
    assert set(BUILDERS) == set(SERVICES) - {"projections", "identities"}


def test_sizes(service: Served) -> None:
    too_large = service.post(b'"' + b"x" * MAX_EVENT_BYTES + b'"')
    assert (too_large.status_code, too_large.json()["limit_bytes"]) == (413, MAX_EVENT_BYTES)
    too_large = service.post(b"[" + b" " * MAX_BATCH_BYTES, BATCH)
    assert (too_large.status_code, too_large.json()["limit_bytes"]) == (413, MAX_BATCH_BYTES)
    too_many = service.post(b"[" + b"{}," * MAX_BATCH_ITEMS + b"{}]", BATCH)
    assert (too_many.status_code, too_many.json()["limit_items"]) == (413, MAX_BATCH_ITEMS)


def test_large_bodies_have_so_much_room_together(service: Served) -> None:
    large = json.dumps([example(service, 1)]).encode() + b" " * MAX_EVENT_BYTES
    with service.service.intake.body_room.place() as take:
        take(MOST_BYTES)
        refused = service.post(large, BATCH)
        assert (refused.status_code, refused.json()["reason"]) == (503, "overloaded")
        assert asked_again(lambda: service.post(example(service, 1)))[-1].status_code < 500
    answered(lambda: service.post(large, BATCH), 200)


@pytest.fixture(scope="module")
def long(service: Served) -> dict[str, Any]:
    """A fact about a subject of which the service has many."""
    said = example(service, 2)
    one = read_event(said, False, CATALOGUE, service.service.store.now())
    for first in range(1, LONG_FACTS + 1_000, 1_000):
        service.service.store.record(
            [
                NewFact(one.fact.changed(id=f"old-{number}", streamversion=number), one.data, one.digest)
                for number in range(first, first + 1_000)
            ]
        )
    return said


def test_long_questions_are_asked_in_a_thread_of_their_own(service: Served, long: dict[str, Any]) -> None:
    def check(said: dict[str, Any]) -> httpx2.Response:
        with httpx2.Client(base_url=service.url, timeout=600) as client:
            path = f"/{service.service.name}/v1/check"
            return answered(lambda: client.post(path, json=said), 200)

    is_open = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        service.service.intake.long_questions._thread.submit(is_open.wait, 600)
        try:
            asked = pool.submit(check, long)
            for number in range(3, 8):
                check(example(service, number))
            assert not asked.done()
        finally:
            is_open.set()
        assert asked.result().status_code == 200


def test_what_is_about_a_long_subject_is_recorded_beside_the_others(
    service: Served, long: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = service.service.writer._lane
    put, beside = lane.put, list[str]()

    def noted(job: Job, subjects: set[str]) -> None:
        beside.extend(subjects)
        put(job, subjects)

    monkeypatch.setattr(lane, "put", noted)
    for said in (long, example(service, 9)):
        assert asked_again(lambda: service.post(said))[-1].status_code < 500  # noqa: B023
    assert set(beside) == {long["subject"]}

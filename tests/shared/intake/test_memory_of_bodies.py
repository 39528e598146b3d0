"""What a request held is let go when it ends, however that is, and not by the collector of cycles: where much is held for
long its full passes are seldom, and large bodies would wait for them by the hundred megabytes."""

from __future__ import annotations

import gc
import socket
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from shared.intake.events_routes import MAX_BATCH_ITEMS
from shared.intake.incoming import Incoming
from shared.intake.outcome import Outcome
from shared.intake.queue import Job
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.shared.events import event
from tests.shared.intake.running import BATCH, Served, a_service, new_subject, served

TIMES = 8
MOST_LEFT = 3.0
"""Of the sizes of one body: what was read last may still be held by a thread that waits for more."""
OF_A_REQUEST = (RequestResponseCycle, Job, Incoming, Outcome)


@pytest.fixture(scope="module")
def service(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(a_service(url)) as running:
        yield running


def head(running: Served, length: int) -> bytes:
    return (
        f"POST {running.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/cloudevents-batch+json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def answer(running: Served, body: bytes) -> bytes:
    where = urlsplit(running.url)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        connection.sendall(head(running, len(body)) + body)
        found = b""
        while part := connection.recv(65_536):
            found += part
    return found


def left(running: Served, body: bytes) -> None:
    """Gone before the answer is there."""
    where = urlsplit(running.url)
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        connection.sendall(head(running, len(body)) + body)


def held_after(service: Served, send: Callable[[], object]) -> int:
    """Bytes that are held after TIMES of it, more than after the first."""
    room = service.service.intake.body_room
    send()
    wait_until(lambda: room.held == 0, "the first is over")
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(TIMES):
            send()
            wait_until(lambda: room.held == 0, "it is over")
        # What runs beside the event loop in their order has come to its end once this has.
        service.service.intake.reader.submit(int).result(60)
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        gc.enable()


SMALL = b'{"a": "%b"}' % (b"a" * 60)
TOO_MANY = b"[" + b",".join([SMALL] * 2 * MAX_BATCH_ITEMS) + b"]"
NO_JSON = b"[" + b" " * len(TOO_MANY)


@pytest.mark.parametrize(("body", "status"), [(TOO_MANY, 413), (NO_JSON, 422)], ids=["too many items", "no JSON"])
def test_one_that_is_refused(service: Served, body: bytes, status: int) -> None:
    assert answer(service, body).startswith(b"HTTP/1.1 %d " % status)
    assert held_after(service, lambda: answer(service, body)) < MOST_LEFT * len(body)


def test_one_whose_sender_left(service: Served) -> None:
    assert held_after(service, lambda: left(service, TOO_MANY)) < MOST_LEFT * len(TOO_MANY)


def alive() -> Counter[str]:
    return Counter(type(held).__name__ for held in gc.get_objects() if type(held) in OF_A_REQUEST)


def opened(**changes: object) -> dict[str, object]:
    """About nobody else, under an id of its own."""
    subject = new_subject()
    return event(subject=subject, id=subject, **changes)


TOLD: dict[str, tuple[Callable[[], object], dict[str, str]]] = {
    "recorded": (opened, {}),
    "refused": (lambda: opened(data={"starts_on": "2024-01-01", "hours": 2000}), {}),
    "malformed": (lambda: opened(colour="blue"), {}),
    "a batch": (lambda: [opened(), opened(colour="blue")] * 10, BATCH),
}


@pytest.mark.parametrize("kind", TOLD)
def test_nothing_of_an_ordinary_request_waits_for_the_collector(service: Served, kind: str) -> None:
    body, headers = TOLD[kind]
    assert service.post(body(), headers).status_code < 500
    gc.collect()
    gc.disable()
    try:
        before = alive()
        for _ in range(TIMES):
            service.post(body(), headers)
        # Uvicorn keeps the last one of the connection; threads may be at the end of what they do.
        wait_until(lambda: (alive() - before).total() < TIMES, "they are let go")
    finally:
        gc.enable()

"""A process of a write service whom many clients mean ill: an ordinary one is served throughout, in bounded memory."""

from __future__ import annotations

import json
import resource
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx2
import pytest

from benchmarks.peaks import peak_of
from shared.log.store import FactStore
from tests.parts.ports import free_port
from tests.parts.processes import Processes
from tests.parts.waiting import wait_until
from tests.shared.intake.running import BATCH, PATH, PATIENCE, SERVICE, is_unavailable, new_event, new_subject
from tests.shared.intake.test_long_questions import fact_of
from tests.shared.web.test_http_protocol import send_all_that_is_taken

MIB = 1024 * 1024
MOST_MIB = 600
MANY = 1_200
LONG_FACTS = 25_000
ITEMS = 200_000
ABANDONED = 6
CHECKS = 8
EACH = 5
"""Requests that the ordinary client must have answered while an attack stands."""


@dataclass
class Crowded:
    port: int
    pid: int
    long_subject: str
    served: list[int] = field(default_factory=list)
    """Statuses that the ordinary client was answered."""
    failed: list[str] = field(default_factory=list)

    def connected(self, stack: ExitStack) -> socket.socket:
        return stack.enter_context(socket.create_connection(("127.0.0.1", self.port), timeout=30))

    def serve_ordinary_client(self, stop: threading.Event) -> None:
        with httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60) as client:
            while not stop.is_set():
                event = new_event()
                try:
                    # Of a busy machine the database is late sometimes; of a crowd it is not told.
                    for _ in range(PATIENCE):
                        answer = client.post(PATH, json=event)
                        if not is_unavailable(answer) or answer.json()["reason"] == "overloaded":
                            break
                    self.served.append(answer.status_code)
                except httpx2.HTTPError as error:
                    self.failed.append(repr(error))


@pytest.fixture
def crowded(processes: Processes, database_url: str) -> Iterator[Crowded]:
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY + 500
    if files < wanted and most != resource.RLIM_INFINITY and most < wanted:
        pytest.skip(f"the system lets a process have {most} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, wanted), most))
    long_subject = new_subject()
    store = FactStore(database_url, SERVICE)
    store.create()
    for first in range(1, LONG_FACTS, 5_000):
        store.record([fact_of(long_subject, number) for number in range(first, first + 5_000)])
    store.close()
    port = free_port()
    server = processes.start(sys.executable, "-m", "tests.shared.intake.serve_one", database_url, str(port))
    server.wait_ready(f"http://127.0.0.1:{port}/readyz")
    running, stop = Crowded(port, server.pid, long_subject), threading.Event()
    client = threading.Thread(target=running.serve_ordinary_client, args=(stop,))
    client.start()
    try:
        yield running
    finally:
        stop.set()
        client.join()
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))


def head(method: str, path: str, *fields: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *fields, "", ""]).encode()


ASKED = head("GET", "/healthz")
WAITING = head("GET", PATH, "After-Position: tests:999999999", "Prefer: wait=30")
POSTED = head("POST", PATH, "Content-Type: application/x-ndjson", f"Content-Length: {64 * MIB}")


def pipelined(crowded: Crowded, stack: ExitStack) -> None:
    """32 MiB of requests whose answers nobody reads, and as many behind one that takes long."""
    for first in (ASKED, WAITING):
        taken = send_all_that_is_taken(crowded.connected(stack), first + ASKED * (32 * MIB // len(ASKED)))
        assert taken < 32 * MIB, "it is read as far as it is answered"


def pipelined_by_many(crowded: Crowded, stack: ExitStack) -> None:
    many_fields = head("GET", "/healthz", *["A: 1"] * 250)
    for _ in range(100):
        connection = crowded.connected(stack)
        connection.setblocking(False)
        connection.send(WAITING + many_fields * 300)


def idle(crowded: Crowded, stack: ExitStack) -> None:
    for _ in range(MANY):
        crowded.connected(stack)


def slow_heads(crowded: Crowded, stack: ExitStack) -> None:
    for _ in range(MANY):
        crowded.connected(stack).sendall(ASKED[:-4] + b"\r\nX-A: " + b"a" * 10_000)


def slow_bodies(crowded: Crowded, stack: ExitStack) -> None:
    """Fewer than requests are answered at once: each is one."""
    for _ in range(400):
        send_all_that_is_taken(crowded.connected(stack), POSTED + b" " * 100_000)


def large_heads(crowded: Crowded, stack: ExitStack) -> None:
    large = head("GET", "/healthz", "X-A: " + "a" * 17 * 1024)
    for _ in range(100):
        connection = crowded.connected(stack)
        connection.sendall(large)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 431 ")


def small_items(crowded: Crowded, stack: ExitStack) -> None:
    """A batch that is refused for its number, and as large ones whose senders leave."""
    body = b"[" + b",".join([b'{"a":1}'] * ITEMS) + b"]"
    batch = head("POST", PATH, f"Content-Type: {BATCH['Content-Type']}", f"Content-Length: {len(body)}") + body
    for _ in range(ABANDONED):
        with socket.create_connection(("127.0.0.1", crowded.port), timeout=30) as connection:
            connection.sendall(batch)
    connection = crowded.connected(stack)
    connection.sendall(batch)
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def checks_of_a_long_subject(crowded: Crowded, stack: ExitStack) -> None:
    """Each needs 25,000 facts loaded."""
    for _ in range(CHECKS):
        body = json.dumps(new_event(subject=crowded.long_subject)).encode()
        asked = head("POST", f"/{SERVICE}/v1/check", "Content-Type: application/json", f"Content-Length: {len(body)}")
        crowded.connected(stack).sendall(asked + body)


def test_an_ordinary_client_is_served_throughout(crowded: Crowded) -> None:
    # What waits goes on being answered when its client has left, 30 s at most: before `slow_bodies` both would be one attack,
    # of more requests than are answered at once.
    attacks: list[Callable[[Crowded, ExitStack], None]] = [
        pipelined, slow_bodies, idle, slow_heads, large_heads, small_items, pipelined_by_many,
        checks_of_a_long_subject,
    ]  # fmt: skip
    for attack in attacks:
        with ExitStack() as stack:
            attack(crowded, stack)
            before = len(crowded.served)
            wait_until(lambda: len(crowded.served) >= before + EACH, f"served during {attack.__name__}")  # noqa: B023
        assert crowded.failed == [], attack.__name__
        # 200: recorded, and asked again because the database was late to say so.
        assert set(crowded.served) <= {200, 201}, attack.__name__
        assert peak_of(crowded.pid) < MOST_MIB, attack.__name__

"""SIGTERM to a real process: `503 stopping` to what waits, arrives or cannot be finished, and an end in time."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import psutil
import pytest

from parcours.client.event_files import Item, item
from parcours.client.http_client import Client
from parcours.client.posting import Poster
from services.pathways.facts import CATALOGUE
from shared.intake.openapi import event_example
from tests.end_to_end.compose import PARCOURS
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until

PATH = "/pathways/v1/events"
REGISTERED = event_example(CATALOGUE.facts["pathways.person_registered.v1"])


@dataclass
class Served:
    process: Process
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def start(processes: Processes, database_url: str, port: int) -> Served:
    env = {"PARCOURS_DATABASE_URL": database_url, "PARCOURS_REFERENCE_KEY": "of tests", "PARCOURS_PORT": str(port)}
    process = processes.start(*PARCOURS, "serve", "pathways", env=env)
    process.wait_ready(f"http://127.0.0.1:{port}/readyz")
    return Served(process, port)


@pytest.fixture
def served(processes: Processes, database_url: str) -> Served:
    return start(processes, database_url, free_port())


def registered() -> dict[str, Any]:
    return {**REGISTERED, "id": str(uuid4()), "subject": f"person/{uuid4()}"}


def is_stopping(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    problem: dict[str, Any] = json.loads(body)
    assert (status, problem["code"], problem["reason"]) == (503, "stopping", "stopping")
    assert headers["content-type"] == "application/problem+json"
    assert headers["retry-after"] == "1"
    return problem


def connections_of(served: Served) -> int:
    """Callers whose connection the process has taken."""
    established = psutil.Process(served.process.pid).net_connections("tcp")
    return sum(
        connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == served.port
        for connection in established
    )


def begun(served: Served, body: bytes, length: int, kind: str) -> socket.socket:
    """A request whose body has not come whole."""
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=30)
    head = [f"POST {PATH} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", f"Content-Length: {length}", "", ""]
    connection.sendall("\r\n".join(head).encode() + body)
    return connection


def answer_of(connection: socket.socket) -> dict[str, Any]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return is_stopping(response.status, headers, response.read())


def test_what_waits_is_told_at_once(served: Served) -> None:
    """It was waited for 5 s and then answered 500 in plain text."""
    far = {"After-Position": "pathways:1000000", "Prefer": "wait=30"}
    with ThreadPoolExecutor(2) as two, httpx2.Client(base_url=served.url, timeout=40) as client:
        waiting = [
            two.submit(client.get, PATH, headers=far),
            two.submit(client.post, PATH, json=registered(), headers=far),
        ]
        wait_until(lambda: connections_of(served) == len(waiting), "both are there")
        assert client.get("/healthz").status_code == 200  # and were read: this one came after them
        served.process.sigterm()
        for answer in (one.result() for one in waiting):
            problem = is_stopping(answer.status_code, answer.headers, answer.content)
            assert problem["missing"]["pathways"]["wanted"] == 1_000_000
    assert served.process.wait() == 0


@pytest.fixture
def parts_of_bodies(served: Served) -> Iterator[list[socket.socket]]:
    """A single event and two batches of which only the beginning has come."""
    event = json.dumps(registered()).encode()
    kinds = {"application/json": event, "application/cloudevents-batch+json": b"[" + event}
    connections = [begun(served, body, len(body) + 1, kind) for kind, body in kinds.items()]
    yield connections
    for connection in connections:
        connection.close()


def test_what_arrives_and_what_cannot_be_finished(served: Served, parts_of_bodies: list[socket.socket]) -> None:
    """What arrived on a kept connection was reset, and what could not be finished was answered 500 in plain text."""
    with httpx2.Client(base_url=served.url, timeout=30) as kept:
        assert kept.post(PATH, json=registered()).status_code == 201
        served.process.sigterm()
        wait_until(lambda: kept.get("/readyz").status_code == 503, "it is known to stop")
        for ask in (kept.post, httpx2.post):
            address = PATH if ask == kept.post else served.url + PATH
            for body in (registered(), [registered()]):
                answer = ask(address, json=body)
                is_stopping(answer.status_code, answer.headers, answer.content)
        got = kept.get(PATH)
        is_stopping(got.status_code, got.headers, got.content)
    for connection in parts_of_bodies:
        answer_of(connection)
    assert served.process.wait() == 0


def test_a_stream_ends_with_the_last_line_answered(served: Served, processes: Processes, database_url: str) -> None:
    """It ended with a bare 500 after 5 s, and nobody knew how far it had come."""
    events = [registered() for _ in range(1_000)]
    events[3] = {**events[3], "subject": "nobody"}
    lines = [json.dumps(event).encode() + b"\n" for event in events]
    body = b"".join(lines)
    with httpx2.Client(base_url=served.url) as client:
        connection = begun(served, b"".join(lines[:700]), len(body), "application/x-ndjson")
        wait_until(lambda: known(client, events[511]["subject"]), "two chunks are recorded")
    served.process.sigterm()
    problem = answer_of(connection)
    connection.close()
    assert problem["last_line"] == 512
    assert [answer["line"] for answer in problem["outcomes"]] == list(range(1, 513))
    assert problem["outcomes"][3]["outcome"] == "malformed"
    assert problem["summary"]["recorded"] == 511
    assert problem["summary"]["position"] == problem["outcomes"][-1]["position"]
    assert served.process.wait() == 0
    again = start(processes, database_url, served.port)
    rest = httpx2.post(
        again.url + PATH,
        content=b"".join(lines[problem["last_line"] :]),
        headers={"Content-Type": "application/x-ndjson", "Prefer": "return=minimal"},
        timeout=60,
    )
    assert rest.json()["summary"]["recorded"] == 1_000 - 512


def known(client: httpx2.Client, subject: str) -> bool:
    return bool(client.get(PATH, params={"subject": subject}).json()["items"])


def test_posting_goes_on_with_the_process_that_follows(served: Served, processes: Processes, database_url: str) -> None:
    """`events post`, while the service is stopped and started: each refusal is told once, nothing is lost."""
    events = [registered() for _ in range(6_000)]
    for number in range(0, 6_000, 100):
        events[number] = {**events[number], "subject": "nobody"}
    refused: list[int] = []
    items = [item(number, json.dumps(event).encode()) for number, event in enumerate(events, start=1)]

    def post() -> Poster:
        with Client(served.url) as client:
            poster = Poster(client, lambda refusal: refused.append(refusal.item.number))
            done: list[Item] = list(poster.post(items))
            assert done[-1].number == 6_000
        return poster

    with ThreadPoolExecutor(1) as one, httpx2.Client(base_url=served.url, timeout=30) as client:
        posting = one.submit(post)
        wait_until(lambda: known(client, events[301]["subject"]), "the first chunks are recorded")
        served.process.sigterm()
        assert served.process.wait() == 0
        start(processes, database_url, served.port)
        poster = posting.result()
    assert refused == list(range(1, 6_000, 100))
    assert poster.tally.total() == 6_000
    assert poster.tally.total("malformed") == 60
    assert poster.client.retries > 0

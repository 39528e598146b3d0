"""A stream of lines: each recorded and answered by itself, whatever happens to the others or to the connection."""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psutil
import psycopg
import pytest

from shared.intake import queue
from shared.process.unavailable import UnavailableError
from tests.parts.ports import free_port
from tests.parts.postgres import OwnPostgres
from tests.parts.processes import Processes
from tests.parts.waiting import wait_until
from tests.shared.events import event
from tests.shared.intake.running import LINES, PATH, Served, a_service, lines, new_event, new_subject, served

MINIMAL = {**LINES, "Prefer": "return=minimal"}


def answers(response: httpx2.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.text.endswith("\n") or not response.text
    return [json.loads(line) for line in response.text.splitlines()]


def test_lines_are_answered_in_order_with_their_numbers(intake: Served) -> None:
    good = new_event()
    refused = new_event(data={"starts_on": "2024-01-01", "hours": 1001})
    body = lines(good) + b"\n  \r\n{nonsense\n[]\n" + lines(refused, good) + b'{"id":"x"}\r\n' + lines(new_event())
    found = answers(intake.post(body, LINES))
    assert [(one["line"], one["outcome"]) for one in found] == [
        (1, "recorded"), (4, "malformed"), (5, "malformed"), (6, "refused"), (7, "duplicate"), (8, "malformed"),
        (9, "recorded"),
    ]  # fmt: skip
    assert found[0]["id"] == good["id"]
    assert found[4] == {**found[0], "line": 7, "outcome": "duplicate"}
    assert found[1]["errors"][0]["code"] == "not_json"
    assert found[3]["code"] == "too_many_hours"


def test_the_last_line_needs_no_newline(intake: Served) -> None:
    sent = [new_event(), new_event()]
    found = answers(intake.post(lines(*sent).rstrip(b"\n"), LINES))
    assert [(one["line"], one["id"], one["outcome"]) for one in found] == [
        (1, sent[0]["id"], "recorded"),
        (2, sent[1]["id"], "recorded"),
    ]


def test_no_lines(intake: Served) -> None:
    assert answers(intake.post(b"", LINES)) == []
    assert answers(intake.post(b"\n\n", LINES)) == []
    assert answers(intake.post(b"", MINIMAL)) == [
        {"summary": {"lines": 0, "recorded": 0, "duplicate": 0, "refused": 0, "malformed": 0}}
    ]


def test_an_overlong_line_is_refused_and_the_next_ones_go_on(intake: Served) -> None:
    long = b'{"id": "' + b"x" * 300_000 + b'"}\n'
    just_too_long = json.dumps(new_event()).encode().ljust(64 * 1024 + 1) + b"\n"
    body = long + lines(new_event()) + just_too_long + lines(new_event()) + long.rstrip(b"\n")
    found = answers(intake.post(body, LINES))
    assert [(one["line"], one["outcome"], one.get("code")) for one in found] == [
        (1, "refused", "too_large"),
        (2, "recorded", None),
        (3, "refused", "too_large"),
        (4, "recorded", None),
        (5, "refused", "too_large"),
    ]


def test_the_shortest_answer_is_the_refusals_and_a_summary(intake: Served) -> None:
    twice = new_event()
    body = lines(twice, twice, {"id": "x"}, new_event(data={"starts_on": "2024-01-01", "hours": 1001}), new_event())
    found = answers(intake.post(body, MINIMAL))
    assert [(one["line"], one["outcome"]) for one in found[:-1]] == [(3, "malformed"), (4, "refused")]
    last = intake.log()[-1].sequence
    assert found[-1] == {
        "summary": {
            "lines": 5, "recorded": 2, "duplicate": 1, "refused": 1, "malformed": 1, "position": f"tests:{last}",
        }
    }  # fmt: skip


def test_a_stream_cannot_be_atomic(intake: Served) -> None:
    sent = new_event()
    assert intake.post(lines(sent), LINES, atomic="true").status_code == 422
    assert intake.ids_of(sent["subject"]) == []


def test_what_was_recorded_before_a_disconnection_stays(intake: Served) -> None:
    subject = new_subject()
    body = lines(*(new_event(subject=subject) for _ in range(600)))
    with connected(intake.url) as connection:
        connection.sendall(head(len(body)) + body[: len(body) * 9 // 10])
        wait_until(lambda: len(intake.ids_of(subject)) >= 512, "two chunks are recorded")
    assert intake.post(new_event()).status_code == 201
    found = answers(intake.post(body, LINES))
    assert [one["outcome"] for one in found[:512]] == ["duplicate"] * 512
    assert {one["outcome"] for one in found} == {"duplicate", "recorded"}
    assert len(intake.ids_of(subject)) == 600


def test_a_client_that_sends_everything_before_it_reads_does_not_block(intake: Served) -> None:
    subject = new_subject()
    body = lines(*(new_event(subject=subject) for _ in range(3_000)))
    with connected(intake.url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        connection.sendall(head(len(body)) + body)  # blocks for ever where answers fill the way back
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.read().count(b'"outcome":"recorded"') == 3_000


def test_a_stream_waits_out_a_full_queue(intake: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """It failed with `503 overloaded`, though all it had to do was to read its own body more slowly."""
    monkeypatch.setattr(queue, "QUEUE_LIMIT", 1)
    put, turned_away = queue.Queue.put, threading.Event()

    def watched(self: queue.Queue, job: queue.Job, *, is_import: bool) -> None:
        try:
            put(self, job, is_import=is_import)
        except UnavailableError:
            turned_away.set()
            raise

    monkeypatch.setattr(queue.Queue, "put", watched)
    subject = new_subject()
    sent = [new_event(subject=subject) for _ in range(1_500)]
    with ThreadPoolExecutor(1) as one, psycopg.connect(intake.service.store.database_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('parcours tests', 0))")
        posting = one.submit(intake.post, lines(*sent), LINES)
        assert turned_away.wait(20)
        connection.rollback()
        found = answers(posting.result())
    assert [answer["outcome"] for answer in found] == ["recorded"] * 1_500
    assert intake.ids_of(subject) == [event["id"] for event in sent]


def test_a_stream_that_must_end_names_the_last_line_answered(own_postgres: OwnPostgres) -> None:
    """It was answered with a plain `503`, and all of it had to be sent again to learn what was refused."""
    sent = [new_event() for _ in range(600)]
    sent[7] = new_event(data={"starts_on": "2024-01-01", "hours": 1001})
    body = b"\n" + lines(*sent)
    with served(a_service(own_postgres.url)) as running, connected(running.url) as connection:
        connection.sendall(head(len(body), "Prefer: return=minimal") + body[: len(body) * 9 // 10])
        wait_until(lambda: len(running.log()) >= 511, "two chunks are recorded")
        own_postgres.stop()
        connection.sendall(body[len(body) * 9 // 10 :])
        response = http.client.HTTPResponse(connection)
        response.begin()
        problem = json.loads(response.read())
        assert (response.status, response.headers["retry-after"], problem["code"]) == (503, "1", "unavailable")
        assert response.headers["content-type"] == "application/problem+json"
        assert problem["last_line"] == 513  # the first one is empty
        assert [(answer["line"], answer["code"]) for answer in problem["outcomes"]] == [(9, "too_many_hours")]
        last = problem["summary"].pop("position")
        assert problem["summary"] == {"lines": 512, "recorded": 511, "duplicate": 0, "refused": 1, "malformed": 0}
        own_postgres.start()
        rest = b"\n".join(body.split(b"\n")[problem["last_line"] :])
        wait_until(lambda: running.post(b"", LINES).status_code == 200, "it answers again")
        found = answers(running.post(rest, MINIMAL))
        assert found[-1]["summary"]["recorded"] + found[-1]["summary"]["duplicate"] == 600 - 512
        assert int(last.partition(":")[2]) >= 511
        assert len(running.log()) == 599


def test_memory_does_not_grow_with_the_lines(database_url: str, processes: Processes, tmp_path: Path) -> None:
    port = free_port()
    server = processes.start(sys.executable, "-m", "tests.shared.intake.serve_one", database_url, str(port))
    url = f"http://127.0.0.1:{port}"
    server.wait_ready(f"{url}/healthz")
    memory = psutil.Process(server.pid)

    def post(start: int, count: int) -> int:
        """Of five thousand events, the same ones again and again but for their first passing; bytes used at most."""
        made = (json.dumps(event(id=f"line-{number % 5_000}")) + "\n" for number in range(start, start + count))
        most = 0

        def watched() -> Any:
            nonlocal most
            for number, line in enumerate(made):
                if number % 1_000 == 0:
                    most = max(most, memory.memory_info().rss)
                yield line.encode()

        response = httpx2.post(url + PATH, content=watched(), headers=LINES, timeout=100)
        assert response.text.count("\n") == count
        return max(most, memory.memory_info().rss)

    before = post(0, 12_000)  # what is kept of five thousand events has its bounds, and is full by then
    after = post(0, 18_000)
    assert after - before < 16 << 20


def connected(url: str) -> socket.socket:
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def head(length: int, *more: str) -> bytes:
    lines = [
        f"POST {PATH} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        "Content-Type: application/x-ndjson",
        f"Content-Length: {length}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()

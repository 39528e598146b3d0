"""What one connection may ask, and how slowly: over a real server and raw sockets, with limits that need no long wait."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPResponse
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import Request, Response
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from shared.process.metrics import Metrics
from shared.web.connections import Limits
from shared.web.http_protocol import HttpConfig
from shared.web.serving import Suite, service_app
from tests.parts.waiting import wait_until
from tests.shared.intake.running import over_http

QUICK = Limits(connections=12, head_s=0.4, window_s=0.4, window_bytes=1_000, linger_s=0.4)
USUALLY_KEPT_S = 60
"""By proxies and by pools of clients."""
MOST_REQUESTS = 4
BIG = 16 * 1024 * 1024
PATH = "/tests/v1/things"


@dataclass
class Running:
    url: str
    begun: list[str] = field(default_factory=list)
    """Names of requests that wait for `go`, or for their body."""
    dropped: list[str] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)

    def connected(self) -> socket.socket:
        address = urlsplit(self.url)
        return socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30)

    def ended(self, reason: str) -> float:
        text = httpx2.get(f"{self.url}/metrics").text
        lines = [
            line for line in text.splitlines() if line.startswith(f'parcours_http_ended_total{{reason="{reason}"}}')
        ]
        return float(lines[0].rpartition(" ")[2]) if lines else 0.0

    def serves(self) -> bool:
        return httpx2.get(f"{self.url}{PATH}/x").text == "x"


@pytest.fixture
def running() -> Iterator[Running]:
    with served(QUICK) as running:
        yield running


@contextmanager
def served(limits: Limits) -> Iterator[Running]:
    app = service_app("tests", "Tests of connections")
    running = Running("")

    @app.get(PATH + "/{name}")
    async def read(name: str) -> Response:
        return Response(name)

    @app.get("/tests/v1/big")
    async def big() -> Response:
        return Response(b"x" * BIG)

    @app.get("/tests/v1/waiting/{name}")
    async def wait(name: str) -> Response:
        running.begun.append(name)
        await asyncio.to_thread(running.go.wait)
        return Response(name)

    @app.post("/tests/v1/watching")
    async def watch(request: Request) -> Response:
        """Looks whether its caller has left, as work on batches does: whoever looks has more read."""
        await request.body()
        running.begun.append("watching")
        while not running.go.is_set():
            with suppress(TimeoutError):
                if (await asyncio.wait_for(request.receive(), 0.01))["type"] == "http.disconnect":
                    running.dropped.append("watching")
                    break
        return Response("watched")

    @app.post("/tests/v1/late/{name}")
    async def read_late(name: str, request: Request) -> Response:
        """Nothing is read of the body before `go`."""
        running.begun.append(name)
        await asyncio.to_thread(running.go.wait)
        return Response(str(len(await request.body())))

    @app.post(PATH + "/{name}")
    async def write(name: str, request: Request) -> Response:
        running.begun.append(name)
        try:
            body = await request.body()
        except Exception:
            running.dropped.append(name)
            raise
        return Response(f"{name}:{len(body)}")

    suite = Suite({"tests": app}, Metrics(), most_requests=MOST_REQUESTS)
    with over_http(suite, limits=limits) as url:
        running.url = url
        yield running
        running.go.set()


def asked(path: str, *headers: str, body: bytes | None = None) -> bytes:
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: localhost", *headers]
    lines += [] if body is None else [f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def answer_on(connection: socket.socket, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    response = HTTPResponse(connection, method=method)
    response.begin()
    return response, response.read()


def problem_on(connection: socket.socket) -> dict[str, Any]:
    """The last answer of a connection, whole, before it is closed."""
    response, body = answer_on(connection)
    assert response.getheader("content-type") == "application/problem+json"
    assert response.getheader("connection") == "close"
    assert response.getheader("x-request-id")
    assert response.getheader("x-content-type-options") == "nosniff"
    assert response.getheader("cache-control") == "no-store"
    assert connection.recv(1) == b""
    problem: dict[str, Any] = json.loads(body)
    assert response.status == problem["status"]
    return problem


def is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


TOO_LARGE = {
    "one long field": asked(f"{PATH}/x", "X-Long: " + "a" * 17 * 1024),
    "many fields": asked(f"{PATH}/x", *["A: 1"] * 300),
    "a long address": asked(f"{PATH}/{'a' * 17 * 1024}"),
    "with a body": asked(f"{PATH}/x", "X-Long: " + "a" * 17 * 1024, body=b"x" * 50_000),
    "never whole": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 17 * 1024,
    "in the trailers of a body": (
        asked(f"{PATH}/x", "Transfer-Encoding: chunked").replace(b"GET", b"POST")
        + b"1\r\nx\r\n0\r\n"
        + b"A: 1\r\n" * 300
        + b"B: "
    ),
    "an endless trailer": (
        asked(f"{PATH}/x", "Transfer-Encoding: chunked").replace(b"GET", b"POST")
        + b"1\r\nx\r\n0\r\nB: "
        + b"b" * 400_000
    ),
}


@pytest.mark.parametrize("size", [1_000_000, 1_000], ids=["at once", "piece by piece"])
@pytest.mark.parametrize("sent", TOO_LARGE.values(), ids=TOO_LARGE)
def test_large_headers_are_refused(running: Running, sent: bytes, size: int) -> None:
    with closing(running.connected()) as connection:
        for start in range(0, len(sent), size):
            try:
                connection.sendall(sent[start : start + size])
            except ConnectionError:  # it was told, and had time to read it
                break
        problem = problem_on(connection)
    assert (problem["status"], problem["code"], problem["limit_bytes"]) == (431, "headers_too_large", 16 * 1024)
    assert "16,384 bytes and 256 headers" in problem["detail"]
    assert running.ended("headers_too_large") == 1
    assert running.serves()


def test_headers_that_are_just_not_too_large_are_taken(running: Running) -> None:
    head = asked(f"{PATH}/x", "X-Long: {}")
    long = "a" * (16 * 1024 - len(head) - 4)
    for sent in (
        head.replace(b"{}", long.encode()),
        asked(f"{PATH}/x", *["A: 1"] * 254),
        asked(f"{PATH}/x", "X-Long: " + long[100:], body=b"x" * 1_000_000),
        asked(f"{PATH}/x") + head.replace(b"{}", long.encode()),
    ):
        with closing(running.connected()) as connection:
            connection.sendall(sent)
            assert answer_on(connection)[0].status == 200


def test_a_bad_request_behind_good_ones_does_not_take_their_answers(running: Running) -> None:
    """It was answered first, and the answer was taken for theirs."""
    for bad, status in ((b"nonsense\r\n\r\n", 400), (TOO_LARGE["one long field"], 431)):
        with closing(running.connected()) as connection:
            connection.sendall(asked("/tests/v1/waiting/a") + asked(f"{PATH}/b"))
            wait_until(lambda: "a" in running.begun, "the first is being answered")
            connection.sendall(bad)
            running.go.set()
            with connection.makefile("rb") as stream:
                assert [read_answer(stream) for _ in range(2)] == [b"a", b"b"]
                assert stream.readline().startswith(b"HTTP/1.1 %d " % status)
        running.go.clear()
        running.begun.clear()
    assert running.ended("unreadable") == 1


@pytest.mark.parametrize(
    "rest", [b"zz\r\n", b"400\r\nonly this"], ids=["a chunk without a length", "a chunk that never ends"]
)
def test_a_body_that_breaks_off_is_dropped(running: Running, rest: bytes) -> None:
    with closing(running.connected()) as connection:
        head = asked(f"{PATH}/x", "Transfer-Encoding: chunked").replace(b"GET", b"POST")
        connection.sendall(head + b"1\r\nx\r\n" + rest)
        assert problem_on(connection)["status"] in (400, 408)
    wait_until(lambda: running.dropped == ["x"], "its work is dropped")


def test_many_pipelined_requests_are_answered_in_their_order(running: Running) -> None:
    for count in (16, 3_000):
        with closing(running.connected()) as connection:
            sent = b"".join(asked(f"{PATH}/{number}") for number in range(count))
            connection.settimeout(60)
            connection.sendall(sent)
            with connection.makefile("rb") as stream:
                found = [read_answer(stream) for _ in range(count)]
        assert found == [str(number).encode() for number in range(count)]


def test_what_is_pipelined_is_read_as_far_as_it_is_answered(running: Running) -> None:
    with closing(running.connected()) as connection:
        sent = asked(f"{PATH}/x") * (32 * 1024 * 1024 // len(asked(f"{PATH}/x")))
        connection.sendall(asked("/tests/v1/watching", body=b"x"))
        taken = send_all_that_is_taken(connection, sent)
        assert taken < len(sent) // 2  # it lies in the system
        running.go.set()
        connection.setblocking(True)
        with connection.makefile("rb") as stream:
            assert read_answer(stream) == b"watched"
            assert {read_answer(stream) for _ in range(1_000)} == {b"x"}


def test_who_leaves_with_requests_waiting_has_left_the_first_too(running: Running) -> None:
    with closing(running.connected()) as connection:
        connection.sendall(asked("/tests/v1/watching", body=b"x") + asked(f"{PATH}/x", body=b"") * 3)
        wait_until(lambda: running.begun == ["watching"], "it is being answered")
    wait_until(lambda: running.dropped == ["watching"], "its work is dropped")
    assert running.serves()
    assert running.begun == ["watching"], "the others were not begun"


def send_all_that_is_taken(connection: socket.socket, data: bytes) -> int:
    """Until the other side takes no more for a while. Return how many bytes it took."""
    connection.setblocking(False)
    sent = 0
    while sent < len(data) and select.select([], [connection], [], 0.5)[1]:
        try:
            sent += connection.send(memoryview(data)[sent : sent + 1_000_000])
        except ConnectionError:
            break
    return sent


def read_answer(stream: Any) -> bytes:
    """Of several on one connection; `HTTPResponse` reads ahead what belongs to the next."""
    assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
    length = 0
    while (line := stream.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        length = int(value) if name == b"content-length" else length
    return bytes(stream.read(length))


@pytest.fixture(scope="module")
def steady() -> Iterator[str]:
    """With times that nothing reaches."""
    app = service_app("tests", "Tests of connections")

    @app.post(PATH + "/{name}")
    async def write(name: str, request: Request) -> Response:
        return Response(f"{name}:{len(await request.body())}")

    with over_http(Suite({"tests": app}, Metrics()), limits=Limits(pipelined=2, ahead_bytes=1_000)) as url:
        yield url


MESSAGES = st.lists(st.one_of(st.integers(0, 20), st.sampled_from([999, 5_000, 70_000])), min_size=1, max_size=12)


@settings(max_examples=60)
@given(sizes=MESSAGES, cuts=st.lists(st.floats(0, 1), max_size=8), is_crlf=st.booleans())
def test_however_it_is_cut_each_request_is_answered_as_by_itself(
    steady: str, sizes: list[int], cuts: list[float], is_crlf: bool
) -> None:
    """Bodies of line ends too, which look like ends of heads."""
    fill = b"\r\n" if is_crlf else b"x"
    bodies = [(fill * size)[:size] for size in sizes]
    sent = b"".join(asked(f"{PATH}/{number}", body=body) for number, body in enumerate(bodies))
    places = [0, *sorted(int(cut * len(sent)) for cut in cuts), len(sent)]
    address = urlsplit(steady)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=60) as connection:
        for start, end in pairwise(places):
            connection.sendall(sent[start:end])
        with connection.makefile("rb") as stream:
            found = [read_answer(stream) for _ in sizes]
    assert found == [f"{number}:{size}".encode() for number, size in enumerate(sizes)]


def test_a_slow_head_ends_and_a_kept_connection_stays(running: Running) -> None:
    with (
        closing(running.connected()) as slow,
        closing(running.connected()) as idle,
        closing(running.connected()) as kept,
    ):
        kept.sendall(asked(f"{PATH}/a"))
        assert answer_on(kept)[1] == b"a"
        slow.sendall(b"GET /healthz HTTP/1.1\r\nX-A: ")
        while not running.ended("too_slow"):  # a byte at a time, for ever
            try:
                slow.sendall(b"a")
            except ConnectionError:
                break
        problem = problem_on(slow)
        assert (problem["status"], problem["code"]) == (408, "too_slow")
        assert idle.recv(1) == b"", "who said nothing is told nothing"
        # So much later, and asked nothing meanwhile.
        kept.sendall(asked(f"{PATH}/b"))
        assert answer_on(kept)[1] == b"b"
    assert running.serves()


def test_a_connection_that_rests_is_closed_after_its_time() -> None:
    with served(replace(QUICK, idle_s=1)) as running, closing(running.connected()) as kept:
        kept.sendall(asked(f"{PATH}/a"))
        assert answer_on(kept)[1] == b"a"
        assert kept.recv(1) == b""
        assert running.serves()


def test_a_client_that_rests_closes_before_we_do() -> None:
    """Else its next request meets a connection that is just being closed here, and is answered with nothing."""
    assert HttpConfig(None, CollectorRegistry()).timeout_keep_alive > USUALLY_KEPT_S


def test_a_slow_body_ends_and_its_work_is_dropped(running: Running) -> None:
    with closing(running.connected()) as slow, closing(running.connected()) as steady:
        head = asked(f"{PATH}/slow", body=b"")[:-5] + b"100000\r\n\r\n"
        slow.sendall(head + b"x")
        steady.sendall(head.replace(b"slow", b"fine"))
        left = 100_000
        while not running.ended("too_slow"):
            if left > 2_000:
                steady.sendall(b"x" * 1_000)
                left -= 1_000
        assert problem_on(slow)["code"] == "too_slow"
        wait_until(lambda: running.dropped == ["slow"], "its work is dropped")
        steady.sendall(b"x" * left)
        assert answer_on(steady)[1] == b"fine:100000"


def test_who_waits_for_us_is_not_slow(running: Running) -> None:
    """What is not read yet lies in the system, where nobody knows how much it is."""
    with closing(running.connected()) as waiting, closing(running.connected()) as slow:
        sent = asked("/tests/v1/late/x", body=b"x" * 2_000_000)
        waiting.sendall(sent[:1_000_000])
        wait_until(lambda: running.begun == ["x"], "it waits")
        slow.sendall(b"GET ")
        assert problem_on(slow)["code"] == "too_slow"
        with closing(running.connected()) as slow_again:
            slow_again.sendall(b"GET ")
            assert problem_on(slow_again)["code"] == "too_slow"
        running.go.set()
        waiting.sendall(sent[1_000_000:])
        assert answer_on(waiting)[1] == b"2000000"


def test_who_does_not_read_the_answer_is_sent_away(running: Running) -> None:
    with closing(running.connected()) as unread:
        unread.sendall(asked("/tests/v1/big"))
        wait_until(lambda: running.ended("slow_reader"), "it was waited for long enough")
    with closing(running.connected()) as read:
        read.sendall(asked("/tests/v1/big"))
        assert len(answer_on(read)[1]) == BIG
    assert running.ended("slow_reader") == 1


def test_idle_connections_keep_nobody_out() -> None:
    with served(Limits(connections=12)) as running, closing(running.connected()) as kept:
        kept.sendall(asked("/tests/v1/waiting/x"))
        wait_until(lambda: running.begun == ["x"], "it is being answered")
        idle = [running.connected() for _ in range(40)]
        assert running.serves()
        assert running.ended("crowded_out") >= 40 + 1 + 1 - 12
        assert is_closed(idle[0]), "the first that came goes first"
        running.go.set()
        assert answer_on(kept)[1] == b"x", "what is being answered is not dropped"
        for connection in idle:
            connection.close()


def test_requests_at_once_are_bounded_and_probes_answered(running: Running) -> None:
    waiting = [running.connected() for _ in range(MOST_REQUESTS)]
    for number, connection in enumerate(waiting):
        connection.sendall(asked(f"/tests/v1/waiting/{number}"))
    wait_until(lambda: len(running.begun) == MOST_REQUESTS, "all are being answered")
    refused = httpx2.post(f"{running.url}{PATH}/x", content=b"x" * 1_000_000)
    assert (refused.status_code, refused.json()["code"], refused.json()["reason"]) == (503, "unavailable", "overloaded")
    assert refused.headers["retry-after"] == "1"
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx2.get(f"{running.url}{path}").status_code == 200
    assert (
        'parcours_http_unavailable_total{reason="overloaded",service="tests"} 1.0'
        in httpx2.get(f"{running.url}/metrics").text
    )
    running.go.set()
    assert sorted(answer_on(connection)[1] for connection in waiting) == [b"0", b"1", b"2", b"3"]
    assert running.serves()
    for connection in waiting:
        connection.close()


def test_a_client_that_asks_for_http2_is_answered(running: Running) -> None:
    """Java's does so unless told otherwise. What it would lose is refused."""
    upgrade = (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    )
    with closing(running.connected()) as connection:
        connection.sendall(asked(f"{PATH}/x", *upgrade))
        response, body = answer_on(connection)
        assert (response.status, body, response.getheader("connection")) == (200, b"x", "close")
        assert connection.recv(1) == b""
    with closing(running.connected()) as connection:
        connection.sendall(asked(f"{PATH}/x", *upgrade, body=b"abc"))
        problem = problem_on(connection)
        assert (problem["code"], problem["reason"]) == ("unreadable", "upgrade")
    assert running.begun == [], "its body would have been passed over"

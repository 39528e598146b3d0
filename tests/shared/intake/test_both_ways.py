"""The short way in and the routes answer alike, to the byte: the same is sent through both, to two services that have
recorded the same. An address with a slash at its end is the routes'."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from shared.intake.plain_way import PlainWay
from shared.rights.caller import LOCAL, Caller
from shared.web.problems import UnauthorizedError
from tests.parts.clocks import SetClock
from tests.parts.postgres import fresh_database
from tests.shared.events import NOW, event
from tests.shared.intake.running import Served, a_service, lines, served

JSON = ("Content-Type", "application/json")
CLOUD = ("Content-Type", "application/cloudevents+json")
BATCH = ("Content-Type", "application/cloudevents-batch+json")
LINES = ("Content-Type", "application/x-ndjson")
STRANGER = ("Authorization", "Bearer stranger")
UNREADABLE = ("Authorization", "Bearer unreadable")

Headers = list[tuple[str, str]]


class Known:
    """Everybody but one; of another it cannot be told, by a bug of ours."""

    def caller(self, authorization: str | None) -> Caller:
        if authorization == STRANGER[1]:
            raise UnauthorizedError()
        if authorization == UNREADABLE[1]:
            raise RuntimeError("a bug")
        return LOCAL


@dataclass(frozen=True, slots=True)
class Both:
    short: Served
    routes: Served

    def alike(self, headers: Headers, body: bytes) -> bytes:
        """The one answer, from the status to the last byte of the body."""
        by_short = exchange(self.short, self.short.path, headers, body)
        by_routes = exchange(self.routes, f"{self.routes.path}/", headers, body)
        assert by_short == by_routes
        return by_short


@pytest.fixture(scope="module")
def both(postgres_server: str) -> Iterator[Both]:
    def service(url: str) -> Any:
        return a_service(url, callers=Known(), clock=SetClock(lambda: NOW))

    with (
        capture_logs(),  # printing the traceback of a bug with all its variables takes longer than a caller waits
        fresh_database(postgres_server) as one,
        fresh_database(postgres_server) as other,
        served(service(one)) as short,
        served(service(other)) as routes,
    ):
        yield Both(short, routes)


def exchange(running: Served, path: str, headers: Headers, body: bytes) -> bytes:
    """Over a connection of its own, with a length unless the headers say how the body comes."""
    host, port = running.url.removeprefix("http://").split(":")
    if not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
        headers = [*headers, ("Content-Length", str(len(body)))]
    named = [("Host", "localhost"), ("Connection", "close"), ("X-Request-Id", "request-1"), *headers]
    head = "".join(f"{name}: {value}\r\n" for name, value in named).encode("latin-1")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\n".encode() + head + b"\r\n" + body)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    found, _, content = answer.partition(b"\r\n\r\n")
    kept = [line for line in found.split(b"\r\n") if not line.lower().startswith(b"date:")]
    return b"\r\n".join(kept) + b"\r\n\r\n" + content


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:], b""))


def of(number: int, **changes: Any) -> dict[str, Any]:
    """An event about a person that no other one here is about."""
    return event(id=f"event-{number}", subject=f"person/00000000-0000-4000-8000-{number:012}", **changes)


def told(number: int, **changes: Any) -> bytes:
    return json.dumps(of(number, **changes)).encode()


BIG = {"starts_on": "2024-01-01", "kind": "big"}
BUG = {"starts_on": "2024-01-01", "inside": {"note": "b"}}
CE = [("ce-specversion", "1.0"), ("ce-id", "event-40"), ("ce-source", event()["source"]), ("ce-type", event()["type"])]
CE += [("ce-subject", "person/00000000-0000-4000-8000-000000000040"), ("ce-time", event()["time"])]

CORPUS: list[tuple[str, Headers, bytes, int]] = [
    ("recorded", [JSON], told(1), 201),
    ("of its own type", [CLOUD], told(2), 201),
    ("with effects", [JSON], told(3, data=BIG), 201),
    ("a duplicate", [JSON], told(3, data=BIG), 200),
    ("an id used twice", [JSON], told(3), 409),
    ("refused by a rule", [JSON], told(4, data={"starts_on": "2024-01-01", "hours": 2000}), 409),
    ("a bug of ours", [JSON], told(5, data=BUG), 500),
    ("a bug before anything is read", [JSON, UNREADABLE], told(5), 500),
    ("a charset", [("content-type", 'application/json; charset="UTF-8"')], told(6), 201),
    ("another charset", [("Content-Type", "application/json; charset=latin1")], told(7), 415),
    ("no type", [], told(7), 415),
    ("another type", [("Content-Type", "text/plain")], told(7), 415),
    ("two types", [JSON, LINES], told(8), 201),
    ("compressed", [JSON, ("Content-Encoding", "gzip")], told(9), 415),
    ("not compressed", [JSON, ("Content-Encoding", " identity ")], told(9), 201),
    ("a version that is met", [JSON, ("If-Match", '"0"')], told(10), 201),
    ("a version that is not", [JSON, ("If-Match", "3")], told(11), 412),
    ("no version", [JSON, ("If-Match", "soon")], told(11), 422),
    ("another version", [JSON, ("If-Match", "0")], told(11, expectedversion=1), 422),
    ("after what is there", [JSON, ("After-Position", "tests:1"), ("After-Position", "others:7")], told(12), 201),
    ("after what is not", [JSON, ("After-Position", "tests:100000"), ("Prefer", "wait=0")], told(13), 503),
    ("after nothing", [JSON, ("After-Position", "yesterday")], told(13), 422),
    ("a stranger", [JSON, STRANGER], told(13), 401),
    ("a stranger with nothing", [STRANGER], b"", 401),
    ("in chunks", [JSON, ("Transfer-Encoding", "chunked")], chunked(told(14)), 201),
    ("chunks too many", [CLOUD, ("Transfer-Encoding", "chunked")], chunked(b" " * 70_000), 413),
    ("in binary mode", [*CE, JSON], json.dumps({"starts_on": "2024-01-01"}).encode(), 201),
    ("in binary mode, twice", [*CE, ("CE-Id", "another"), JSON], b"{}", 422),
    ("nothing", [JSON], b"", 422),
    ("no JSON", [JSON], b"{", 422),
    ("no UTF-8", [JSON], b'{"id":"\xff"}', 422),
    ("no object", [JSON], b"3", 422),
    ("null", [JSON], b"null", 422),
    ("an empty object", [JSON], b"{}", 422),
    ("keys twice", [JSON], b'{"id":1,"id":2}', 422),
    ("deep", [JSON], b"[" * 5_000 + b"]" * 5_000, 422),
    ("very deep", [JSON], b'{"a":' * 100_000, 422),
    ("too long", [CLOUD], told(15, data={"note": "x" * 70_000}), 413),
    ("too long, plain", [JSON], told(15, data={"note": "x" * 70_000}), 413),
    ("a surrogate", [JSON], b'{"id":"\\ud800"}', 422),
    ("a number too large", [JSON], told(16, data={"starts_on": "2024-01-01", "hours": 1e300}), 422),
    ("a field too many", [JSON], told(16, colour="blue"), 422),
    ("a source of the service's own", [JSON], told(17, source="urn:parcours:tests"), 403),
    ("a batch", [BATCH], json.dumps([of(20), of(21, data=BIG), of(20), of(22, data=BUG), 7]).encode(), 200),
    ("a batch of its own type", [JSON], json.dumps([of(23), of(24, colour="blue")]).encode(), 200),
    ("an empty batch", [BATCH], b"[]", 200),
    ("a batch that is none", [BATCH], told(25), 422),
    ("lines", [LINES], lines(of(26), of(27, data=BIG), {"id": 3}) + b"{\n\n" + lines(of(26)), 200),
    ("lines, little told", [LINES, ("Prefer", "return=minimal")], lines(of(28), of(29, data=BUG)), 200),
    ("no lines", [LINES], b"", 200),
]


@pytest.mark.parametrize(("headers", "body", "status"), [pytest.param(*one[1:], id=one[0]) for one in CORPUS])
def test_ordinary_odd_and_hostile(both: Both, headers: Headers, body: bytes, status: int) -> None:
    assert both.alike(headers, body).startswith(b"HTTP/1.1 %d " % status)


some_header = st.sampled_from(
    [JSON, CLOUD, BATCH, LINES, STRANGER, UNREADABLE, *CE]
    + [("If-Match", text) for text in ('"0"', "*", "", '"1", "2"', "-1", "W/0")]
    + [("After-Position", text) for text in ("tests:1", "tests:", ",", "tests:1,tests:2")]
    + [("Prefer", "return=minimal, wait=0"), ("Content-Encoding", "br"), ("Expect", "nothing"), ("Accept", "text/html")]
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*event(), "a"]), inner, max_size=4),
    max_leaves=6,
)
an_event = st.builds(
    lambda number, changes: {**of(number), **changes},
    st.integers(100, 110),
    st.dictionaries(st.sampled_from([*event(), "replaces", "expectedversion", "a"]), any_json, max_size=2),
)
a_body = (
    st.builds(lambda value: json.dumps(value).encode(), an_event | st.lists(an_event, max_size=3) | any_json)
    | st.builds(lambda events: lines(*events), st.lists(an_event, max_size=3))
    | st.binary(max_size=20)
)


@given(st.lists(some_header, max_size=4), a_body)
@settings(max_examples=100, deadline=None)
def test_any_headers_and_any_body(both: Both, headers: Headers, body: bytes) -> None:
    both.alike(headers, body)


def test_both_are_counted_alike_and_have_recorded_the_same(both: Both) -> None:
    """Also one whose sender left in the middle."""
    for running, path in ((both.short, both.short.path), (both.routes, f"{both.routes.path}/")):
        host, port = running.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n".encode() + b"{")
    both.alike([JSON], told(200))
    counted = [
        [line for line in running.client.get("/metrics").text.splitlines() if "http_requests_total{" in line]
        for running in (both.short, both.routes)
    ]
    assert counted[0] == counted[1]
    assert any('route="/tests/v1/events"' in line and 'status="201"' in line for line in counted[0])
    assert [entry.wire for entry in both.short.service.store.log(0, 10_000)] == [
        entry.wire for entry in both.routes.service.store.log(0, 10_000)
    ]


def test_a_service_has_the_short_way_before_its_routes(both: Both) -> None:
    """What is compared above is not the routes twice."""
    assert isinstance(both.short.service.app.middleware_stack, PlainWay)

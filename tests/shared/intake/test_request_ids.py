"""`X-Request-Id` from a request to its answer and the facts it recorded."""

from __future__ import annotations

import json
import re
import socket
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from tests.shared.intake.running import BATCH, LINES, PATH, Served, lines, new_event, new_subject

OURS = "0b5c-request/of=a.test~1"


def correlations(running: Served, subject: str) -> list[str | None]:
    return [json.loads(fact.envelope).get("correlationid") for fact in running.log(subject)]


def test_it_is_answered_and_kept_by_what_was_recorded_effects_included(intake: Served) -> None:
    sent = new_event(data={"starts_on": "2024-01-01", "kind": "big"})
    answer = intake.post(sent, {"X-Request-Id": OURS})
    assert (answer.status_code, answer.headers["x-request-id"]) == (201, OURS)
    assert correlations(intake, sent["subject"]) == [OURS] * 3
    (shown,) = intake.client.get(PATH, params={"subject": sent["subject"], "limit": "1"}).json()["items"]
    assert shown["correlationid"] == OURS


def test_one_is_made_where_none_is_sent(intake: Served) -> None:
    sent = new_event()
    made = intake.post(sent).headers["x-request-id"]
    assert str(UUID(made)) == made
    assert correlations(intake, sent["subject"]) == [made]
    assert intake.client.get("/healthz").headers["x-request-id"] != made


def test_an_event_keeps_the_one_it_brings(intake: Served) -> None:
    sent = new_event(correlationid="the sender's")
    answer = intake.post(sent, {"X-Request-Id": OURS})
    assert answer.headers["x-request-id"] == OURS
    assert correlations(intake, sent["subject"]) == ["the sender's"]


def test_a_retry_in_another_request_is_a_duplicate_and_changes_nothing(intake: Served) -> None:
    sent = new_event()
    first = intake.post(sent, {"X-Request-Id": "first"}).json()
    again = intake.post(sent, {"X-Request-Id": "again"})
    assert (again.status_code, again.headers["x-request-id"]) == (200, "again")
    assert again.json() == {**first, "outcome": "duplicate"}
    assert correlations(intake, sent["subject"]) == ["first"]


@pytest.mark.parametrize("headers", [BATCH, LINES], ids=["a batch", "a stream of lines"])
def test_all_events_of_a_request_have_its_id(intake: Served, headers: dict[str, str]) -> None:
    subject = new_subject()
    sent = [new_event(subject=subject) for _ in range(600)]
    body: Any = lines(*sent) if headers is LINES else sent
    answer = intake.post(body, {**headers, "X-Request-Id": OURS})
    assert (answer.status_code, answer.headers["x-request-id"]) == (200, OURS)
    assert correlations(intake, subject) == [OURS] * 600


def test_two_at_once_are_not_taken_for_each_other(intake: Served) -> None:
    """The writer's one thread records both, in one commit perhaps."""
    sent = [new_event() for _ in range(40)]
    answers = intake.post_all(sent)
    made = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(made)) == 40
    assert [correlations(intake, event["subject"]) for event in sent] == [[one] for one in made]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing/here", None, 404),
        ("GET", "/tests/v1/nothing", None, 404),
        ("DELETE", PATH, None, 405),
        ("HEAD", PATH, None, 200),
        ("POST", PATH, b"{", 422),
        ("POST", PATH, b"x" * (17 * 1024 * 1024), 413),
        ("GET", f"{PATH}?what=1", None, 422),
        ("GET", "/metrics", None, 200),
        ("GET", "/tests/v1/event-types/x", None, 404),
    ],
)
def test_every_answer_has_one(intake: Served, method: str, path: str, body: bytes | None, status: int) -> None:
    headers = {"X-Request-Id": OURS, "Content-Type": "application/json"}
    answer = intake.client.request(method, path, content=body, headers=headers)
    assert (answer.status_code, answer.headers["x-request-id"]) == (status, OURS)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"x" * 129,
        b"x" * 10_000,
        "Hélène".encode(),
        b"\xff\xfe",
        b"a b",
        b"a\tb",
        b"a\x7fb",
        b"a\r\n\tSet-Cookie: x=1",
        b"a\r\nX-Injected: 1",
        b"1\r\nX-Request-Id: 2",
    ],
)
def test_one_that_could_break_a_line_is_made_anew(intake: Served, value: bytes) -> None:
    """Or the server does not take the request at all; nothing of it is answered as a header."""
    head = raw(intake.url, value).partition(b"\r\n\r\n")[0]
    assert b"set-cookie" not in head.lower()
    assert b"x-injected" not in head.lower()
    if head.startswith(b"HTTP/1.1 200"):
        found = re.findall(rb"(?mi)^x-request-id: (.*)\r?$", head)
        assert len(found) == 1
        # A header that came behind a line's end is the sender's own, and its first line was a good id.
        assert found[0].strip() == b"a" if b"X-Injected" in value else UUID(found[0].strip().decode())
    else:
        assert head.startswith(b"HTTP/1.1 400")


def raw(url: str, value: bytes) -> bytes:
    address = urlsplit(url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=10) as connection:
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: " + value + b"\r\n\r\n"
        )
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_the_longest_and_oddest_good_one(intake: Served) -> None:
    odd = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".ljust(128, "z")
    sent = new_event()
    assert intake.post(sent, {"X-Request-Id": odd}).headers["x-request-id"] == odd
    assert correlations(intake, sent["subject"]) == [odd]

"""What the command line's client promises whatever libraries it stands on; how it posts is in test_posting.py."""

import json
from contextlib import closing
from time import monotonic

import pytest

from parcours.client.http_client import Client, UnreachableError
from parcours.terminal.console import CommandError
from tests.parcours.servers import Answer, Received, over_quota, recorded, serving, unavailable
from tests.parts.ports import free_port

PATH = "/pathways/v1/events"
EVENT = json.dumps({"id": "e1"}).encode()


def test_it_waits_as_long_as_the_suite_asks_and_says_for_what() -> None:
    def respond(got: Received, number: int) -> Answer:
        status, headers, content = unavailable()
        return (status, {**headers, "Retry-After": "1"}, content) if number == 1 else recorded(got.lines)

    waits: list[tuple[str, float]] = []
    with serving(respond) as server, closing(Client(server.url, on_wait=lambda *told: waits.append(told))) as client:
        started = monotonic()
        assert client.request("POST", PATH, EVENT).is_good
        assert monotonic() - started >= 1
    assert waits == [("The service cannot answer now; send the same request again (unavailable)", 1.0)]


def test_it_waits_longer_each_time_and_not_always_equally_long() -> None:
    def first_waits(count: int) -> list[float]:
        waits: list[float] = []
        answers = {number: unavailable() for number in range(1, count + 1)}
        with (
            serving(lambda got, number: answers.get(number) or recorded(got.lines)) as server,
            closing(Client(server.url, on_wait=lambda _, seconds: waits.append(seconds))) as client,
        ):
            client.request("POST", PATH, EVENT)
        return waits

    waits = first_waits(3)
    for least, seconds in zip((0.2, 0.4, 0.8), waits, strict=True):
        assert least <= seconds <= least + 0.2
    assert waits[0] != first_waits(1)[0]


def test_the_limit_counts_from_the_first_failure_and_no_pause_goes_beyond_it() -> None:
    def respond(got: Received, number: int) -> Answer | None:
        return recorded(got.lines) if number == 1 else None

    with serving(respond) as server, closing(Client(server.url, retry_for_s=1.0)) as client:
        client.request("POST", PATH, EVENT)
        started = monotonic()
        with pytest.raises(UnreachableError, match="server disconnected"):
            client.request("POST", PATH, EVENT)
        assert monotonic() - started < 5
    assert 1 <= client.retries <= 3


@pytest.mark.parametrize("status", [400, 403, 409, 500])
def test_what_is_no_absence_is_answered_at_once(status: int) -> None:
    with serving(lambda got, _: (status, {}, b"{}")) as server, closing(Client(server.url)) as client:
        assert client.request("POST", PATH, EVENT).status == status
    assert len(server.received) == 1


def test_a_proxy_of_the_environment_does_not_come_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with serving(lambda got, _: recorded(got.lines)) as server, closing(Client(server.url)) as client:
        assert client.request("POST", PATH, EVENT).is_good


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://somewhere", "http://", "http://[::1", "http://x:99999"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(CommandError, match="is no address"):
        Client(url)


def test_over_its_quota_it_waits_and_sends_the_same_again() -> None:
    def respond(got: Received, number: int) -> Answer:
        return over_quota() if number == 1 else recorded(got.lines)

    waits: list[str] = []
    with (
        serving(respond) as server,
        closing(Client(server.url, on_wait=lambda cause, _: waits.append(cause))) as client,
    ):
        assert client.request("POST", PATH, EVENT).is_good
    assert [one.lines for one in server.received] == [server.received[0].lines] * 2
    assert len({one.headers["X-Request-Id"] for one in server.received}) == 1
    assert "quota_exceeded" in waits[0]


def test_a_question_that_takes_too_long_is_not_asked_again() -> None:
    body = json.dumps({"code": "took_too_long", "title": "Ask for less", "status": 504}).encode()
    with serving(lambda got, _: (504, {}, body)) as server, closing(Client(server.url)) as client:
        assert client.request("POST", PATH, EVENT).status == 504
    assert len(server.received) == 1

"""The log over HTTP: filtered, in pages, and after a position."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from shared.web.positions import positions, reached, wait_seconds
from shared.web.problems import MalformedError
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.shared.intake.running import PATH, Served, a_service, new_event, new_subject, served

SUBJECT = "person/6a1f0c52-8a77-4d0e-9d0c-3c1b7a1eabcd"


@pytest.fixture(scope="module")
def log(postgres_server: str) -> Iterator[Served]:
    """Twelve facts: every third of one subject, every fourth a closing."""
    with fresh_database(postgres_server) as url, served(a_service(url)) as running:
        running.post([sent(number) for number in range(1, 13)])
        yield running


def sent(number: int) -> dict[str, Any]:
    closing = {"type": "tests.closed.v1", "data": {"ended_on": "2024-01-01"}}
    subject = SUBJECT if number % 3 == 0 else new_subject()
    return new_event(id=f"fact-{number}", subject=subject, **(closing if number % 4 == 0 else {}))


def asked(running: Served, query: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
    """Asked again as a caller would: on a machine that stands still for 2 s the database counts as away."""

    def once() -> Any:
        answer = running.client.get(PATH, params=query, headers=headers)
        is_away = answer.status_code == 503 and answer.json()["code"] == "unavailable"
        return None if is_away else answer

    return wait_until(once, "the database answers")


def page(running: Served, **query: Any) -> dict[str, Any]:
    answer = asked(running, query)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def numbers(found: dict[str, Any]) -> list[int]:
    return [int(item["id"].removeprefix("fact-")) for item in found["items"]]


def test_a_fact_is_a_whole_cloudevent(log: Served) -> None:
    (item,) = page(log, limit=1)["items"]
    expected = {**sent(1), "subject": item["subject"], "datacontenttype": "application/json"}
    added = {"recordedtime": item["recordedtime"], "sequence": item["sequence"], "streamversion": 1}
    # Its event brought none, so it has that of its request: which one, tests/shared/intake/test_request_ids.py shows.
    of_request = {"correlationid": item["correlationid"]}
    assert item == {**expected, **added, **of_request}


def test_filters(log: Served) -> None:
    assert numbers(page(log)) == list(range(1, 13))
    assert numbers(page(log, subject=SUBJECT)) == [3, 6, 9, 12]
    assert numbers(page(log, subject=SUBJECT.upper().replace("PERSON", "person"))) == [3, 6, 9, 12]
    assert numbers(page(log, type="tests.closed.v1")) == [4, 8, 12]
    assert numbers(page(log, type="tests.closed.v1", subject=SUBJECT)) == [12]
    assert page(log, subject="person/nobody") == {"items": [], "next": None}
    assert page(log, type="nothing") == {"items": [], "next": None}


@pytest.mark.parametrize("limit", [1, 2, 5, 11, 12, 13, 1_000, 10**20])
def test_pages_hold_everything_once(log: Served, limit: int) -> None:
    found: list[int] = []
    after: str | None = "0"
    while after is not None:
        one = page(log, limit=limit, after=after)
        found += numbers(one)
        after = one["next"]
    assert found == list(range(1, 13))


def test_a_page_begins_after_a_sequence_or_a_position(log: Served) -> None:
    fifth = page(log, limit=5)["items"][-1]["sequence"]
    for after in (str(fifth), f"tests:{fifth}"):
        assert numbers(page(log, after=after, limit=2)) == [6, 7]
    assert page(log, after="999999999999999999") == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query",
    [
        {"after": "-1"},
        {"after": "structures:1"},
        {"after": "x"},
        {"after": "1" * 19},
        {"after": "\u0661"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "many"},
        {"limit": "1.5"},
        {"subject": "person/\x00"},
        {"type": "\x00"},
    ],
)
def test_what_cannot_be_asked(log: Served, query: dict[str, str]) -> None:
    answer = log.client.get(PATH, params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def after(running: Served, position: str, **headers: str) -> Any:
    return asked(running, {"limit": 1}, {"After-Position": position, **headers})


def test_after_what_is_recorded_already(log: Served) -> None:
    last = page(log)["items"][-1]["sequence"]
    assert after(log, f"tests:{last}").status_code == 200
    assert after(log, f"pathways:999999, tests:{last}").status_code == 200, "a service it does not read"


def test_after_what_is_not_recorded_yet(log: Served) -> None:
    last = log.service.store.last_sequence()
    started = monotonic()
    answer = after(log, f"tests:{last + 100}, pathways:7", Prefer="wait=1")
    assert 1 <= monotonic() - started < 3
    assert (answer.status_code, answer.json()["code"]) == (503, "not_yet_applied")
    assert answer.json()["missing"] == {"tests": {"wanted": last + 100, "applied": last}}
    assert answer.headers["retry-after"] == "1"
    assert after(log, f"tests:{last + 100}").status_code == 503


def test_waiting_until_it_is_recorded(log: Served) -> None:
    wanted = log.service.store.last_sequence() + 1
    recording = threading.Timer(0.2, lambda: log.post(new_event(id="fact-13")))
    recording.start()
    answer = after(log, f"tests:{wanted}", Prefer="respond-async, wait=20")
    recording.join()
    assert answer.status_code == 200
    assert numbers(page(log, after=str(wanted - 1))) == [13]


@pytest.mark.parametrize(
    "header", ["tests", "tests:", "tests:-1", "tests:1.5", "tests=1", "tests:1; x:2", "t:" + "1" * 19]
)
def test_a_position_that_cannot_be_read(log: Served, header: str) -> None:
    answer = after(log, header)
    assert (answer.status_code, answer.json()["header"]) == (422, "After-Position")
    posted = log.post(new_event(), {"After-Position": header})
    assert (posted.status_code, posted.json()["outcome"]) == (422, "malformed")


def test_several_positions_the_furthest_of_each() -> None:
    assert positions("pathways:3, structures:4,pathways:2,") == {"pathways": 3, "structures": 4}
    with pytest.raises(MalformedError):
        positions("pathways:\u0663")


@pytest.mark.parametrize(
    ("prefer", "seconds"), [("", 0), ("wait=5", 5), ("return=minimal, wait=5", 5), ("wait=999999", 30), ("await=5", 0)]
)
def test_how_long_a_caller_waits(prefer: str, seconds: float) -> None:
    assert wait_seconds(Headers({"prefer": prefer})) == seconds


def test_nothing_is_asked_without_the_header() -> None:
    async def applied() -> dict[str, int]:
        raise AssertionError

    asyncio.run(reached(Request({"type": "http", "headers": []}), applied))

"""CloudEvents' binary mode: read as the structured mode is, with the same answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shared.events import PERSON
from tests.shared.intake.running import LINES, PATH, Served, lines, new_event

CHECK = "/tests/v1/check"

SDK_1 = {
    "ce-specversion": "1.0",
    "ce-id": "5d9f1f3e-2a1e-4b0e-8f2b-5d2f1f3e2a1e",
    "ce-source": "https://software.example/a",
    "ce-type": "tests.opened.v1",
    "ce-subject": PERSON,
    "ce-time": "2026-01-05T09:00:00.580318+00:00",
}
"""What `cloudevents.v1.http.to_binary` of the Python SDK gives: no content type where none was set."""
SDK_2 = {
    "ce-type": "tests.opened.v1",
    "ce-source": "https://software.example/x",
    "ce-subject": PERSON,
    "ce-id": "n%C3%A9%20%221%22%20100%25",
    "ce-specversion": "1.0",
    "ce-time": "2026-01-05T09:00:00.026384Z",
    "ce-correlationid": "a%20b",
    "content-type": "application/json",
}
"""What `cloudevents.core.bindings.http.to_binary_event` of the same SDK, version 2, gives."""


def in_headers(event: dict[str, Any], kind: str | None = "application/json") -> dict[str, str]:
    attributes = {
        name: quote(str(value), safe="!#$&'()*+,/:;=?@[]~") for name, value in event.items() if name != "data"
    }
    return {**{f"ce-{name}": value for name, value in attributes.items()}, **({"content-type": kind} if kind else {})}


def last(intake: Served) -> dict[str, Any]:
    """What was recorded last, as it is published."""
    found: dict[str, Any] = json.loads(intake.service.store.log(0, 1_000_000)[-1].wire)
    return found


def post(intake: Served, event: dict[str, Any], path: str = PATH, kind: str | None = "application/json") -> Any:
    return intake.client.post(path, content=json.dumps(event["data"]).encode(), headers=in_headers(event, kind))


@pytest.mark.parametrize("headers", [SDK_1, SDK_2], ids=["SDK 1", "SDK 2"])
def test_what_the_sdk_sends(intake: Served, headers: dict[str, str]) -> None:
    """It was refused: without content type 415, with one for all the attributes that stood in headers."""
    body = b'{"starts_on": "2024-01-01"}'
    answer = intake.client.post(PATH, content=body, headers=headers)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "recorded")
    stored = last(intake)
    assert stored["time"].startswith("2026-01-05T09:00:00")
    if headers is SDK_2:
        assert (stored["id"], stored["correlationid"]) == ('né "1" 100%', "a b")


def test_what_a_tracer_adds_is_taken_and_not_kept(intake: Served) -> None:
    """An instrumented SDK sends them by itself; they were `unknown_field`. A retry carries others."""
    sent = new_event()
    traces = [{"traceparent": f"00-{'ab' * 16}-{'cd' * 7}0{number}-01", "tracestate": "a=b"} for number in (1, 2)]
    assert post(intake, {**sent, **traces[0]}).status_code == 201
    assert "traceparent" not in last(intake)
    assert intake.post({**sent, **traces[1]}).json()["outcome"] == "duplicate"


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", None])
def test_both_modes_say_the_same(intake: Served, kind: str | None) -> None:
    sent = new_event(correlationid="c d", expectedversion=0)
    first = post(intake, sent, kind=kind)
    again = intake.post(sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "outcome": "duplicate"}
    assert first.headers["etag"] == '"1"'
    assert post(intake, {**sent, "data": {"starts_on": "2024-01-02"}}).json()["code"] == "id_reused"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "tests.opened.v9"},
        {"expectedversion": 7},
        {"expectedversion": "07"},
        {"expectedversion": "x"},
        {"colour": "red"},
        {"time": "yesterday"},
        {"specversion": "0.3"},
        {"data": []},
        {"data": None},
        {"data": {"starts_on": "2024-01-01", "hours": 1001}},
        {"data": {"starts_on": "2024-02-31", "x": 1}},
    ],
    ids=str,
)
def test_what_is_wrong_is_told_alike(intake: Served, wrong: dict[str, Any]) -> None:
    sent = new_event(**wrong)
    binary, structured = post(intake, sent), intake.post(sent)
    assert (binary.status_code, binary.json()) == (structured.status_code, structured.json())
    assert binary.status_code >= 400
    checked = [post(intake, sent, CHECK), intake.client.post(CHECK, json=sent)]
    assert [one.status_code for one in checked] == [checked[0].status_code] * 2
    assert checked[0].json() == checked[1].json()


def test_a_check_in_binary_mode(intake: Served) -> None:
    assert post(intake, new_event(), CHECK).json()["allowed"] is True


def faults_of(answer: httpx2.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


def test_places_in_headers_and_body_are_named(intake: Served) -> None:
    sent = new_event()
    headers = in_headers(sent)

    def told(body: bytes, *more: tuple[str, str]) -> list[tuple[str, str]]:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in (*headers.items(), *more)]
        return faults_of(intake.client.post(PATH, content=body, headers=raw))

    good = json.dumps(sent["data"]).encode()
    assert told(b"{nonsense") == [("/data", "not_json")]
    assert told(b"") == [("/data", "missing_field")]
    assert told(b'{"starts_on": "2024-01-01", "starts_on": "2024-01-01"}') == [("/data/starts_on", "duplicate_key")]
    assert told(good, ("ce-id", "another")) == [("/id", "duplicate_key")]
    assert told(good, ("ce-correlationid", "caf\xe9")) == [("/correlationid", "not_utf8")]
    assert told(good, ("ce-correlationid", "%FF")) == [("/correlationid", "not_utf8")]
    assert told(good, ("ce-correlationid", "a%00b")) == [("/correlationid", "bad_character")]
    headers.pop("ce-specversion")
    assert told(good) == [("/specversion", "missing_field")]


def test_values_in_quotes_and_percent_signs(intake: Served) -> None:
    sent = new_event()
    headers = in_headers(sent) | {"ce-causationid": r'"a \"quoted\" %41%2541"', "ce-correlationid": "100%"}
    assert intake.client.post(PATH, content=b'{"starts_on":"2024-01-01"}', headers=headers).status_code == 201
    stored = last(intake)
    assert (stored["causationid"], stored["correlationid"]) == ('a "quoted" A%41', "100%")


def test_headers_beside_the_structured_mode_say_nothing(intake: Served) -> None:
    """They may stand there too, says the binding; what counts is the body."""
    sent = new_event()
    headers = {**in_headers(new_event()), "content-type": "application/cloudevents+json"}
    assert intake.client.post(PATH, json=sent, headers=headers).json()["id"] == sent["id"]
    found = intake.client.post(PATH, content=lines(new_event()), headers={**headers, **LINES})
    assert found.json()["outcome"] == "recorded"


def test_other_contents_and_bodies_too_long(intake: Served) -> None:
    sent = new_event()
    assert post(intake, sent, kind="text/plain").status_code == 415
    assert post(intake, sent, kind="application/json; charset=latin-1").status_code == 415
    assert post(intake, {**sent, "data": {"x": "y" * 70_000}}).status_code == 413


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=5), some, max_size=3),
    ),
)
def test_any_event_is_answered_alike(intake: Served, name: str, data: Any) -> None:
    sent = new_event(correlationid=name)
    del sent["data"]
    sent["data"] = data  # at the end, as in binary mode: faults are told in the order of the event
    binary = post(intake, sent)
    if name == name.strip(" \t"):  # spaces at the ends of a header are none of it, unless encoded
        assert (binary.status_code, binary.json()) == ((s := intake.post(sent)).status_code, s.json())

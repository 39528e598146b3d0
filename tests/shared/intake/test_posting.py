"""One event, a batch, an atomic batch: what is recorded, and what is answered."""

from __future__ import annotations

import gzip
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.shared.events import SOURCE
from tests.shared.intake.running import BATCH, PATH, Served, new_event, new_subject

SINGLE = {"Content-Type": "application/cloudevents+json"}
REFUSED = {"starts_on": "2024-01-01", "hours": 1001}
WITH_EFFECTS = {"starts_on": "2024-01-01", "kind": "big"}
MALFORMED = {"starts_on": "2023-02-29"}


def outcomes(answer: Any) -> list[str]:
    return [one["outcome"] for one in answer.json()["outcomes"]]


def test_an_event_is_recorded_and_answered_with_its_position(intake: Served) -> None:
    sent = new_event()
    answer = intake.post(sent, SINGLE)
    assert answer.status_code == 201
    (fact,) = intake.log(sent["subject"])
    assert answer.json() == {
        "id": sent["id"],
        "outcome": "recorded",
        "position": f"tests:{fact.sequence}",
        "recordedtime": fact.recordedtime,
        "effects": [],
    }
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["content-type"] == "application/json"


def test_the_position_is_the_one_of_the_last_effect(intake: Served) -> None:
    sent = new_event(data=WITH_EFFECTS)
    answer = intake.post(sent)
    facts = intake.log(sent["subject"])
    assert [fact.streamversion for fact in facts] == [1, 2, 3]
    assert answer.json()["position"] == f"tests:{facts[-1].sequence}"
    assert answer.json()["effects"] == [{"id": fact.id, "type": "tests.closed.v1"} for fact in facts[1:]]
    assert answer.headers["etag"] == '"3"'
    effect = json.loads(facts[1].envelope)
    assert effect["source"] == "urn:parcours:tests"
    assert effect["causationid"] == sent["id"]
    assert effect["time"] == sent["time"]
    assert effect["data"] == {"ended_on": "2024-01-01"}


def test_a_repeated_event_gets_the_first_answer(intake: Served) -> None:
    sent = new_event(data=WITH_EFFECTS)
    first = intake.post(sent)
    intake.post(new_event(subject=sent["subject"]))
    again = intake.post({**sent, "time": "2026-01-05T11:00:00+01:00", "datacontenttype": "application/json"})
    assert again.status_code == 200
    assert again.json() == {**first.json(), "outcome": "duplicate"}
    assert again.headers["etag"] == first.headers["etag"]


def test_an_effect_may_not_be_sent_from_outside(intake: Served) -> None:
    answer = intake.post(new_event(source="urn:parcours:tests"))
    assert (answer.status_code, answer.json()["code"]) == (403, "source_not_allowed")


def test_a_refusal_says_which_rule_with_its_data(intake: Served) -> None:
    sent = new_event(data=REFUSED)
    answer = intake.post(sent)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "id": sent["id"],
        "outcome": "refused",
        "type": "urn:parcours:too_many_hours",
        "code": "too_many_hours",
        "title": "More hours than a test may have",
        "status": 409,
        "article": "L1-1",
        "hours": 1001,
        "starts_on": "2024-01-01",
    }


def test_a_refusal_is_not_kept(intake: Served) -> None:
    sent = new_event(data=REFUSED)
    assert intake.post(sent).status_code == 409
    assert intake.post({**sent, "data": {"starts_on": "2024-01-01"}}).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"starts_on": "2024-01-02"}},
        {"type": "tests.closed.v1", "data": {"ended_on": "2024-01-01"}},
        {"subject": "person/00000000-0000-4000-9000-000000000001"},
        {"replaces": "another"},
    ],
)
def test_an_id_is_not_used_twice(intake: Served, change: dict[str, Any]) -> None:
    sent = new_event()
    position = intake.post(sent).json()["position"]
    answer = intake.post({**sent, **change})
    assert (answer.status_code, answer.json()["code"]) == (409, "id_reused")
    assert answer.json()["outcome"] == "refused"
    assert answer.json()["first_position"] == position


def test_key_order_and_number_spelling_are_no_content(intake: Served) -> None:
    sent = new_event(data={"starts_on": "2024-01-01", "hours": 35})
    intake.post(sent)
    body = json.dumps({**sent, "data": {"hours": 0, "starts_on": "2024-01-01"}}).replace("0,", "35.0,", 1)
    assert intake.post(body.encode()).json()["outcome"] == "duplicate"


def test_the_same_id_of_another_source_is_another_event(intake: Served) -> None:
    sent = new_event()
    intake.post(sent)
    assert intake.post({**sent, "source": "urn:test:other"}).status_code == 201


def test_all_faults_come_with_their_pointers(intake: Served) -> None:
    answer = intake.post(new_event(time="yesterday", data={"starts_on": "2023-02-29", "more": 1}))
    assert answer.status_code == 422
    assert answer.json()["outcome"] == "malformed"
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/time", "/data/starts_on", "/data/more"}


def test_a_time_far_ahead_is_malformed(intake: Served) -> None:
    answer = intake.post(new_event(time="2199-01-01T00:00:00Z"))
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/time", "time_in_the_future")]


@pytest.mark.parametrize("headers", [{"If-Match": '"0"'}, {"If-Match": 'W/"0"'}, {"If-Match": "*"}, {}])
def test_an_expected_version_that_is_met(intake: Served, headers: dict[str, str]) -> None:
    assert intake.post(new_event(), headers).status_code == 201
    assert intake.post(new_event(expectedversion=0), headers).status_code == 201


def test_an_expected_version_that_is_not_met(intake: Served) -> None:
    sent = new_event()
    intake.post(sent)
    for answer in (
        intake.post(new_event(subject=sent["subject"], expectedversion=0)),
        intake.post(new_event(subject=sent["subject"]), {"If-Match": '"2"'}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "version_mismatch")
        assert answer.json()["outcome"] == "refused"
        assert answer.json()["streamversion"] == 1
    assert intake.post(new_event(subject=sent["subject"]), {"If-Match": '"1"'}).headers["etag"] == '"2"'


@pytest.mark.parametrize("header", ["abc", '"-1"', '"1", "2"', '"99999999999999999999"'])
def test_if_match_is_a_stream_version(intake: Served, header: str) -> None:
    answer = intake.post(new_event(), {"If-Match": header})
    assert (answer.status_code, answer.json()["outcome"]) == (422, "malformed")


def test_if_match_and_expectedversion_must_agree(intake: Served) -> None:
    assert intake.post(new_event(expectedversion=0), {"If-Match": '"1"'}).status_code == 422


def test_a_repeated_event_need_not_expect_the_version_of_now(intake: Served) -> None:
    sent = new_event(expectedversion=0)
    intake.post(sent)
    intake.post(new_event(subject=sent["subject"]))
    assert intake.post(sent).status_code == 200
    assert intake.post(sent, {"If-Match": '"0"'}).status_code == 200


def test_a_rule_with_a_bug_stops_its_own_event_only(intake: Served) -> None:
    buggy = new_event(data={"starts_on": "2024-01-01", "inside": {"note": "b"}})
    answer = intake.post(buggy)
    assert (answer.status_code, answer.json()["code"]) == (500, "failed")
    assert outcomes(intake.post([new_event(), buggy, new_event()])) == ["recorded", "refused", "recorded"]


def test_a_batch_is_answered_in_order_event_by_event(intake: Served) -> None:
    good, other = new_event(), new_event(data=WITH_EFFECTS)
    batch: list[Any] = [good, {"id": "x"}, new_event(data=REFUSED), good, 17, {**good, "data": MALFORMED}, other]
    answer = intake.post(batch, BATCH)
    assert answer.status_code == 200
    assert outcomes(answer) == [
        "recorded", "malformed", "refused", "duplicate", "malformed", "malformed", "recorded"
    ]  # fmt: skip
    its = answer.json()["outcomes"]
    assert [one["id"] for one in its] == [good["id"], "x", batch[2]["id"], good["id"], "", good["id"], other["id"]]
    assert its[3] == {**its[0], "outcome": "duplicate"}
    assert its[2]["code"] == "too_many_hours"
    assert {fault["pointer"] for fault in its[5]["errors"]} == {"/data/starts_on"}


def test_later_events_of_a_batch_see_the_earlier_ones(intake: Served) -> None:
    subject = new_subject()
    batch = [new_event(subject=subject, expectedversion=version) for version in (0, 1, 1, 2)]
    assert outcomes(intake.post(batch)) == ["recorded", "recorded", "refused", "recorded"]
    assert intake.ids_of(subject) == [batch[0]["id"], batch[1]["id"], batch[3]["id"]]


def test_an_id_twice_in_a_batch_with_other_content_is_refused(intake: Served) -> None:
    sent = new_event()
    answer = intake.post([sent, {**sent, "data": {"starts_on": "2024-01-02"}}])
    assert outcomes(answer) == ["recorded", "refused"]
    assert answer.json()["outcomes"][1]["code"] == "id_reused"


def test_a_batch_larger_than_a_group(intake: Served) -> None:
    subject = new_subject()
    batch = [new_event(subject=subject) for _ in range(700)]
    assert set(outcomes(intake.post(batch))) == {"recorded"}
    assert intake.ids_of(subject) == [one["id"] for one in batch]
    assert set(outcomes(intake.post(batch))) == {"duplicate"}


def test_an_empty_batch(intake: Served) -> None:
    assert intake.post([], BATCH).json() == {"outcomes": []}
    assert intake.post([], BATCH, atomic="true").json() == {"outcomes": []}


def test_an_atomic_batch_is_recorded_whole(intake: Served) -> None:
    subject = new_subject()
    batch = [new_event(subject=subject, expectedversion=version) for version in range(3)]
    answer = intake.post(batch, BATCH, atomic="true")
    assert answer.status_code == 200
    assert outcomes(answer) == ["recorded"] * 3
    again = intake.post([*batch, new_event(subject=subject)], BATCH, atomic="true")
    assert outcomes(again) == ["duplicate"] * 3 + ["recorded"]


def test_an_atomic_batch_with_a_refusal_records_nothing(intake: Served) -> None:
    good, bad = new_event(), new_event(data=REFUSED)
    answer = intake.post([good, bad], BATCH, atomic="true")
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["outcome"]) == ("atomic_batch_refused", "refused")
    assert [(one["outcome"], one["code"]) for one in answer.json()["outcomes"]] == [
        ("refused", "not_recorded"),
        ("refused", "too_many_hours"),
    ]
    assert intake.ids_of(good["subject"]) == []
    assert intake.post(good).status_code == 201


def test_an_atomic_batch_with_something_malformed_records_nothing(intake: Served) -> None:
    good = new_event()
    answer = intake.post([good, new_event(data=MALFORMED), new_event(data=REFUSED)], BATCH, atomic="1")
    assert answer.status_code == 422
    assert answer.json()["outcome"] == "malformed"
    assert outcomes(answer) == ["refused", "malformed", "refused"]
    assert intake.ids_of(good["subject"]) == []


def test_an_atomic_batch_of_16_mib_is_recorded(intake: Served) -> None:
    pattern = json.dumps(new_event(id="ID", data={"starts_on": "2024-01-01", "codes": ["x"] * 900}))
    size = len(pattern) + 10
    batch = [pattern.replace("ID", f"large-{number:04}") for number in range(16 * 1024 * 1024 // size)]
    body = f"[{','.join(batch)}]".encode()
    assert 16 * 1024 * 1024 - 2 * size < len(body) <= 16 * 1024 * 1024
    answer = intake.post(body, BATCH, atomic="true")
    assert answer.status_code == 200
    assert set(outcomes(answer)) == {"recorded"}


def test_atomic_is_true_or_false(intake: Served) -> None:
    sent = new_event()
    assert intake.post([sent], BATCH, atomic="yes").status_code == 422
    assert intake.ids_of(sent["subject"]) == []


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", SINGLE, 422, "malformed"),
        (b"", BATCH, 422, "malformed"),
        (b"{", SINGLE, 422, "malformed"),
        (b"[]", SINGLE, 422, "malformed"),
        (b"{}", BATCH, 422, "malformed"),
        (b"[" * 100_000, BATCH, 422, "malformed"),
        (b"\xff", SINGLE, 422, "malformed"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", {"Content-Type": ""}, 415, "unsupported_media_type"),
        (b"{}", {"Content-Type": "application/json; charset=iso-8859-1"}, 415, "unsupported_media_type"),
        (gzip.compress(b"{}", mtime=0), {**SINGLE, "Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
        (b" " * (64 * 1024 + 1), SINGLE, 413, "too_large"),
        (b" " * (64 * 1024) + b"{}", {}, 413, "too_large"),
        (b" " * (16 * 1024 * 1024 + 1), BATCH, 413, "too_large"),
    ],
)
def test_a_body_that_is_no_event(intake: Served, body: bytes, headers: dict[str, str], status: int, code: str) -> None:
    before = intake.service.store.last_sequence()
    answer = intake.post(body, headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["outcome"] == ("malformed" if status == 422 else "refused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert intake.service.store.last_sequence() == before


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", 'Application/CloudEvents+JSON;charset="utf-8"'])
def test_utf_8_may_be_said(intake: Served, kind: str) -> None:
    assert intake.post(new_event(), {"Content-Type": kind}).status_code == 201


def test_a_batch_nested_too_deep_falls_whole(intake: Served) -> None:
    good, deep = new_event(), new_event(data={"starts_on": "2024-01-01"})
    for _ in range(20):
        deep["data"] = {"more": deep["data"]}
    answer = intake.post([good, deep], BATCH)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "too_deep"
    assert intake.ids_of(good["subject"]) == []


def test_a_large_event_in_a_batch_is_refused_by_itself(intake: Served) -> None:
    large = new_event(data={"starts_on": "2024-01-01", "codes": ["x"] * 20_000})
    answer = intake.post([large, new_event()])
    assert outcomes(answer) == ["refused", "recorded"]
    assert answer.json()["outcomes"][0]["status"] == 413


def test_a_chunked_body(intake: Served) -> None:
    raw = json.dumps(new_event()).encode()
    answer = intake.client.post(
        PATH, content=(raw[place : place + 7] for place in range(0, len(raw), 7)), headers=SINGLE
    )
    assert answer.status_code == 201


def test_a_chunked_body_without_end_is_cut(intake: Served) -> None:
    endless = (b" " * 1024 for _ in range(100_000))
    answer = intake.client.post(PATH, content=endless, headers=SINGLE)
    assert answer.status_code == 413


def test_a_body_shorter_than_it_says_records_nothing(intake: Served) -> None:
    sent = new_event()
    raw = json.dumps(sent).encode()
    address = urlsplit(intake.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    connection.putrequest("POST", PATH)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(raw) + 1))
    connection.endheaders(raw)
    connection.close()
    assert intake.post(new_event(source=SOURCE)).status_code == 201
    assert intake.ids_of(sent["subject"]) == []

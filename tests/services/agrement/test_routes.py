"""What the agrement service answers over HTTP: a person's agréments, whether a fact would pass, who may be hired."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.agrement.facts import CATALOGUE
from services.agrement.model.person_view import person_view
from services.agrement.shapes import MayBeHiredShape, PersonAgrements
from shared.facts.fact import Visibility
from shared.intake.check_route import Checked
from tests.services.agrement.suite import Suite, a_grant, a_void, event, settled, subject
from tests.services.scenario import uid
from tests.shared.intake.running import answered


def check(suite: Suite, sent: Any, wanted: int = 200, **headers: Any) -> Any:
    answer = answered(lambda: suite.client.post("/agrement/v1/check", json=sent, headers=headers), wanted)
    if wanted == 200:
        Checked.model_validate_json(answer.text, strict=False)
    return answer.json()


def get(suite: Suite, person: str, wanted: int = 200, path: str = "", **query: str) -> Any:
    answer = answered(lambda: suite.client.get(f"/agrement/v1/persons/{person}{path}", params=query), wanted)
    return answer.json()


def a_suspended_person(suite: Suite) -> None:
    suite.registered("A")
    suite.granted("a", "2024-01-01")
    suite.hired("a", "A", "2024-01-01")
    settled(suite.reconciler())
    suite.suspended("a", "2024-06-01", "2024-08-30")
    settled(suite.reconciler())


def test_a_person_is_answered_in_the_shape_that_is_promised(suite: Suite) -> None:
    a_suspended_person(suite)
    view = get(suite, str(uid("a")), on="2024-06-30")
    PersonAgrements.model_validate_json(TypeAdapter(Any).dump_json(view))
    assert list(view) == ["person_id", "on", "carence", "agrements"]
    (one,) = view["agrements"]
    assert list(one) == [
        "agrement_id", "number", "origin", "state", "starts_on", "ends_on", "ends_on_if_resumed", "remaining_days",
        "remaining_estimate", "suspensions", "prolongations", "next_suspension", "prolongation_window", "explained",
    ]  # fmt: skip
    assert list(one["suspensions"][0]) == ["suspension_id", "reason", "starts_on", "ends_on", "pushes_days"]
    assert list(one["prolongation_window"]) == ["opens_on", "closes_on", "open", "allowed"]
    assert [list(moved) for moved in one["explained"]] == [["fact_id", "type", "days", "article"]] * 2
    assert (one["state"], one["ends_on"], sum(moved["days"] for moved in one["explained"])) == (
        "suspended",
        "2026-03-31",
        821,
    )
    assert get(suite, str(uid("a")), on="2024-06-30", counting="day_exact")["agrements"][0]["ends_on"] == "2026-04-01"
    after = get(suite, str(uid("a")), on="2026-04-01")
    assert after["carence"] == {"starts_on": "2026-04-01", "ends_on": "2028-03-31"}
    assert list(get(suite, str(uid("a")), on="2026-01-01")["agrements"][0]["prolongation_window"]["allowed"][0]) == [
        "reason",
        "latest_end",
        "needs_opinion",
    ]
    assert list(get(suite, str(uid("a")), on="2024-09-15")["agrements"][0]["next_suspension"]) == [
        "earliest_start",
        "latest_start",
        "latest_end",
    ]


def test_a_person_nobody_has_spoken_of_has_none(suite: Suite) -> None:
    person = str(uuid4())
    assert get(suite, person, on="2024-06-30") == {
        "person_id": person,
        "on": "2024-06-30",
        "carence": None,
        "agrements": [],
    }


def test_known_at_an_instant_or_a_day(suite: Suite) -> None:
    a_suspended_person(suite)
    granted, hired, suspended = [fact.recordedtime for fact in suite.facts("a")]
    at: dict[str, Any] = {"on": "2024-06-30"}
    assert get(suite, str(uid("a")), known_at=hired.isoformat(), **at)["agrements"][0]["suspensions"] == []
    assert len(get(suite, str(uid("a")), known_at=suspended.isoformat(), **at)["agrements"][0]["suspensions"]) == 1
    assert get(suite, str(uid("a")), known_at="2020-01-01", **at)["agrements"] == []
    assert len(get(suite, str(uid("a")), known_at="2199-12-31", **at)["agrements"]) == 1
    assert granted < suspended


@pytest.mark.parametrize(
    "query",
    [
        {"on": "yesterday"},
        {"on": "2024-02-30"},
        {"on": "0001-01-01"},
        {"on": "9999-12-31"},
        {"on": ""},
        {"counting": "fast"},
        {"known_at": "then"},
        {"known_at": "2024-01-01T10:00:00"},
        {"known_at": "9999-12-31T23:59:59-23:59"},
    ],
)
def test_bad_parameters_are_malformed(suite: Suite, query: dict[str, str]) -> None:
    get(suite, str(uid("a")), 422, **query)
    if "on" in query:
        get(suite, str(uid("a")), 422, "/may-be-hired", by=str(uid("A")), **query)


def test_bad_ids_are_malformed(suite: Suite) -> None:
    get(suite, "nobody", 422)
    get(suite, str(uid("a")), 422, "/may-be-hired", by="A")
    get(suite, str(uid("a")), 422, "/may-be-hired")
    get(suite, str(uid("a")), 422, "/may-be-hired", by=str(uid("A")), sender_kind="friend")


@pytest.mark.parametrize("day", ["1900-01-01", "2199-12-31"])
def test_the_first_and_the_last_day_are_answered(suite: Suite, day: str) -> None:
    suite.granted("a", day, granted_on="2026-01-05")
    suite.granted("b", "2024-01-01")
    for person in ("a", "b"):
        get(suite, str(uid(person)), on=day)
        get(suite, str(uid(person)), 200, "/may-be-hired", by=str(uid("A")), on=day)


def test_may_be_hired(suite: Suite) -> None:
    a_suspended_person(suite)
    suite.registered("G", "GEIQ")
    settled(suite.reconciler())

    def ask(on: str, by: str = "A", **query: str) -> Any:
        answer = get(suite, str(uid("a")), 200, "/may-be-hired", by=str(uid(by)), on=on, **query)
        MayBeHiredShape.model_validate_json(TypeAdapter(Any).dump_json(answer))
        return answer

    assert ask("2024-03-01") == {"answer": "reuse", "agrement_id": str(uid("a P")), "why": []}
    assert ask("2024-07-01")["why"] == [{"code": "suspended", "article": "R5132-1-3"}]
    assert ask("2026-04-01") == {"answer": "blocked", "why": [{"code": "in_carence", "article": "R5132-1-4"}]}
    assert ask("2026-04-01", sender_kind="authorised_prescriber")["answer"] == "new"
    assert ask("2026-04-01", "G")["answer"] == "not_needed"
    assert ask("2028-04-01")["answer"] == "new"


# Check


def test_a_check_gives_every_rule_that_would_be_broken_and_records_nothing(suite: Suite) -> None:
    suite.granted("a")
    before = suite.log()
    bad = a_grant("a", "2026-02-01", number="625741810182", origin="default", diagnosis_id=str(uid("none")))
    found = check(suite, bad)
    assert not found["allowed"]
    assert {one["code"] for one in found["refusals"]} >= {
        "agrement_id_used",
        "diagnosis_unknown",
        "number_of_another_issuer",
    }
    refused = suite.post(bad, 409)
    assert [refused["code"], *(one["code"] for one in refused["also"])] == [one["code"] for one in found["refusals"]]
    assert suite.log() == before


def test_a_check_gives_what_would_follow(suite: Suite) -> None:
    first = suite.granted("a")
    data = {"agrement_id": str(uid("a P")), "request_id": str(uid("R")), "structure_id": str(uid("A")), "reason": "RQTH",
            "starts_on": "2027-12-31", "ends_on": "2028-06-30", "requested_on": "2027-06-01"}  # fmt: skip
    suite.post(event("agrement.prolongation_requested", subject("a"), data))
    answer: dict[str, Any] = {"agrement_id": str(uid("a P")), "request_id": str(uid("R")), "prolongation_id": str(uid("L")),
            "decided_on": "2027-06-10", "prescriber_id": str(uid("FT")), "authorised": True}  # fmt: skip
    sent = event("agrement.prolongation_granted", subject("a"), answer)
    found = check(suite, sent)
    assert (found["allowed"], [one["type"] for one in found["effects"]]) == (True, ["agrement.prolonged.v1"])
    assert [one["type"] for one in suite.post(sent)["effects"]] == ["agrement.prolonged.v1"]
    again = check(suite, sent)
    assert [warning["code"] for warning in again.pop("warnings", ())] in ([], ["day_in_the_future"])  # until June 2027
    assert again == {"allowed": True, "recorded_already": True, "refusals": [], "effects": []}
    assert check(suite, {**sent, "data": {**answer, "decided_on": "2027-06-11"}})["refusals"][0]["code"] == "id_reused"
    assert check(suite, {**first, "subject": subject("another")})["refusals"][0]["code"] == "id_reused"
    assert [one["type"] for one in check(suite, a_void(sent))["effects"]] == ["agrement.fact_voided.v1"]


def test_a_check_is_conditional_as_intake_is(suite: Suite) -> None:
    suite.granted("a")
    closing = {"agrement_id": str(uid("a P")), "closed_on": "2026-03-01", "reason": "left", "author_kind": "staff"}
    sent = event("agrement.agrement_closed", subject("a"), closing)
    assert check(suite, {**sent, "expectedversion": 1})["allowed"]
    if_match: dict[str, Any] = {"If-Match": '"7"'}
    for found in (check(suite, {**sent, "expectedversion": 0}), check(suite, sent, **if_match)):
        assert [(one["code"], one["status"]) for one in found["refusals"]] == [("version_mismatch", 412)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "not_one_event"),
        ([{}], "not_one_event"),
        ({}, "missing_field"),
        ("x", None),
        ({**a_grant("a"), "type": "agrement.nothing.v1"}, None),
        ({**a_grant("a"), "subject": "structure/6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001"}, None),
    ],
)
def test_what_intake_finds_malformed_a_check_does_too(suite: Suite, body: Any, code: str | None) -> None:
    found = check(suite, body, 422)
    assert found["code"] == "malformed"
    assert code is None or code in [fault["code"] for fault in found["errors"]]


def test_a_check_of_a_batch_or_of_another_type_is_refused_clearly(suite: Suite) -> None:
    def post(kind: str, content: bytes) -> httpx2.Response:
        return suite.client.post("/agrement/v1/check", content=content, headers={"Content-Type": kind})

    assert post("application/cloudevents-batch+json", b"[]").json()["errors"][0]["code"] == "not_one_event"
    assert post("application/x-ndjson", b"{}\n").json()["errors"][0]["code"] == "not_one_event"
    assert post("text/plain", b"{}").status_code == 415
    assert post("application/json", b"{").status_code == 422
    assert post("application/json", b" " * 70_000).status_code == 413


KINDS = [name for name in CATALOGUE.facts if not name.endswith("fact_voided.v1")]
DAYS = ["2025-12-31", "2026-01-05", "2026-06-01", "2026-06-15", "2026-07-01", "2027-12-31", "2028-03-01"]
NAMES = ["agrement_id", "suspension_id", "prolongation_id", "request_id", "diagnosis_id", "structure_id", "contract_id"]


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """Examples with other days, about few things of one person."""
    fact = CATALOGUE.facts[draw(st.sampled_from(KINDS))]
    data = dict(fact.example)
    for name in data:
        if name in NAMES:
            data[name] = str(uid(draw(st.sampled_from(["1", "2"]))))
        elif name.endswith("_on") and not fact.by_today:
            data[name] = draw(st.sampled_from(DAYS))
    data.pop("number", None)
    if "origin" in data:
        data["origin"] = "ai_stock"
        data.pop("diagnosis_id")
    return event(fact.type.removesuffix(".v1"), "", data)


def test_a_check_answers_what_intake_then_does(suite: Suite) -> None:
    reconciler = suite.reconciler()

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(events(), min_size=1, max_size=8))
    def they_agree(story: list[dict[str, Any]]) -> None:
        about = f"person/{uuid4()}"
        for one in story:
            sent = {**one, "id": str(uuid4()), "subject": about}
            settled(reconciler)
            found = check(suite, sent)
            done = suite.client.post("/agrement/v1/events", json=sent).json()
            assert found["allowed"] == (done["outcome"] == "recorded")
            codes = [done["code"], *(also["code"] for also in done.get("also", []))] if "code" in done else []
            assert [refusal["code"] for refusal in found["refusals"]] == codes
            assert [effect["type"] for effect in found["effects"]] == [e["type"] for e in done.get("effects", [])]

    they_agree()


def test_nothing_is_answered_that_only_the_writing_structure_may_see(suite: Suite) -> None:
    """A view has no field of that kind, so that every caller may be shown all of it."""
    hidden = {
        name
        for fact in CATALOGUE.facts.values()
        for name in fact.model_fields
        if fact.visibility_of(name) is Visibility.STRUCTURE
    }
    a_suspended_person(suite)
    assert hidden
    assert hidden & names_in(person_view(suite.facts("a"), suite.facts("a")[0].occurred_on)) == set()
    assert hidden & names_in(TypeAdapter(PersonAgrements).json_schema()) == set()


def names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {*map(str, value), *(name for item in value.values() for name in names_in(item))}
    return {name for item in value for name in names_in(item)} if isinstance(value, list) else set()


# What depends on each other


def a_request(person: str, name: str = "R") -> dict[str, Any]:
    data = {"agrement_id": str(uid(f"{person} P")), "request_id": str(uid(f"{person} {name}")), "reason": "RQTH",
            "structure_id": str(uid("A")), "starts_on": "2027-12-31", "ends_on": "2028-06-30",
            "requested_on": "2027-06-01"}  # fmt: skip
    return event("agrement.prolongation_requested", subject(person), data)


def a_yes(person: str, prolongation: str = "L", name: str = "R") -> dict[str, Any]:
    data = {"agrement_id": str(uid(f"{person} P")), "request_id": str(uid(f"{person} {name}")),
            "prolongation_id": str(uid(f"{person} {prolongation}")), "decided_on": "2027-06-10",
            "prescriber_id": str(uid("FT")), "authorised": True}  # fmt: skip
    return event("agrement.prolongation_granted", subject(person), data)


def test_fifty_grants_of_one_request_at_once_prolong_once(suite: Suite) -> None:
    suite.granted("a")
    suite.post(a_request("a"))
    sent = [a_yes("a", f"L{place}") for place in range(25)] + [a_yes("a") for _ in range(25)]
    outcomes = suite.post(sent, 200)["outcomes"]
    assert {one["outcome"] for one in outcomes} == {"recorded"}
    assert len(suite.standing("a", "prolonged")) == 1


def test_an_atomic_batch_may_lean_on_itself_and_is_refused_whole(suite: Suite) -> None:
    whole = [a_grant("a"), a_request("a"), a_yes("a")]
    refused = suite.post([*whole, a_request("a", "R") | {"id": "the same request"}], 409, atomic="true")
    assert [one.get("code") for one in refused["outcomes"]] == ["not_recorded"] * 3 + ["request_id_used"]
    assert suite.log() == []
    outcomes = suite.post(whole, 200, atomic="true")["outcomes"]
    assert [one["outcome"] for one in outcomes] == ["recorded"] * 3
    assert [effect["type"] for effect in outcomes[2]["effects"]] == ["agrement.prolonged.v1"]
    assert len(suite.store().deadlines.of([subject("a")])[subject("a")]) == 5


def test_a_grant_with_or_without_the_number_it_was_given_is_one_event(suite: Suite) -> None:
    """After a restore a grant is posted again with its number, which readers know; its sender says it as it first did."""
    sent = suite.granted("numbered")
    (granted,) = suite.standing("numbered", "agrement_granted")
    number = granted["number"]
    with_number = {**sent, "data": {**sent["data"], "number": number}}
    for again in (sent, with_number):
        assert suite.post(again, 200)["outcome"] == "duplicate"
    brought = a_grant("brought", number=f"{number[:-4]}9000")
    suite.post(brought)
    without = {name: value for name, value in brought["data"].items() if name != "number"}
    assert suite.post({**brought, "data": without}, 200)["outcome"] == "duplicate"
    for other in ({"number": f"{number[:-4]}9001"}, {"starts_on": "2026-01-02"}):
        assert suite.post({**brought, "data": {**brought["data"], **other}}, 409)["code"] == "id_reused"
    assert suite.post({**brought, "replaces": sent["id"]}, 409)["code"] == "id_reused"

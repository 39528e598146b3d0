"""How many hours are left: over HTTP, on any day, as known at any instant, by one AI or across them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.services.agrement.suite import event
from tests.services.placements.suite import Suite, a_placement, a_void, settled, some_hours, suite_on, uid

NO_HOURS = {"window": None, "limit": 480, "hours_worked": 0, "hours_planned": 0, "hours_left": 480, "lifted": None}


def posted(suite: Suite, *events: dict[str, Any]) -> None:
    """And acted upon."""
    for one in events:
        suite.post(one)
    settled(suite.reconciler())


@pytest.fixture
def across(database_url: str) -> Iterator[Suite]:
    with suite_on(database_url, "person") as one:
        for name in ("AI", "other AI"):
            one.structure(name)
        one.company()
        yield one


def test_a_person_nobody_has_spoken_of_has_no_cap_but_every_ai_has_all_hours_left(suite: Suite) -> None:
    suite.structure("ETTI", "ETTI")
    posted(suite)
    person = str(uuid4())
    path = f"/placements/v1/persons/{person}/cap"
    found = suite.client.get(path, params={"on": "2024-03-01"}).json()
    assert (found["person_id"], found["on"], found["scope"], found["caps"]) == (person, "2024-03-01", "structure", [])
    (cap,) = suite.client.get(path, params={"on": "2024-03-01", "structure_id": str(uid("AI"))}).json()["caps"]
    assert {**cap, **NO_HOURS} == cap
    for name in ("ETTI", "of which nothing is known"):
        assert suite.client.get(path, params={"structure_id": str(uid(name))}).json()["caps"] == []


def test_kinds_of_clients_come_with_their_confidence_and_source(suite: Suite) -> None:
    posted(suite)
    found = suite.caps(on="2024-03-01")
    capped = {row["kind"]: row["confidence"] for row in found["capped_client_kinds"]}
    assert (capped["company"], capped["local_authority"]) == ("confirmed", "open")
    assert {row["kind"] for row in found["free_client_kinds"]} == {"household", "nonprofit"}
    assert {row["source"] for row in found["capped_client_kinds"]} == {"L5132-9, L2211-1"}


def test_each_ai_has_a_cap_of_its_own_and_one_with_households_only_has_all_hours_left(suite: Suite) -> None:
    suite.structure("other AI")
    posted(suite)
    posted(suite, a_placement("2024-02-10", 100), some_hours("2024-02", 40))
    posted(suite, a_placement("2024-02-10", 100, number=2, structure="other AI", client="household"))
    first, second = suite.caps(on="2024-03-01")["caps"]
    assert (first["structure_id"], first["hours_worked"], first["hours_planned"], first["hours_left"]) == (
        str(uid("AI")),
        40,
        60,
        380,
    )
    assert (second["structure_id"], second["hours_left"]) == (str(uid("other AI")), 480)
    assert suite.cap("2024-03-01", structure_id=str(uid("other AI")))["hours_left"] == 480


def test_before_the_first_placement_what_is_planned_counts_already(suite: Suite) -> None:
    """Once it was agreed: it was before, and is left out of days on which nobody had agreed it."""
    posted(suite)
    said = {"time": "2024-01-01T08:00:00+01:00"}
    posted(suite, a_placement("2024-02-10", 100, ends_on="2024-06-30", around=said))
    assert suite.cap("2023-12-31", structure_id=str(uid("AI")))["hours_planned"] == 0
    cap = suite.cap("2024-01-01")
    assert (cap["window"], cap["hours_planned"], cap["hours_left"]) == (None, 100, 380)
    cap = suite.cap("2026-02-10")  # the window is over, and the placement with it
    assert (cap["window"], cap["hours_planned"], cap["hours_left"]) == (None, 0, 480)


def test_a_derogation_may_move_the_cap(suite: Suite) -> None:
    data = {"derogation_id": str(uid("D")), "rule": "ai_hours_cap", "decided_on": "2024-01-01",
            "starts_on": "2024-01-01", "ends_on": "2024-12-31", "limit": 600}  # fmt: skip
    suite.post(event("structures.derogation_granted", f"structure/{uid('AI')}", data))
    posted(suite)
    posted(suite, a_placement("2024-02-10", 500))
    cap = suite.cap("2024-03-01")
    assert (cap["limit"], cap["hours_left"]) == (600, 100)
    assert cap["lifted"] == {"derogation_id": str(uid("D")), "until": "2024-12-31", "limit": 600}
    assert suite.cap("2025-01-01")["hours_left"] == 0


def test_on_a_past_day_what_was_true_by_it_counts(suite: Suite) -> None:
    """Issue 10, 6: 349.5 h on 2024-06-30, of which 66.5 had been worked. Whenever the hours were posted."""
    posted(suite)
    data = {"derogation_id": str(uid("D")), "rule": "ai_hours_cap", "decided_on": "2024-07-01",
            "starts_on": "2024-01-01", "ends_on": "2024-12-31"}  # fmt: skip
    posted(suite, a_placement("2024-02-10", 400), some_hours("2024-05", 66.5), some_hours("2024-06", 283))
    suite.post(event("structures.derogation_granted", f"structure/{uid('AI')}", data))
    posted(suite)
    assert _hours(suite.cap("2024-05-30")) == (0, 400, 80)
    assert _hours(suite.cap("2024-06-29")) == (66.5, 333.5, 80)
    assert _hours(suite.cap("2024-06-30")) == (349.5, 50.5, 80)
    assert _hours(suite.cap("2024-07-01")) == (349.5, 50.5, None)
    assert suite.caps(on="2024-02-09")["caps"] == []


def _hours(cap: dict[str, Any]) -> tuple[Any, ...]:
    return cap["hours_worked"], cap["hours_planned"], cap["hours_left"]


def test_as_known_at_an_instant(suite: Suite) -> None:
    """What structures and clients were known to be then, too."""
    posted(suite)
    posted(suite, a_placement("2024-02-10"), hours := some_hours("2024-02", 40))
    then = suite.facts()[-1].recordedtime.isoformat()
    client = {"kind": "company", "registered_on": "2010-01-01"}
    posted(suite, a_void(hours), event("structures.client_changed", f"client/{uid('company')}",
           {"changed_on": "2010-01-02", "kind": "nonprofit"}), event("structures.client_registered",
           f"client/{uid('new')}", client))  # fmt: skip
    assert suite.cap("2024-03-01")["window"] is None
    assert suite.cap("2024-03-01", known_at=then)["hours_worked"] == 40
    assert suite.caps(on="2024-03-01", known_at="2020-01-01")["caps"] == []


def test_across_ais_hours_add_up_and_a_derogation_is_one_association_s(across: Suite) -> None:
    posted(across)
    posted(across, a_placement("2024-02-10"), some_hours("2024-02", 300))
    posted(across, a_placement("2024-03-10", number=2, structure="other AI"))
    posted(across, some_hours("2024-03", 200, number=2, structure="other AI"))
    found = across.caps(on="2024-04-01")
    assert found["scope"] == "person"
    assert [(cap["hours_worked"], cap["hours_left"]) for cap in found["caps"]] == [(500, 0), (500, 0)]
    assert [kind for kind, _, _ in across.said()] == ["cap_approaching", "cap_exceeded"]
    across.lifted("other AI")
    settled(across.reconciler())
    assert [cap["hours_left"] for cap in across.caps(on="2024-04-01")["caps"]] == [0, None]
    assert across.said() == []


def test_answers_wait_for_structures_and_for_what_was_posted_here(suite: Suite) -> None:
    after = {"After-Position": suite.positions["structures"]}
    answer = suite.client.get(f"/placements/v1/persons/{uid('a')}/cap", headers=after)
    assert (answer.status_code, set(answer.json()["missing"])) == (503, {"structures"})
    settled(suite.reconciler())
    assert suite.caps()["caps"] == []


def test_what_is_posted_waits_for_structures_too(suite: Suite) -> None:
    """Up to its `After-Position`; not reached, what would be refused by what is known so far is not refused yet."""
    settled(suite.reconciler())
    known = {"After-Position": suite.positions["structures"], "Prefer": "wait=0"}
    beyond = {**known, "After-Position": f"structures:{int(suite.positions['structures'].partition(':')[2]) + 1}"}
    answers = [
        suite.client.post("/placements/v1/events", json=sent, headers=headers)
        for sent, headers in [
            (a_placement("2024-02-10", 500), known),
            (a_placement("2024-02-10", 500), beyond),
            (a_placement("2024-02-10", 10), beyond),
        ]
    ]
    assert [answer.status_code for answer in answers] == [409, 503, 201]
    assert answers[0].json()["code"] == "hours_cap_exceeded"
    not_yet = answers[1].json()
    assert (not_yet["code"], not_yet["missing"][0]["service"]) == ("not_yet_known", "structures")
    assert int(answers[1].headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    "query", [{"on": "yesterday"}, {"on": "0001-01-01"}, {"structure_id": "AI"}, {"known_at": "then"}]
)
def test_bad_parameters_are_malformed(suite: Suite, query: dict[str, str]) -> None:
    assert suite.client.get(f"/placements/v1/persons/{uid('a')}/cap", params=query).status_code == 422

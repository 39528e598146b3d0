"""What is left under caps, to members that agreed to share for that: each case seen by both sides."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.pathways.facts import HandoverProposed, PersonsMerged
from services.placements.facts import HoursWorked, PlacementAgreed
from services.structures.facts import ClientRegistered, DerogationGranted, GroupFormed, MembershipEnded
from shared.facts.fact import Recorded
from shared.rights.caller import LOCAL
from tests.services.projections.facts import (
    AI,
    EI,
    ETTI,
    GROUP,
    PERSON,
    hired,
    membership_started,
    structure_registered,
)
from tests.services.projections.seeing import TODAY, V1, Suite, said
from tests.services.projections.sharing import Clock
from tests.services.projections.test_api import of
from tests.services.purposes import purpose_of
from tests.services.scenario import day, like, uid

PATH = f"/persons/{PERSON}/caps"
COMPANY = uid("company")
OTHER_AI = uid("another association")


def bodies() -> list[Recorded]:
    kinds = {AI: "AI", OTHER_AI: "AI", ETTI: "ETTI", EI: "EI"}
    return [
        *(of(f"structure/{one}", structure_registered(kind, "2015-01-01")) for one, kind in kinds.items()),
        *(of(f"group/{GROUP}", membership_started(one, "2020-01-01")) for one in (AI, OTHER_AI, ETTI)),
        of(f"client/{COMPANY}", ClientRegistered(name="A", kind="company", registered_on=day("2015-01-01"))),
    ]


def lent(by: UUID, hours: float, name: str = "", person: UUID = PERSON, month: str = "2024-05") -> list[Recorded]:
    """So many hours with a company."""
    placement = uid(f"placement {by} {name}")
    agreed = PlacementAgreed(
        placement_id=placement,
        structure_id=by,
        client_id=COMPANY,
        starts_on=day(f"{month}-02"),
        ends_on=day(f"{month}-28"),
    )
    worked = HoursWorked(
        entry_id=uid(f"entry {by} {name}"),
        structure_id=by,
        placement_id=placement,
        month=month,
        hours=hours,
        mode="placement",
    )
    return [said(by, fact).model_copy(update={"subject": f"person/{person}"}) for fact in (agreed, worked)]


def lives() -> list[Recorded]:
    """The person works for the AI, which has lent it for 180 hours, and for the ETTI."""
    hires = [
        said(by, hired(uid(f"hired by {by}"), by, "2024-02-01", "2024-12-31"), id=f"hired by {by}") for by in (AI, ETTI)
    ]
    return [*bodies(), *hires, *lent(AI, 180)]


def agreed(clock: Clock, *members: UUID, **terms: Any) -> list[Recorded]:
    terms = {"purpose": "caps", "profile": "minimum", **terms}
    return [*(clock.agreed(one, **terms) for one in members or (AI, ETTI)), clock.informed(AI)]


def left(suite: Suite, own: UUID | None, role: str = "structure", **asked: Any) -> dict[str, float | None] | int:
    """By association the hours left; else the status of the answer."""
    answer = suite.get(PATH, role, own, **asked)
    if answer.status_code != 200:
        return int(answer.status_code)
    return {cap["structure_id"]: cap["hours_left"] for cap in answer.json()["caps"]}


def both(suite: Suite, **asked: Any) -> tuple[Any, Any]:
    return left(suite, AI, **asked), left(suite, ETTI, **asked)


OWN_ALONE: tuple[Any, Any] = ({str(AI): 300.0}, {})
SHARED: tuple[Any, Any] = ({str(AI): 300.0}, {str(AI): 300.0})


def test_a_member_is_told_what_is_left_elsewhere_and_nothing_more(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives())
    assert both(suite) == OWN_ALONE
    suite.tell(*agreed(clock))
    assert both(suite) == SHARED
    answer = suite.get(PATH, own=ETTI).json()
    assert answer == {
        "person_id": str(PERSON),
        "on": answer["on"],
        "scope": "structure",
        "agrement": None,
        "caps": [{"structure_id": str(AI), "hours_left": 300.0, "article": "L5132-9", "confidence": "confirmed"}],
    }
    # For another purpose nothing is shared: neither there nor in any list.
    assert suite.get(f"/persons/{PERSON}/timeline", own=ETTI).json()["placements"] == []
    assert str(AI) not in suite.get(f"/persons/{PERSON}/timeline", own=ETTI).text
    assert suite.items("/tables/placements", own=ETTI) == []
    assert suite.get(f"/groups/{GROUP}/transitions", own=ETTI).json().get("items", []) == []


@pytest.mark.parametrize("purpose", ["pathway_continuity", "caps", "figures"])
def test_an_agreement_for_one_purpose_opens_no_address_of_another(suite: Suite, clock: Clock, purpose: str) -> None:
    """Every address of a person, a group and a list, as before anybody agreed, but those of the purpose; `figures` has none
    that it opens."""
    formed = of(f"group/{GROUP}", GroupFormed(name="A", formed_on=day("2015-01-01")))
    suite.tell(*lives(), formed)
    routes = [
        path.removeprefix(V1).format(person_id=PERSON, structure_id=ETTI, group_id=GROUP)
        for path, operations in suite.client.get(f"{V1}/openapi.json").json()["paths"].items()
        if path.startswith(V1) and purpose_of(f"GET {path}") not in (purpose, "audit", "–")
    ]
    assert len(routes) > 1

    def answers() -> dict[str, Any]:
        return {path: told(suite.get(path, own=ETTI)) for path in routes}

    before = answers()
    suite.tell(*agreed(clock, purpose=purpose, coordinator=True))
    assert answers() == before
    coordinator = suite.get(PATH, "group_coordinator", None).status_code
    assert coordinator == (200 if purpose == "caps" else 404)


def told(answer: Any) -> Any:
    """What it says, without what names the request."""
    return {name: value for name, value in answer.json().items() if name not in ("request_id", "instance")}


def test_a_newcomer_waits_until_the_person_is_told_again(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), clock.agreed(AI, purpose="caps", profile="minimum"), clock.informed(AI))
    suite.tell(clock.agreed(ETTI, purpose="caps", profile="minimum"))
    assert both(suite) == OWN_ALONE
    suite.tell(clock.informed(ETTI))
    assert both(suite) == SHARED


def test_an_objection_and_a_withdrawal_end_it_for_past_days_too(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock), clock.objected(AI))
    assert both(suite) == OWN_ALONE
    assert both(suite, on="2024-06-01") == OWN_ALONE
    suite.tell(clock.lifted(AI))
    assert both(suite) == SHARED
    suite.tell(clock.withdrew(AI))
    assert both(suite) == OWN_ALONE


def test_who_leaves_the_group_is_shown_nothing_and_shows_nothing(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock))
    suite.tell(clock.said("role/staff", MembershipEnded(structure_id=ETTI, ended_on=day("2024-06-30")), GROUP))
    assert both(suite) == OWN_ALONE


def test_who_is_behind_tells_nobody_of_others(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock))
    suite.behind = 11.0
    for own in (AI, ETTI):
        answer = suite.get(PATH, own=own)
        assert (answer.status_code, answer.json()["code"]) == (503, "rights_not_current")


def test_a_person_it_has_nothing_to_do_with_is_one_that_nobody_knows(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock, AI, ETTI, OTHER_AI))
    answer = suite.get(PATH, own=OTHER_AI)
    unknown = suite.get(f"/persons/{uid('nobody')}/caps", own=OTHER_AI)
    assert answer.status_code == unknown.status_code == 404
    without = [
        {k: v for k, v in one.json().items() if k not in ("request_id", "instance")} for one in (answer, unknown)
    ]
    assert without[0] == without[1]


def test_whose_relation_is_over_counts_its_own_hours_alone(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock))
    suite.today = date(2025, 1, 1)
    assert left(suite, ETTI) == {}


def test_whom_the_person_is_proposed_to_is_told_under_an_agreement(suite: Suite, clock: Clock) -> None:
    proposed = HandoverProposed(
        handover_id=uid("handover"), from_structure_id=AI, to_structure_id=OTHER_AI, proposed_on=day("2024-06-20")
    )
    suite.tell(*lives(), said(AI, proposed))
    assert left(suite, OTHER_AI) == 404
    suite.tell(*agreed(clock, AI, OTHER_AI))
    assert left(suite, OTHER_AI) == {str(AI): 300.0}


def test_a_coordinator_is_told_as_the_members_that_instruct_it(suite: Suite, clock: Clock) -> None:
    suite.tell(*lives(), *agreed(clock))
    assert left(suite, None, "group_coordinator") == 404
    suite.clear()
    suite.tell(*lives(), *agreed(clock, coordinator=True))
    assert left(suite, None, "group_coordinator") == {str(AI): 300.0}
    for role in ("prescriber", "federation", "data_steward", "staff", "service", "ops", "auditor"):
        assert left(suite, ETTI, role) == 403


def test_what_lifts_a_cap_is_not_told_but_that_there_is_none(suite: Suite, clock: Clock) -> None:
    granted = like(
        DerogationGranted, derogation_id=str(uid("derogation")), rule="ai_hours_cap", limit=None,
        decided_on="2023-12-01", starts_on="2024-01-01", ends_on="2024-12-31",
    )  # fmt: skip
    suite.tell(*lives(), of(f"structure/{AI}", granted), *agreed(clock))
    assert left(suite, ETTI, on="2024-06-30") == {str(AI): None}
    assert str(uid("derogation")) not in suite.get(PATH, own=ETTI, on="2024-06-30").text


def test_a_merged_person_has_one_cap_under_every_id(suite: Suite, clock: Clock) -> None:
    other = uid("the same person")
    merged = clock.said("role/data_steward", PersonsMerged(into=PERSON, merged_on=day("2024-06-20")), other)
    suite.tell(*lives(), *lent(AI, 100, "under the other id", other), *agreed(clock), merged)
    assert both(suite) == ({str(AI): 200.0}, {str(AI): 200.0})
    answer = suite.get(f"/persons/{other}/caps", own=ETTI).json()
    assert (answer["person_id"], answer["caps"][0]["hours_left"]) == (str(PERSON), 200.0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_it_is_what_a_suite_would_say_that_was_told_nothing_else(suite: Suite, data: st.DataObject) -> None:
    """The judge: everybody's answer, where nobody but the reader and those who share with it ever said anything."""
    clock = Clock()
    structures = (AI, OTHER_AI, ETTI)
    hours = {
        by: [
            fact
            for number in range(data.draw(st.integers(0, 3)))
            for fact in lent(by, data.draw(st.sampled_from([7.5, 60, 200, 400])), str(number))
        ]
        for by in structures
    }
    members = data.draw(st.sets(st.sampled_from(structures)))
    reader = data.draw(st.sampled_from(structures))
    seen = {reader, *(members if reader in members else ())}
    hires = {
        by: said(by, hired(uid(f"hired by {by}"), by, "2024-02-01", "2024-12-31"), id=f"hired {by}")
        for by in structures
    }
    suite.clear()
    suite.tell(*bodies(), *(fact for by in sorted(seen) for fact in (hires[by], *hours[by])))
    expected = {cap["structure_id"]: cap for cap in everything(suite)}
    suite.clear()
    suite.tell(*bodies(), *hires.values(), *(fact for by in structures for fact in hours[by]))
    suite.tell(*(clock.agreed(one, purpose="caps") for one in sorted(members)), clock.informed(reader))
    answer = suite.get(PATH, own=reader, on=TODAY)
    assert {cap["structure_id"]: cap for cap in answer.json()["caps"]} == expected


def everything(suite: Suite) -> list[dict[str, Any]]:

    suite.asking.who = LOCAL
    found: list[dict[str, Any]] = suite.client.get(f"/projections/v1{PATH}", params={"on": str(TODAY)}).json()["caps"]
    return found

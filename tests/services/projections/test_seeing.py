"""Who sees what over HTTP: every role × route, and each relation and right by an example. Lives beside each other:
`test_own_lists.py`."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.agrement.facts import AgrementGranted, ProlongationGranted, ProlongationRequested
from services.pathways.facts import ContractEnded, FactContested, HandoverAnswered, HandoverProposed, PathwayClosed
from services.projections.api.list_rights import LISTS
from services.projections.read_tables import READ_TABLES
from services.structures.facts import (
    ClientRegistered,
    EconomicDismissalDeclared,
    GroupFormed,
    StructureRegistered,
    SuccessionConfirmed,
)
from shared.facts.fact import Recorded
from shared.rights.caller import ROLES, Caller
from tests.services.projections.facts import ACI, AI, C1, C2, C3, EI, GROUP, PERSON, exited, hired, structure_closed
from tests.services.projections.seeing import TODAY, V1, Suite, said, world
from tests.services.projections.test_api import of
from tests.services.scenario import day, uid

STRANGER = UUID(int=7)
ORGANISATION = uid("organisation")


# Every role × route

BODIES = "structure group_coordinator prescriber federation data_steward staff service ops auditor"
PERSONS = "structure prescriber data_steward"
OWN = "structure"
ROUTES = {
    "/persons/{person_id}/timeline": PERSONS + " group_coordinator",
    "/persons/{person_id}/caps": "structure group_coordinator",
    "/structures/{structure_id}/pathways": OWN + " prescriber",
    "/structures/{structure_id}/handovers": OWN + " prescriber",
    "/structures/{structure_id}/follow-ups": OWN + " prescriber",
    "/groups/{group_id}/pathways": OWN + " prescriber",
    "/groups/{group_id}/transitions": OWN + " prescriber",
    "/groups/{group_id}/ready": OWN + " prescriber group_coordinator",
    "/handovers": OWN + " prescriber",
    "/bridges": OWN + " prescriber",
    "/follow-ups": OWN + " prescriber",
    "/alerts": PERSONS,
    "/accesses": "auditor",
    "/persons/{person_id}/held": "",  # a steward, and one with a source: `test_access_request.py`
    "/codes": BODIES,
    "/positions": "ops",
    "/status": "ops",
    "/tables/{name}": BODIES,
    **{f"/tables/{name}": OWN + " prescriber" for name in READ_TABLES},
    **{
        f"/tables/{name}": OWN + " prescriber group_coordinator"
        for name in READ_TABLES
        if LISTS[name].things == ("agrement",)
    },
    **{f"/tables/{name}": BODIES for name in READ_TABLES if LISTS[name].things == ("directory",)},
    **dict.fromkeys(
        (f"/tables/{name}" for name in ("annexes", "derogations", "workforce", "structure_alerts")), "structure"
    ),
    "/tables/structure_alerts_by_day": "structure",
}
"""By route: the roles that are answered at all, of whoever it may be; the others are refused alike."""


def test_every_role_and_route(suite: Suite) -> None:
    paths = suite.client.get(f"{V1}/openapi.json").json()["paths"]
    # The one that tells which tables there are is in no document.
    routes = {path.removeprefix(V1) for path in paths if path.startswith(V1)} | {"/tables/{name}"}
    assert routes == set(ROUTES), "a new route, or one that is gone: say who may ask it"
    suite.tell(*world())
    for route, allowed in ROUTES.items():
        path = route.format(person_id=PERSON, structure_id=ACI, group_id=GROUP, name="none")
        for role in (*ROLES, "", "admin"):
            answer = suite.get(path, role, ORGANISATION)
            is_answered = role in allowed.split()
            assert (answer.status_code not in (401, 403)) is is_answered, (role, path, answer.text)
            if not is_answered:
                # The same whoever it is about, known or not.
                stranger = suite.get(
                    route.format(person_id=STRANGER, structure_id=STRANGER, group_id=STRANGER, name="none"), role, None
                )
                assert (stranger.status_code, without_id(stranger)) == (answer.status_code, without_id(answer))
            elif role not in ("structure", "prescriber", "data_steward") and answer.is_success and "tables" not in path:
                assert str(PERSON) not in answer.text


def without_id(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "request_id")}


def test_the_directory_has_no_households_and_is_everybodys(suite: Suite) -> None:
    suite.tell(*world())
    for role in ROLES:
        clients = suite.get("/tables/clients", role, None).json()["items"]
        assert [one["client_id"] for one in clients] == [str(uid("company"))]
        assert len(suite.get("/tables/structures", role, None).json()["items"]) == 3


def test_a_household_is_listed_to_who_registered_it(suite: Suite) -> None:
    dismissal = EconomicDismissalDeclared(declared_on=day("2024-01-01"), occupation_code="K1304")
    suite.tell(*world())
    since = day("2020-01-01")
    for name, registered in (
        ("own household", ClientRegistered(kind="household", registered_on=since)),
        ("own company", ClientRegistered(kind="company", registered_on=since)),
    ):
        suite.tell(of(f"client/{uid(name)}", registered).model_copy(update={"saidfor": f"structure/{ACI}"}))
    suite.tell(of(f"client/{uid('own household')}", dismissal))
    shown = {row["client_id"]: row["registered_by"] for row in suite.items("/tables/clients")}
    assert shown == {
        str(uid("company")): None,
        str(uid("own company")): str(ACI),
        str(uid("own household")): str(ACI),
    }
    shown = {row["client_id"]: row["registered_by"] for row in suite.items("/tables/clients", own=AI)}
    assert shown == {str(uid("company")): None, str(uid("own company")): None}
    assert suite.items("/tables/clients", own=AI, registered_by=ACI) == []
    for table in ("client_periods", "economic_dismissals"):
        for own, is_listed in ((ACI, True), (AI, False)):
            listed = {row["client_id"] for row in suite.items(f"/tables/{table}", own=own)}
            assert (str(uid("own household")) in listed) is is_listed
    for role in ("prescriber", "staff", "group_coordinator"):
        assert str(uid("own household")) not in suite.get("/tables/clients", role, ACI).text


def test_who_has_no_relation_gets_the_bytes_of_an_unknown_person(suite: Suite) -> None:
    suite.tell(*world())
    for own, relation in ((EI, "none"), (AI, "past"), (ACI, "running")):
        for asked in ({}, {"as_of": "2024-02-01"}, {"known_at": "2024-02-01"}):
            seen = suite.get(f"/persons/{PERSON}/timeline", own=own, **asked)
            unknown = suite.get(f"/persons/{STRANGER}/timeline", own=own, **asked)
            assert unknown.status_code == 404
            assert (seen.status_code == 404) is (relation == "none")
            if relation == "none":
                assert without_id(seen) == without_id(unknown)


def granted(by: UUID) -> list[Recorded]:
    grant = AgrementGranted(
        agrement_id=uid("agrement"), number="XXXXX0000001", origin="default", granted_on=day("2024-01-12"),
        starts_on=day("2024-01-15"), structure_id=by, sender_kind="self",
    )  # fmt: skip
    return [said(by, grant)]


def test_the_agrement_is_shown_while_a_relation_runs_and_nothing_of_who_or_why(suite: Suite) -> None:
    suite.tell(*world(), *granted(AI))
    told = suite.get(f"/persons/{PERSON}/timeline").json()
    assert told["agrement"]["number"] == "XXXXX0000001"
    assert told["agrement"]["state"] == "valid"
    (row,) = told["agrements"]
    shown = {name for name, value in row.items() if value is not None}
    assert shown == {"person_id", "agrement_id", "number", "starts_on", "ends_on"}
    (listed,) = suite.items("/tables/agrements")
    assert {name: row[name] for name in shown} == {name: listed[name] for name in shown}
    assert {name for name, value in listed.items() if value is not None} == shown
    suite.today = date(2026, 7, 1)  # the contract is over: a relation of the past
    assert suite.get(f"/persons/{PERSON}/timeline").json()["agrement"] is None
    assert suite.items("/tables/agrements") == []


def test_who_is_behind_shows_nothing_that_others_said(suite: Suite) -> None:
    suite.tell(*world())
    suite.behind = 11.0
    answer = suite.get(f"/persons/{PERSON}/timeline")
    assert (answer.status_code, answer.json()["code"]) == (503, "rights_not_current")
    assert suite.get("/tables/agrements").status_code == 503
    # Its own it sees whoever is behind.
    assert suite.get(f"/persons/{PERSON}/timeline", own=AI).status_code == 200
    assert suite.items("/tables/contracts")


def test_a_successor_has_the_rights_of_before_from_the_next_day(suite: Suite) -> None:
    closed, confirmed = structure_closed("2024-06-30", EI), SuccessionConfirmed(successor_id=EI, confirmed_on=TODAY)
    suite.tell(*world(), of(f"structure/{ACI}", closed), of(f"structure/{ACI}", confirmed))
    assert suite.get(f"/persons/{PERSON}/timeline", own=EI).status_code == 404
    suite.today = date(2024, 7, 2)
    assert suite.get(f"/persons/{PERSON}/timeline", own=EI).json()["contracts"][0]["contract_id"] == str(C1)
    assert [row["contract_id"] for row in suite.items("/tables/contracts", own=EI)] == [str(C1)]
    before, other = {"Acting-For": f"structure/{ACI}"}, {"Acting-For": f"structure/{AI}"}
    assert [row["contract_id"] for row in suite.items("/tables/contracts", own=EI, headers=before)] == [str(C1)]
    assert suite.get("/tables/contracts", own=EI, headers=other).json()["code"] == "not_acting_for"
    # What it says itself joins what its predecessor said: one pathway of two steps, not two of one.
    suite.tell(said(EI, hired(C3, EI, "2024-07-01")))
    (pathway,) = suite.items("/tables/pathways", own=EI)
    assert (pathway["steps"], pathway["first_structure_id"], pathway["last_structure_id"]) == (2, str(ACI), str(EI))
    assert [row["step"] for row in suite.items("/tables/steps", own=EI)] == [1, 2]
    (person,) = suite.items("/tables/persons", own=EI)
    assert (person["steps"], person["pathways"], person["first_hired_on"]) == (2, 1, "2024-01-15")
    assert [row["steps"] for row in suite.items("/tables/persons", own=ACI)] == [1]


def test_a_prescriber_sees_the_request_it_decides_the_agrement_and_breaks(suite: Suite) -> None:
    request = ProlongationRequested(
        agrement_id=uid("agrement"), request_id=uid("request"), structure_id=ACI, reason="SENIOR",
        starts_on=day("2026-01-14"), ends_on=day("2026-06-30"), requested_on=day("2024-06-01"),
        addressed_to=ORGANISATION,
    )  # fmt: skip
    ended = said(AI, ContractEnded(contract_id=C2, ended_on=day("2023-05-31"), cause="resignation"))
    suite.tell(*world(), *granted(ACI), said(ACI, request), ended)
    path = f"/persons/{PERSON}/timeline"
    told = suite.get(path, "prescriber", ORGANISATION).json()
    assert {item["type"] for item in told["items"]} == {
        "agrement.prolongation_requested.v1",
        "pathways.contract_ended.v1",
    }
    assert told["agrement"]["number"] == "XXXXX0000001"
    assert [row["request_id"] for row in told["prolongation_requests"]] == [str(uid("request"))]
    assert suite.get(path, "prescriber", uid("another organisation")).status_code == 404
    # One that is not on the prefect's list answers as such, so it sees what it answers.
    suite.asking.who = Caller("prescriber", structures=frozenset([str(ORGANISATION)]), authorised=False)
    assert suite.client.get(V1 + path).json()["items"] == told["items"]
    answer = ProlongationGranted(
        agrement_id=uid("agrement"), request_id=uid("request"), prolongation_id=uid("prolongation"),
        decided_on=day("2024-06-20"), prescriber_id=ORGANISATION, authorised=True,
    )  # fmt: skip
    suite.tell(said(ORGANISATION, answer))
    # Who asked sees the answer.
    assert "agrement.prolongation_granted.v1" in {item["type"] for item in suite.get(path).json()["items"]}


def test_a_steward_sees_what_is_contested_and_no_more(suite: Suite) -> None:
    exit = said(AI, exited(AI, "2023-06-30"), id="contested")
    path = f"/persons/{PERSON}/timeline"
    suite.tell(*world(), exit)
    assert suite.get(path, "data_steward", None).status_code == 404
    contest = FactContested(
        fact_id="contested", fact_source=exit.source, contested_on=day("2024-06-01"), reason="wrong"
    )
    suite.tell(said(ACI, contest))
    told = suite.get(path, "data_steward", None).json()
    assert {item["type"] for item in told["items"]} == {"pathways.exited.v1", "pathways.fact_contested.v1"}
    # Both sides are told, neither by whom or to whom.
    for own, kind in ((AI, "fact_contested"), (ACI, "contest_unanswered")):
        assert [row["kind"] for row in suite.items("/alerts", own=own)] == [kind]
        alerts = suite.get(path, own=own).json()["person_alerts"]
        assert {row["kind"] for row in alerts if row["kind"].startswith(("fact_", "contest_"))} <= {kind}


def test_a_proposal_from_outside_its_groups_is_not_told_whatever_else_it_has_to_do(suite: Suite) -> None:
    outside = StructureRegistered(name="outside", kind="ETTI", registered_on=day("2015-01-01"))
    other = uid("outside the group")
    proposals = [
        said(
            by,
            HandoverProposed(
                handover_id=uid(f"by {by}"), from_structure_id=by, to_structure_id=AI, proposed_on=day("2024-06-20")
            ),
            id=f"proposal by {by}",
        )
        for by in (other, ACI)
    ]
    hire = said(other, hired(uid("elsewhere"), other, "2024-01-08"), id="elsewhere")
    suite.tell(*world(), of(f"structure/{other}", outside), hire, *proposals)
    for path in ("/handovers", f"/structures/{AI}/handovers", "/tables/handovers"):
        on = {} if path.startswith("/tables") else {"on": TODAY}
        assert [row["from_structure_id"] for row in suite.items(path, own=AI, **on)] == [str(ACI)], path
    assert [row["from_structure_id"] for row in suite.items("/tables/handovers", own=other)] == [str(other)]


def test_a_proposal_is_one_line_until_it_is_answered(suite: Suite) -> None:
    proposed = HandoverProposed(
        handover_id=uid("handover"), from_structure_id=ACI, to_structure_id=AI, proposed_on=day("2024-06-20")
    )
    facts = [fact for fact in world() if fact.saidfor != f"structure/{AI}"]
    suite.tell(*facts, said(ACI, proposed))
    (line,) = suite.items("/handovers", own=AI, on=TODAY)
    assert (line["person_id"], line["state"], line["hired_on"]) == (str(PERSON), "proposed", None)
    assert suite.get(f"/persons/{PERSON}/timeline", own=AI).status_code == 404
    assert suite.items("/tables/contracts", own=AI) == []
    answer = HandoverAnswered(handover_id=uid("handover"), answer="declined", answered_on=day("2024-06-25"))
    suite.tell(said(AI, answer))
    assert suite.items("/handovers", own=AI, on=TODAY) == []
    (own,) = suite.items("/handovers", own=ACI, on=TODAY)
    assert (own["state"], own["answer"]) == ("declined", "declined")


def test_hidden_columns_tell_nothing_by_filter_or_cursor(suite: Suite) -> None:
    suite.tell(*world())
    suite.tell(said(ACI, hired(C3, ACI, "2025-06-15")))
    rows = suite.items("/tables/contracts")
    assert {row["step"] for row in rows} == {None}
    for step in range(4):
        assert suite.items("/tables/contracts", step=step) == []
    first = suite.get("/tables/steps", limit=1).json()
    assert [row["step"] for row in suite.items("/tables/steps")] == [1, 2]
    # A cursor holds the caller's own numbers, and goes on from there.
    rest = suite.get("/tables/steps", limit=1, next=first["next"]).json()
    assert [row["step"] for row in (*first["items"], *rest["items"])] == [1, 2]
    assert rest["next"] is None
    for own in (AI, EI):
        assert all(row["structure_id"] == str(own) for row in suite.items("/tables/steps", own=own))


def test_a_filter_and_a_cursor_go_by_what_is_shown(suite: Suite) -> None:
    """Another closed the pathway and hired before: the caller's own go on being one, and begin at 1."""
    closed = said(AI, PathwayClosed(closed_on=day("2023-07-31"), reason="ordinary_job"))
    again = said(AI, PathwayClosed(closed_on=day("2024-03-31"), reason="ordinary_job"))
    formed = of(f"group/{GROUP}", GroupFormed(name="A", formed_on=day("2015-01-01")))
    suite.tell(*world(), formed, closed, again, said(ACI, hired(C3, ACI, "2025-06-15")))
    (pathway,) = suite.items("/tables/pathways")
    assert (pathway["pathway"], pathway["starts_on"], pathway["closed_on"]) == (1, "2024-01-15", None)
    assert suite.items("/tables/pathways", pathway=2) == []
    assert suite.items("/tables/pathways", closed_on="2024-03-31") == []
    assert suite.items("/tables/pathway_closings") == []
    assert [row["place"] for row in suite.items("/tables/pathway_closings", own=AI)] == [1, 2]
    assert [row["pathway"] for row in suite.everything("/tables/pathways")] == [1, 2, 3]
    first = suite.get("/tables/pathways", own=AI, limit=1).json()
    assert first["next"] is None
    (line,) = suite.items(f"/groups/{GROUP}/ready", on=TODAY)
    assert (line["step"], line["pathway"], line["structure_id"]) == (1, 1, str(ACI))


def test_no_role_but_a_structures_is_listed_anything_of_a_person(suite: Suite) -> None:
    suite.tell(*world(), *granted(ACI))
    views = ("/alerts", "/bridges", "/follow-ups", "/handovers", f"/groups/{GROUP}/ready", f"/groups/{GROUP}/pathways")
    lists = [*views, *(f"/tables/{name}" for name in READ_TABLES)]
    for role in ROLES:
        seen = [path for path in lists if str(PERSON) in suite.get(path, role, ACI).text]
        assert bool(seen) is (role == "structure"), (role, seen)

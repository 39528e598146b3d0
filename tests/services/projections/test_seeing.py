"""Who sees what over HTTP: every role × route, and lives of three structures beside each other, of which each sees what the
fold of its own facts gives, and nothing else, whatever the others said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid5

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.agrement.facts import AgrementGranted, ProlongationGranted, ProlongationRequested
from services.pathways.facts import ContractEnded, FactContested, HandoverAnswered, HandoverProposed
from services.projections.api.app import add_routes
from services.projections.api.list_rights import LISTS, NOTHING
from services.projections.api.snapshots import Snapshots
from services.projections.catalogue import CATALOGUE
from services.projections.folding.project import project
from services.projections.read_tables import READ_TABLES
from services.structures.facts import ClientRegistered, SuccessionConfirmed
from shared.facts.fact import Fact, FactVoided, Recorded
from shared.facts.relations import relations_of
from shared.facts.sayers import sayer_of
from shared.facts.settle import settle
from shared.rights.caller import ROLES, Caller
from shared.web.serving import service_app
from tests.parts import postgres
from tests.services.projections.any_facts import facts_about, histories
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    CLIENT,
    EI,
    GROUP,
    ORDER,
    PERSON,
    exited,
    hired,
    membership_started,
    recorded,
    structure_registered,
)
from tests.services.projections.streams import SETTINGS, Kept, Streams, kept
from tests.services.projections.test_api import Asking, of
from tests.services.scenario import day, uid

V1 = "/projections/v1"
TODAY = date(2024, 7, 1)
STRANGER = UUID(int=7)
ORGANISATION = uid("organisation")


class Checked(Asking):
    """As tokens are: of a role that is known."""

    def caller(self, authorization: str | None) -> Caller:
        self.who.check_role()
        return self.who


@dataclass
class Suite:
    projections: Kept
    client: TestClient
    asking: Asking
    streams: Streams = field(default_factory=Streams)
    behind: float = 0.0
    today: date = TODAY

    def tell(self, *facts: Recorded) -> None:
        self.projections.apply(*map(self.streams.record, facts))

    def clear(self) -> None:
        self.projections.empty()
        self.streams = Streams()

    def get(self, path: str, role: str = "structure", own: UUID | None = ACI, **more: Any) -> Any:
        structures = frozenset() if own is None else frozenset([str(own)])
        self.asking.who = Caller(role, structures=structures, groups=frozenset([str(GROUP)]), authorised=True)
        return self.client.get(V1 + path, params=more)

    def items(self, path: str, own: UUID = ACI, **more: Any) -> list[dict[str, Any]]:
        answer = self.get(path, own=own, limit=1_000, **more)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture(scope="module")
def shared_suite(postgres_server: str) -> Iterator[Suite]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as projections:
        asking = Checked()
        app = service_app("projections", "seeing")
        with TestClient(app, raise_server_exceptions=False) as client:
            one = Suite(projections, client, asking)
            snapshots = Snapshots(
                projections.database, CATALOGUE, SETTINGS, asking, "memory", lambda _: one.behind, lambda: one.today
            )
            add_routes(app, snapshots, dict)
            yield one


@pytest.fixture
def suite(shared_suite: Suite) -> Suite:
    shared_suite.clear()
    shared_suite.behind, shared_suite.today = 0.0, TODAY
    return shared_suite


# Every role × route

BODIES = "structure group_coordinator prescriber federation data_steward staff service ops auditor"
PERSONS = "structure prescriber data_steward"
OWN = "structure"
ROUTES = {
    "/persons/{person_id}/timeline": PERSONS,
    "/structures/{structure_id}/pathways": OWN + " prescriber",
    "/structures/{structure_id}/handovers": OWN + " prescriber",
    "/structures/{structure_id}/follow-ups": OWN + " prescriber",
    "/groups/{group_id}/pathways": PERSONS,
    "/groups/{group_id}/transitions": PERSONS,
    "/groups/{group_id}/ready": PERSONS,
    "/handovers": OWN + " prescriber",
    "/bridges": PERSONS,
    "/follow-ups": OWN + " prescriber",
    "/alerts": PERSONS,
    "/accesses": "auditor",
    "/codes": BODIES,
    "/positions": "ops",
    "/status": "ops",
    "/tables/{name}": BODIES,
    **{f"/tables/{name}": OWN + " prescriber" for name in READ_TABLES},
    **{f"/tables/{name}": PERSONS for name in READ_TABLES if LISTS[name] is NOTHING},
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
            elif role not in ("structure", "prescriber", "data_steward") and "tables" not in path:
                assert str(PERSON) not in answer.text


def without_id(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in ("instance", "request_id")}


def world() -> list[Recorded]:
    household = ClientRegistered(kind="household", registered_on=day("2015-01-01"))
    company = ClientRegistered(name="A", kind="company", registered_on=day("2015-01-01"))
    return [
        *(of(f"structure/{one}", structure_registered("ACI", "2015-01-01")) for one in (ACI, AI, EI)),
        *(of(f"group/{GROUP}", membership_started(one, "2020-01-01")) for one in (ACI, AI)),
        of(f"client/{CLIENT}", household),
        of(f"client/{uid('company')}", company),
        said(ACI, hired(C1, ACI, "2024-01-15", "2024-12-31")),
        said(AI, hired(C2, AI, "2023-01-15", "2023-06-30")),
        said(AI, exited(AI, "2023-06-30")),
    ]


def said(by: UUID, fact: Fact, **around: Any) -> Recorded:
    return recorded(fact, **around).model_copy(update={"saidfor": f"structure/{by}"})


def test_the_directory_has_no_households_and_is_everybodys(suite: Suite) -> None:
    suite.tell(*world())
    for role in ROLES:
        clients = suite.get("/tables/clients", role, None).json()["items"]
        assert [one["client_id"] for one in clients] == [str(uid("company"))]
        assert len(suite.get("/tables/structures", role, None).json()["items"]) == 3


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
    confirmed = SuccessionConfirmed(successor_id=EI, confirmed_on=TODAY)
    suite.tell(*world(), of(f"structure/{ACI}", confirmed))
    assert suite.get(f"/persons/{PERSON}/timeline", own=EI).status_code == 404
    suite.today = date(2024, 7, 2)
    assert suite.get(f"/persons/{PERSON}/timeline", own=EI).json()["contracts"][0]["contract_id"] == str(C1)
    assert [row["contract_id"] for row in suite.items("/tables/contracts", own=EI)] == [str(C1)]


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


# Lives beside each other

SHARED_IDS = {
    *("structure_id", "from_structure_id", "to_structure_id", "host_id", "client_id", "agrement_id"),
    *("prescriber_id", "addressed_to", "provider_id", "successor_id"),
}


def as_said_by(by: UUID, fact: Recorded) -> Recorded:
    """The same life, lived in one structure: its contracts, exits, trainings are its own."""
    data = fact.data
    changes: dict[str, Any] = {}
    for name, value in data:
        if name in ("structure_id", "from_structure_id"):
            changes[name] = by
        elif isinstance(value, UUID) and name not in SHARED_IDS:
            changes[name] = uuid5(by, str(value))
    if isinstance(data, FactVoided):
        changes["fact_id"] = f"{by} {data.fact_id}"
    if getattr(data, "reason", None) == "17" and "exited" in fact.type:
        changes["reason"] = "8"  # a death ends what is asked of everybody, whoever tells it
    return fact.model_copy(
        update={
            "id": f"{by} {fact.id}",
            "replaces": f"{by} {fact.replaces}" if fact.replaces else None,
            "saidfor": f"structure/{by}",
            "data": data.model_copy(update=changes),
        }
    )


ABOUT_OTHERS = ("fact_contested", "contest_settled", "prolongation_granted", "prolongation_denied", "handover_")
SPOKEN = [
    fact
    for fact in CATALOGUE.facts.values()
    if not issubclass(fact, FactVoided) and not any(part in fact.type for part in ABOUT_OTHERS)
]
LIVES = st.fixed_dictionaries({one: histories("person", facts_about("person", SPOKEN)) for one in (ACI, AI, EI)})
COMPARED = [
    name
    for name, table in READ_TABLES.items()
    if table.subject_kind == "person" and "structure" in LISTS[name].where and not LISTS[name].from_others
]
"""Rows of one structure's facts alone: hand-overs, requests and agréments are also of those who answer."""


@given(lives=LIVES)
@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_each_sees_the_fold_of_its_own_facts_whatever_the_others_said(
    shared_suite: Suite, lives: dict[UUID, list[Recorded]]
) -> None:
    suite = shared_suite
    suite.clear()
    suite.behind, suite.today = 0.0, TODAY
    told = [as_said_by(by, fact) for by, life in lives.items() for fact in life]
    suite.tell(*told)
    relations = relations_of(settle(told, ORDER), SETTINGS.handover_days)
    related = {relation.structure_id for relation in relations if relation.kind != "proposed"}
    for by in lives:
        own = [fact for fact in told if sayer_of(fact) == f"structure/{by}"]
        settled = settle(own, ORDER)
        rows = project("person", settled, SETTINGS)
        answer = suite.get(f"/persons/{PERSON}/timeline", own=by)
        assert answer.status_code == (200 if by in related else 404), answer.text
        if by in related:
            compare_timeline(answer.json(), settled, rows)
        for name in COMPARED:
            compare_list(name, suite.items(f"/tables/{name}", own=by), rows[name], by if by in related else None)


def compare_timeline(told: dict[str, Any], settled: Any, rows: dict[str, list[Any]]) -> None:
    assert [item["id"] for item in told["items"]] == [fact.id for fact in settled]
    assert (told["complete"], told["error"], told["missing"]) == (True, None, None)
    for name, its in rows.items():
        if name != "agrements":
            columns = [column.name for column in READ_TABLES[name].columns]
            assert told[name] == [dict(zip(columns, map(plain, row), strict=True)) for row in its], name


def compare_list(name: str, shown: list[dict[str, Any]], own: list[Any], by: UUID | None) -> None:
    table = READ_TABLES[name]
    columns = [column.name for column in table.columns]
    expected = {
        tuple(map(plain, row[: table.key])): dict(zip(columns, map(plain, row), strict=True))
        for row in own
        if by is not None and plain(row[columns.index("structure_id")]) == str(by)
    }
    found = {tuple(row[key] for key in table.key_columns): row for row in shown}
    assert found.keys() == expected.keys(), name
    for key, row in found.items():
        differing = {
            column: (value, expected[key][column])
            for column, value in row.items()
            if value is not None and value != expected[key][column]
        }
        assert not differing, name


def plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date) else value


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

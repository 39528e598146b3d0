"""The query API over HTTP, on a real database: shapes, pages, filters, waiting, rights, and whatever anybody sends."""

from __future__ import annotations

import base64
import json
import string
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import jsonschema_rs
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.pathways.facts import PersonRegistered
from services.projections import main
from services.projections.folding.folder import Folder
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import Recorded
from shared.rights.caller import Caller
from shared.web.callers import LocalCallers
from shared.web.paging import cursor
from tests.parts import postgres
from tests.parts.asking import Asking
from tests.parts.waiting import wait_until
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    CATALOGUE,
    EI,
    GROUP,
    OASP,
    SOURCE,
    exited,
    hired,
    hours_worked,
    membership_ended,
    membership_started,
    recorded,
    structure_closed,
    structure_registered,
    void_of,
)
from tests.services.projections.streams import SETTINGS, Kept, MemoryFeed, Streams, arrived, expected, kept, person_id
from tests.services.scenario import uid

V1 = "/projections/v1"
PERSONS = 25
STRANGER = UUID(int=7)


CONTRACT = Path("docs/contract/openapi/projections.json")


@dataclass
class Api:
    projections: Kept
    client: TestClient
    facts: list[Recorded]
    streams: Streams
    feed: MemoryFeed

    def get(self, path: str, **headers: str) -> Any:
        answer = self.client.get(V1 + path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
        answer = self.client.get(V1 + path, headers=headers)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return answer.status_code, answer.json()

    def apply(self, *facts: Recorded, folder: Folder | None = None) -> None:
        self.feed.add(*map(self.streams.record, facts))
        self.projections.projector(self.feed, folder=folder).step(0)
        self.facts += facts


def person(number: int) -> str:
    return f"person/{person_id(number)}"


def of(subject: str, fact: Any, **around: Any) -> Recorded:
    return recorded(fact, **around).model_copy(update={"subject": subject})


def story() -> list[Recorded]:
    """A group of two structures, a third that left it, persons who went from the first to the second, and a structure
    that the third took over."""
    facts: list[Recorded] = [
        of(f"structure/{ACI}", structure_registered("ACI", "2015-01-01", name="L'Atelier «vert»")),
        of(f"structure/{AI}", structure_registered("AI", "2015-01-01")),
        of(f"structure/{EI}", structure_registered("EI", "2015-01-01")),
        *(of(f"group/{GROUP}", membership_started(one, "2020-01-01")) for one in (ACI, AI, EI)),
        of(f"group/{GROUP}", membership_ended(EI, "2023-12-31")),
    ]
    for number in range(1, PERSONS + 1):
        subject = person(number)
        facts += [
            of(subject, hired(C1, ACI, "2024-01-08", "2024-03-01")),
            of(subject, hired(C2, AI, f"2024-06-{number:02}")),
            of(subject, hours_worked(ACI, "2024-01", 10.5 + number)),
        ]
        if number % 2:
            facts.append(of(subject, exited(AI, "2024-12-31", exit_id=uid(f"exit {number}"))))
    registered = PersonRegistered(registered_on=date(2024, 1, 2), benefits=("RSA",), education_level="4")
    facts.append(of(person(1), registered))
    known_exit = exited(EI, "2023-05-05", exit_id=uid("known from its exit alone"))
    facts += [
        of(f"structure/{OASP}", structure_registered("OASP", "2015-01-01")),
        of(f"structure/{OASP}", structure_closed("2020-12-31", successor_id=EI)),
        of(person(PERSONS + 1), hired(C1, OASP, "2019-01-07", "2020-12-31")),
    ]
    return [*facts, of(person(2), known_exit), of(person(2), hired(C3, EI, "2025-02-03"))]


@pytest.fixture(scope="module")
def api(postgres_server: str) -> Iterator[Api]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as projections:
        service = main.create(SETTINGS, url, LocalCallers(), "memory")
        service.start()
        with TestClient(service.app, raise_server_exceptions=False) as client:
            one = Api(projections, client, [], Streams(), projections.feed())
            one.apply(*story())
            yield one
        service.stop()


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.client.get(f"{V1}/openapi.json").json()
    return found


def everything(api: Api, path: str, limit: int) -> list[Any]:
    items: list[Any] = []
    place = None
    while True:
        after = f"&next={place}" if place else ""
        page = api.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{after}")
        assert len(page["items"]) <= limit
        items += page["items"]
        place = page["next"]
        if place is None:
            return items


def test_a_timeline_is_the_rows_and_the_standing_facts(api: Api) -> None:
    told = api.get(f"/persons/{person_id(1)}/timeline")
    rows = expected(person(1), api.facts)
    assert told["person_id"] == str(person_id(1))
    assert (told["complete"], told["error"], told["since"], told["missing"]) == (True, None, None, None)
    for name, its in rows.items():
        columns = [column.name for column in READ_TABLES[name].columns]
        assert sorted(told[name], key=itemgetter(*READ_TABLES[name].key_columns)) == [
            dict(zip(columns, map(as_json, row), strict=True)) for row in its
        ], name
    mine = [fact for fact in api.facts if fact.subject == person(1)]
    assert [item["id"] for item in told["items"]] == [
        fact.id for fact in sorted(mine, key=lambda fact: (fact.occurred_on, CATALOGUE.place(fact.type)))
    ]
    assert {"specversion", "type", "subject", "time", "recordedtime", "sequence", "data"} <= told["items"][0].keys()


def as_json(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date) else value


# Alerts


def test_alerts_are_filtered_by_their_columns_and_come_in_pages(api: Api) -> None:
    """In the story nobody has an agrément: each hire by the ACI and the AI is one, over or not."""
    rows = everything(api, "/alerts?kind=hired_without_agrement&on=2024-12-31", 7)
    assert len(rows) >= 2 * PERSONS
    assert [(row["person_id"], row["about_id"]) for row in rows] == sorted(
        (row["person_id"], row["about_id"]) for row in rows
    )
    assert {row["structure_kind"] for row in rows} == {"ACI", "AI"}
    of_one = f"/alerts?person_id={person_id(1)}&kind=hired_without_agrement"
    mine = api.get(f"{of_one}&on=2024-02-01")["items"]
    assert [(row["since"], row["until"], row["current"], row["contract_id"]) for row in mine] == [
        ("2024-01-08", "2024-03-01", True, str(C1))
    ]
    assert api.get(f"{of_one}&current=true&on=2024-03-02")["items"] == []
    assert api.get("/alerts?on=2015-01-01") == {"items": [], "next": None}
    assert api.get(f"/alerts?structure_id={AI}&severity=low&on=2024-12-31")["items"] == []


def test_alerts_are_asked_for_a_group_and_for_a_subject(api: Api) -> None:
    asked = "kind=hired_without_agrement&on=2024-02-01"
    members = {row["structure_id"] for row in api.get(f"/tables/memberships?group_id={GROUP}")["items"]}
    rows = everything(api, f"/alerts?group_id={GROUP}&{asked}", 7)
    assert rows
    assert {row["group_id"] for row in rows} == {str(GROUP)}
    assert {row["structure_id"] for row in rows} <= members
    assert api.get(f"/alerts?group_id={STRANGER}&{asked}")["items"] == []
    assert api.refused("/alerts?group_id=soon")[0] == 422
    mine = api.get(f"/alerts?subject=person/{person_id(1)}&{asked}")["items"]
    assert mine == api.get(f"/alerts?person_id={person_id(1)}&{asked}")["items"] != []
    assert api.get(f"/alerts?subject=person/{person_id(1)}&person_id={person_id(2)}&{asked}")["items"] == []
    assert api.get(f"/alerts?subject=structure/{ACI}&{asked}")["items"] == []
    assert api.get("/alerts?subject=person/soon")["items"] == []


def test_another_today_is_forgotten_with_its_request(api: Api) -> None:
    assert api.get(f"/alerts?person_id={person_id(1)}&on=2015-01-01")["items"] == []
    assert api.get(f"/alerts?person_id={person_id(1)}")["items"] != []


def test_a_day_or_a_filter_that_is_none_is_refused(api: Api) -> None:
    assert api.refused("/alerts?on=soon")[1]["errors"][0]["pointer"] == "/query/on"
    assert api.refused("/alerts?colour=red")[0] == 422
    assert api.refused("/alerts?current=maybe")[0] == 422
    assert api.refused("/tables/steps?on=2024-01-01")[0] == 422


def test_a_timeline_as_of_a_day_knows_nothing_after_it(api: Api) -> None:
    told = api.get(f"/persons/{person_id(1)}/timeline?as_of=2024-03-31")
    assert told["as_of"] == "2024-03-31"
    assert [step["structure_id"] for step in told["steps"]] == [str(ACI)]
    assert len(api.get(f"/persons/{person_id(1)}/timeline?as_of=2024-12-31")["exits"]) == 1
    assert api.get(f"/persons/{person_id(1)}/timeline?as_of=1999-01-01")["items"] == []


def test_a_timeline_known_at_an_instant_or_the_end_of_a_day(api: Api) -> None:
    """Recorded at noon UTC of the day they speak of; a later void is not known before its own day."""
    subject = person(500)
    fact = of(subject, hired(C1, ACI, "2024-01-08"))
    api.apply(fact, of(subject, void_of(fact, "2024-02-10").data))
    path = f"/persons/{person_id(500)}/timeline?known_at="
    assert api.get(f"/persons/{person_id(500)}/timeline")["steps"] == []
    for known in ("2024-01-08", "2024-01-08T12:00:00Z", "2024-02-10T12:59:59.999999+01:00", "2024-02-09"):
        assert len(api.get(path + quote(known))["steps"]) == 1, known
    for known in ("2024-01-07", "2024-01-08T11:59:59Z", "2024-02-10", "2024-02-10T12:00:00.000000Z"):
        assert api.get(path + quote(known))["steps"] == [], known
    assert len(api.get(path + "2024-02-09T00:00:00+02:00")["steps"]) == 1, "a plus that became a space"


def test_unknown_people_structures_groups_and_tables_are_404(api: Api) -> None:
    for path in (
        f"/persons/{STRANGER}/timeline",
        f"/structures/{STRANGER}/pathways",
        f"/groups/{STRANGER}/pathways",
        f"/groups/{STRANGER}/transitions",
        "/tables/nothing",
        "/tables/%00",
        "/tables/folded",
        "/nowhere",
    ):
        status, problem = api.refused(path)
        assert (status, problem["code"]) == (404, "not_found"), path


def test_pathways_of_a_structure(api: Api) -> None:
    items = everything(api, f"/structures/{ACI}/pathways", 7)
    assert len(items) == PERSONS
    assert {item["structure_id"] for item in items} == {str(ACI)}
    assert items == sorted(items, key=lambda item: (item["person_id"], item["step"]))
    assert everything(api, f"/structures/{AI}/pathways?exit_reason=8", 100) != []


def test_pathways_of_a_structure_and_of_those_it_took_over(api: Api) -> None:
    path = f"/structures/{EI}/pathways?with_predecessors="
    alone, together = everything(api, path + "false", 100), everything(api, path + "true", 100)
    assert {item["structure_id"] for item in alone} == {str(EI)}
    assert [item for item in together if item["depth"] == 0] == [
        {**item, "asked_id": str(EI), "depth": 0} for item in alone
    ]
    assert [(item["structure_id"], item["person_id"]) for item in together if item["depth"]] == [
        (str(OASP), str(person_id(PERSONS + 1)))
    ]
    assert len(everything(api, f"{path}true&structure_id={OASP}", 100)) == 1
    assert everything(api, f"/structures/{AI}/pathways?with_predecessors=true", 100) != []
    assert api.refused(f"/structures/{STRANGER}/pathways?with_predecessors=true")[0] == 404


def test_pathways_of_a_group_are_cut_to_the_membership(api: Api) -> None:
    """A step that is known from its exit alone has no first day, and is in every page all the same."""
    items = everything(api, f"/groups/{GROUP}/pathways", 100)
    of_second = [item for item in items if item["person_id"] == str(person_id(2))]
    assert [(item["structure_id"], item["starts_on"], item["ends_on"]) for item in of_second] == [
        (str(EI), None, "2023-05-05"),
        (str(ACI), "2024-01-08", "2024-03-01"),
        (str(AI), "2024-06-02", None),
    ]
    assert len(items) == 2 * PERSONS + 1


@pytest.mark.parametrize("by", ["kind", "structure"])
def test_transitions_inside_a_group(api: Api, by: str) -> None:
    [cell] = everything(api, f"/groups/{GROUP}/transitions?by={by}", 1)
    assert (cell["from"], cell["to"]) == (("ACI", "AI") if by == "kind" else (str(ACI), str(AI)))
    assert (cell["transitions"], cell["persons"], cell["forward"], cell["back"]) == (PERSONS, PERSONS, PERSONS, 0)
    assert cell["median_days_between"] == 103.0
    assert ("from_name" in cell) == (by == "structure")


LISTS = [
    *(f"/tables/{name}" for name in READ_TABLES),
    f"/structures/{AI}/pathways",
    f"/structures/{EI}/pathways?with_predecessors=true",
    f"/groups/{GROUP}/pathways",
    f"/groups/{GROUP}/transitions?by=structure",
    f"/groups/{GROUP}/transitions?by=kind",
    f"/groups/{GROUP}/ready?on=2024-02-15",
    f"/structures/{AI}/follow-ups?on=2026-06-30",
    "/follow-ups?on=2026-06-30",
    f"/structures/{AI}/handovers?on=2024-04-15",
    "/handovers?on=2024-04-15",
    "/bridges",
]


@pytest.mark.parametrize("path", LISTS)
def test_single_steps_lead_through_everything(api: Api, path: str) -> None:
    assert everything(api, path, 1) == everything(api, path, 1000)


@settings(max_examples=40, deadline=None)
@given(path=st.sampled_from(LISTS), limit=st.integers(1, 60))
def test_any_page_size_leads_through_everything(api: Api, path: str, limit: int) -> None:
    assert everything(api, path, limit) == everything(api, path, 1000)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_filter_gives_the_rows_that_have_the_value(api: Api, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(READ_TABLES)))
    rows = everything(api, f"/tables/{name}", 1000)
    if not rows:
        return
    row = data.draw(st.sampled_from(rows))
    column = data.draw(st.sampled_from([column for column, value in row.items() if value is not None]))
    text = json.dumps(row[column]) if isinstance(row[column], bool) else str(row[column])
    found = everything(api, f"/tables/{name}?{column}={quote(text, safe='')}", 1000)
    assert found == [one for one in rows if one[column] == row[column]]


@pytest.mark.parametrize(
    ("path", "code", "sentence"),
    [
        ("/tables/steps?limit=0", "bad_limit", "limit is between 1 and 1000"),
        ("/tables/steps?limit=-1", "bad_limit", "limit is between 1 and 1000"),
        ("/tables/steps?limit=ten", "int_parsing", "valid integer"),
        ("/tables/steps?next=!", "bad_cursor", "unchanged"),
        ("/tables/steps?name=x", "unknown_filter", "name is no column; there are person_id, step"),
        ("/tables/steps?%00=x", "unknown_filter", r"\x00 is no column"),
        ("/tables/persons?benefits=RSA", "unknown_filter", "benefits is no column"),
        ("/tables/steps?person_id=anna", "bad_filter", "person_id takes a UUID"),
        ("/tables/steps?starts_on=soon", "bad_filter", "starts_on takes a day such as 2025-12-31"),
        ("/tables/steps?starts_on=infinity", "bad_filter", "starts_on takes a day"),
        ("/tables/steps?contracts=1.5", "bad_filter", "contracts takes a whole number"),
        (f"/tables/steps?contracts={'9' * 30}", "bad_filter", "contracts takes a whole number"),
        ("/tables/steps?hours=NaN", "bad_filter", "hours takes a number such as 12.5"),
        ("/tables/steps?hours=1e400", "bad_filter", "hours takes a number"),
        ("/tables/contracts?in_pathway=yes", "bad_filter", "in_pathway takes true or false"),
        ("/tables/steps?exit_reason=%00", "bad_filter", "exit_reason takes text without U+0000"),
        ("/tables/steps?step=1&step=2", "given_twice", "step is given once"),
        (f"/structures/{AI}/follow-ups?structure_id={AI}", "given_twice", "the address says it"),
        (f"/structures/{AI}/pathways?structure_id={AI}", "given_twice", "the address says it"),
        (f"/groups/{GROUP}/ready?group_id={GROUP}", "given_twice", "the address says it"),
        (f"/groups/{GROUP}/transitions?by=size", "literal_error", "kind"),
        (f"/persons/{person_id(1)}/timeline?as_of=1700000000", "bad_day", "a day such as"),
        (f"/persons/{person_id(1)}/timeline?known_at=2024-01-01T00:00:00", "bad_instant", "an instant such as"),
        (f"/persons/{person_id(1)}/timeline?known_at=now", "bad_instant", "an instant such as"),
        (f"/persons/{person_id(1)}/timeline?known_at=2300-01-01", "bad_instant", "an instant between 1900-01-01 and"),
        (f"/persons/{person_id(1)}/timeline?known_at=1800-01-01T00:00:00Z", "bad_instant", "an instant between"),
        (f"/persons/{person_id(1)}/timeline?known_at=2199-12-31T23:30:00Z", "bad_instant", "an instant between"),
        (f"/persons/{person_id(1)}/timeline?known_at=0001-01-01T00:00:00Z", "bad_instant", "an instant"),
        (f"/persons/{person_id(1)}/timeline?known_at=9999-12-31T23:59:59Z", "bad_instant", "an instant"),
        (f"/persons/{person_id(1)}/timeline?as_of=2024-01-01&as_of=2025-01-01", "given_twice", "as_of is given once"),
        ("/tables/steps?limit=5&limit=1", "given_twice", "limit is given once"),
        ("/persons/anna/timeline", "uuid_parsing", "valid UUID"),
        ("/persons/%00/timeline", "uuid_parsing", "valid UUID"),
    ],
)
def test_what_is_malformed_is_told_with_a_sentence(api: Api, path: str, code: str, sentence: str) -> None:
    status, problem = api.refused(path)
    assert status == 422
    assert problem["errors"][0]["code"] == code
    assert sentence in problem["errors"][0]["message"]


@pytest.mark.parametrize("path", sorted(json.loads(CONTRACT.read_text(encoding="utf-8"))["paths"]))
def test_a_parameter_that_nobody_reads_is_refused(api: Api, path: str) -> None:
    """Before, `?as_off=` was left out in silence, and answered for today."""
    address = path.removeprefix("/projections/v1")
    for name in ("person_id", "structure_id", "group_id", "client_id"):
        address = address.replace(f"{{{name}}}", str(person_id(1)))
    status, problem = api.refused(f"{address}?as_off=2024-06-30")
    assert (status, problem["code"]) == (422, "unknown_parameter"), path
    assert problem["known"] == sorted(problem["known"])


def test_a_large_limit_is_cut(api: Api) -> None:
    assert len(api.get("/tables/steps?limit=99999999999999999999")["items"]) == 2 * PERSONS + 3


FIRST: list[list[Any]] = [
    ["steps", str(person_id(1)), 1],
    ["pathways", str(person_id(1)), 1],
    ["steps", str(person_id(1))],
    ["steps", str(person_id(1)), 1, 2],
    ["steps", str(person_id(1)), "one"],
    ["steps", str(person_id(1)), True],
    ["steps", str(person_id(1)), 1.5],
    ["steps", str(person_id(1)), None],
    ["steps", str(person_id(1)), [1]],
    ["steps", str(person_id(1)), {"a": 1}],
    ["steps", str(person_id(1)), 10**40],
    ["steps", [[]], 1],
    ["steps", "\0", 1],
    [["steps"], str(person_id(1)), 1],
    [],
]


@pytest.mark.parametrize("key", FIRST[1:], ids=json.dumps)
def test_a_cursor_that_is_none_of_this_list_is_refused(api: Api, key: list[Any]) -> None:
    assert api.client.get(f"{V1}/tables/steps?next={cursor(FIRST[0])}").status_code == 200
    status, problem = api.refused(f"/tables/steps?next={cursor(key)}")
    assert (status, problem["errors"][0]["code"]) == (422, "bad_cursor")


@pytest.mark.parametrize("text", ["[" * 5_000, '"steps"', "{}", "1e999", "", "\x00", "[NaN,1,1]"])
def test_a_cursor_that_is_no_list_is_refused(api: Api, text: str) -> None:
    place = base64.urlsafe_b64encode(text.encode()).decode()
    status, problem = api.refused(f"/tables/steps?next={place or '='}")
    assert (status, problem["errors"][0]["code"]) == (422, "bad_cursor")


ODD = st.one_of(
    st.text(max_size=30),
    st.text("0123456789-:TZ.+eE", max_size=30),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.uuids().map(str),
    st.just("\0"),
    st.lists(st.one_of(st.text(max_size=5), st.integers(), st.none(), st.floats(), st.lists(st.integers()))).map(
        cursor
    ),
)
NAMES = st.one_of(
    st.sampled_from(sorted({column.name for table in READ_TABLES.values() for column in table.columns})),
    st.sampled_from(["limit", "next", "as_of", "known_at", "by"]),
    st.text(max_size=8),
)
PATHS = st.one_of(
    st.sampled_from([path.partition("?")[0] for path in LISTS]),
    st.sampled_from([f"/persons/{person_id(1)}/timeline", "/positions", "/tables/", "/persons//timeline"]),
    st.text(max_size=20).map(lambda text: f"/tables/{quote(text, safe='')}"),
    ODD.map(lambda text: f"/persons/{quote(text, safe='')}/timeline"),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PATHS, st.lists(st.tuples(NAMES, ODD), max_size=3))
def test_whatever_is_asked_is_answered_or_refused_with_a_reason(
    api: Api, path: str, query: list[tuple[str, str]]
) -> None:
    asked = "&".join(f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in query)
    answer = api.client.get(f"{V1}{path}?{asked}", follow_redirects=False)
    assert answer.status_code in {200, 404, 422}, answer.text
    if answer.status_code == 422:
        assert answer.json()["errors"][0]["message"]


@settings(max_examples=60, deadline=None)
@given(st.text(string.printable.strip(), max_size=30), st.text(string.printable.strip(), max_size=12))
def test_whatever_the_headers_say_is_answered(api: Api, after: str, prefer: str) -> None:
    answer = api.client.get(f"{V1}/tables/groups", headers={"After-Position": after, "Prefer": prefer})
    assert answer.status_code in {200, 422, 503}, answer.text


def test_a_request_waits_for_what_it_comes_after(api: Api) -> None:
    """Until it has been applied, or for so long; of a service that is not read here it needs nothing."""
    at = api.get("/positions")["positions"]["pathways"]
    assert api.get("/tables/groups", **{"After-Position": f"pathways:{at}, elsewhere:99"})
    status, problem = api.refused("/tables/groups", **{"After-Position": f"pathways:{at + 1}"})
    assert (status, problem["code"]) == (503, "not_yet_applied")
    assert problem["missing"] == {"pathways": {"wanted": at + 1, "applied": at}}
    fact = api.streams.record(of(person(600), hired(C1, ACI, "2024-01-08")))
    told: list[Any] = []

    def ask() -> None:
        header = {"After-Position": f"pathways:{fact.sequence}", "Prefer": "wait=10"}
        told.append(api.get(f"/persons/{person_id(600)}/timeline", **header))

    thread = threading.Thread(target=ask)
    thread.start()
    wait_until(
        lambda: api.projections.one("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%places%%'"), "asked", 5
    )
    assert told == []
    api.feed.add(fact)
    api.projections.projector(api.feed).step(0)
    thread.join()
    assert len(told[0]["steps"]) == 1


def test_positions_say_what_is_not_as_it_should_be(api: Api) -> None:
    told = api.get("/positions")
    assert told["feed"] == "memory"
    assert told["read_set"] == "1"
    assert told["subjects"] >= PERSONS + 4
    assert {"failed_subjects", "incomplete_subjects", "dead_letters"} <= told.keys()
    assert told["verified"] is None  # see test_verify_schedule


def test_a_subject_that_cannot_be_folded_is_shown_as_incomplete(api: Api) -> None:
    """With its last good rows; and with what can be read of it, where a fact of it cannot."""
    subject = person(700)
    first = of(subject, hired(C1, ACI, "2024-01-08"))
    api.apply(first)
    odd = arrived(first, "pathways", 100_000, 2, {"contract_id": "x"})
    api.feed.add(odd)
    api.projections.projector(api.feed).step(0)
    told = api.get(f"/persons/{person_id(700)}/timeline")
    assert told["complete"] is False
    assert told["error"].startswith("UnreadableFactError")
    assert told["since"]
    assert len(told["steps"]) == 1
    assert api.get("/positions")["failed_subjects"] == 1


def test_a_hole_is_shown_as_incomplete(api: Api) -> None:
    later = arrived(of(person(800), hired(C1, ACI, "2024-01-08")), "agrement", 1, 3, {})
    api.feed.add(later)
    api.projections.projector(api.feed).step(0)
    told = api.get(f"/persons/{person_id(800)}/timeline")
    assert (told["complete"], told["missing"]) == (False, "agrement: 2 of 3")


def test_a_person_whose_facts_wait_to_be_folded_is_incomplete(api: Api) -> None:
    subject = person(900)
    api.apply(of(subject, hired(C1, ACI, "2024-01-08")))
    api.projections.run(f"UPDATE projections.subjects SET version = version + 1 WHERE subject = '{subject}'")
    assert api.get(f"/persons/{person_id(900)}/timeline")["complete"] is False


def test_a_caller_is_shown_no_field_of_the_structure_alone(api: Api) -> None:
    hidden = {
        name: {column.name for column in table.columns if not column.is_listed} for name, table in READ_TABLES.items()
    }
    assert "benefits" in hidden["persons"]
    # Neither a group nor a source is a relation: who has none sees nothing (`test_seeing.py` has who sees what).
    for who in (
        Caller("group_coordinator", groups=frozenset({str(GROUP)})),
        Caller("structure", sources=frozenset({SOURCE})),
    ):
        with asking(api, who) as client:
            assert client.get(f"{V1}/persons/{person_id(1)}/timeline").status_code == 404
    local = api.get(f"/persons/{person_id(1)}/timeline")
    assert local["persons"][0]["benefits"] == "RSA"
    for name in READ_TABLES:
        for row in api.get(f"/tables/{name}?limit=5")["items"]:
            assert not hidden[name] & row.keys(), name


class asking:  # noqa: N801  # reads as a clause
    """A client of the same database, called by somebody."""

    def __init__(self, api: Api, who: Caller) -> None:
        # Others' facts are shown by relations of now: it is known here that no log has more, as there is none.
        settings = SETTINGS.model_copy(update={"database_url": api.projections.url})
        self.service = main.create(settings, api.projections.url, Asking(who), "memory")

    def __enter__(self) -> TestClient:
        return TestClient(self.service.app, raise_server_exceptions=False)

    def __exit__(self, *_: object) -> None:
        self.service.stop()


def test_the_document_describes_every_row(api: Api, document: dict[str, Any]) -> None:
    """A client can be generated of it: each list has its row, with the types and meanings of its columns."""
    schemas = document["components"]["schemas"]
    for name, table in READ_TABLES.items():
        operation = document["paths"][f"{V1}/tables/{name}"]["get"]
        reference = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        page = schemas[reference.rpartition("/")[2]]
        row = schemas[page["properties"]["items"]["items"]["$ref"].rpartition("/")[2]]
        shown = [column for column in table.columns if column.is_listed]
        assert list(row["properties"]) == [column.name for column in shown]
        told = [row["properties"][column.name]["description"] for column in shown]
        assert [text.removesuffix(" (null to whom it is not to be shown)") for text in told] == [
            one.comment for one in shown
        ]
        assert {one["name"] for one in operation["parameters"]} >= {column.name for column in shown} | {"limit", "next"}
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all({"401", "404", "422", "503"} <= operation["responses"].keys() for operation in operations)


def template_of(path: str, document: dict[str, Any]) -> str:
    """`/groups/{group_id}/pathways` of the path of one group."""
    wanted = f"{V1}{path}".split("/")
    alike = [name for name in document["paths"] if len(name.split("/")) == len(wanted)]
    found: list[str] = [
        name
        for name in alike
        if all(part.startswith("{") or part == one for part, one in zip(name.split("/"), wanted, strict=True))
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    "path", [*LISTS, f"/persons/{person_id(1)}/timeline", f"/persons/{person_id(700)}/timeline", "/positions"]
)
def test_answers_are_as_the_document_says(api: Api, document: dict[str, Any], path: str) -> None:
    template = template_of(path.partition("?")[0], document)
    schema = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema_rs.validate({**schema, "components": document["components"]}, api.get(path))


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.validate()
    assert len(list(schema.get_all_operations())) == len(READ_TABLES) + 17

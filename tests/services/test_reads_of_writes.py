"""Every answer of a write service about persons leaves one line in `access.reads` of its database, or does not leave.

The requests are those of the applications' contracts: a route without its request here fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from psycopg import sql

from shared.log.ledger import Ledger
from shared.process.metrics import Metrics
from shared.rights.caller import LOCAL, Caller
from shared.web.serving import Suite as Served
from tests.parts.asking import Asking
from tests.parts.postgres import fresh_database
from tests.services.purposes import purpose_of
from tests.services.test_saying_over_http import event
from tests.shared.intake.running import BATCH, LINES, PATIENCE, answered, is_unavailable, over_http
from tests.shared.intake.serve_one import real_service

NAMES = ("structures", "pathways", "agrement", "placements")
SOURCE = "https://vendor.example/a"
ONE, OTHER = (f"10000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
PERSON, SOMEBODY, CONTRACT = str(uuid4()), str(uuid4()), str(uuid4())
FORGOTTEN = str(uuid4())
"""Whom the route erases, so that the others have somebody to tell of."""
SUBJECT = f"person/{PERSON}"
AUDITOR = Caller(role="auditor", sub="auditor-7")
ANNA = Caller(role="structure", sub="anna@one", sources=frozenset({SOURCE}), structures=frozenset({ONE}))
VENDOR = Caller(role="structure", sub="vendor", sources=frozenset({SOURCE}), structures=frozenset({ONE, OTHER}))


@dataclass
class Suite:
    client: httpx2.Client
    url: str
    contracts: dict[str, Any]
    asking: Asking = field(default_factory=Asking)

    def lines(self) -> list[tuple[Any, ...]]:
        query = "SELECT sub, role, acting_for, purpose, route, persons::text[], rows FROM access.reads ORDER BY number"
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def asked_by(self, who: Caller) -> Iterator[None]:
        self.asking.who = who
        try:
            yield
        finally:
            self.asking.who = LOCAL

    @contextmanager
    def taking_no_lines(self) -> Iterator[None]:
        self.run("ALTER TABLE access.reads ADD CONSTRAINT full_disk CHECK (rows < 0) NOT VALID")
        try:
            yield
        finally:
            self.run("ALTER TABLE access.reads DROP CONSTRAINT full_disk")


@contextmanager
def running(url: str, database_url: str | None = None) -> Iterator[Suite]:
    """`database_url`: by which the services connect, where that is not the owner's."""
    with ExitStack() as stack:
        asking = Asking()
        ledger = Ledger(Path(stack.enter_context(TemporaryDirectory())) / "erasures.jsonl")
        ledger.open()
        database_url = database_url or url
        services = {name: real_service(name, database_url, asking, look_s=0.0, ledger=ledger) for name in NAMES}
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        address = stack.enter_context(over_http(Served({n: s.app for n, s in services.items()}, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=30))
        yield Suite(client, url, {name: service.app.openapi() for name, service in services.items()}, asking)


def received(subject: str = SUBJECT, structure: str = ONE, **around: Any) -> dict[str, Any]:
    data = {"structure_id": structure, "received_on": "2024-01-05", "sender_kind": "self", "outcome": "hired"}
    return event("received", subject, SOURCE, **around, **data)


def hired(contract: str = CONTRACT, **around: Any) -> dict[str, Any]:
    data = {"contract_id": contract, "structure_id": ONE, "contract_type": "CDDI", "starts_on": "2024-01-08"}
    return event("hired", around.pop("subject", SUBJECT), SOURCE, **around, **data, ends_on="2024-07-07")


def hours() -> dict[str, Any]:
    data = {"entry_id": str(uuid4()), "structure_id": ONE, "month": "2024-02", "hours": 12.5}
    return {**event("received", SUBJECT, SOURCE), "type": "placements.hours_worked.v1", "data": data}


def diagnosed() -> dict[str, Any]:
    data = {"diagnosis_id": str(uuid4()), "author_kind": "employer", "structure_id": ONE, "made_on": "2024-01-02"}
    return {**event("received", SUBJECT, SOURCE), "type": "agrement.eligibility_diagnosed.v1", "data": data}


def registered(structure: str = ONE) -> dict[str, Any]:
    data = {"name": "a structure", "kind": "ACI", "registered_on": "2015-01-01"}
    said = event("received", f"structure/{structure}", SOURCE)
    return {**said, "type": "structures.structure_registered.v1", "data": data}


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    with fresh_database(postgres_server) as url, running(url) as suite:
        said = {"structures": registered(), "agrement": diagnosed(), "placements": hours(), "pathways": hired()}
        for name, fact in said.items():
            answered(partial(suite.client.post, f"/{name}/v1/events", json=fact), 201)
        yield suite


REFERENCE = {"scheme": SOURCE, "reference": "0042"}
REQUESTS: dict[str, dict[str, Any]] = {
    **{f"GET /{name}/v1/{path}": {} for name in NAMES for path in ("events", "event-types", "codes", "accesses")},
    **{f"GET /{name}/v1/persons/{{person_id}}/held": {} for name in NAMES},
    "POST /structures/v1/check": {"json": registered()},
    "POST /pathways/v1/check": {"json": received()},
    "POST /agrement/v1/check": {"json": diagnosed()},
    "POST /placements/v1/check": {"json": hours()},
    "POST /structures/v1/events": {"json": registered(OTHER)},
    "POST /pathways/v1/events": {"json": received()},
    "POST /agrement/v1/events": {"json": diagnosed()},
    "POST /placements/v1/events": {"json": hours()},
    "GET /agrement/v1/persons/{person_id}": {},
    "GET /agrement/v1/persons/{person_id}/may-be-hired": {"params": {"by": ONE}},
    "GET /placements/v1/persons/{person_id}/cap": {},
    "PUT /pathways/v1/persons/by-reference": {"json": REFERENCE},
    "GET /pathways/v1/persons/by-reference": {"params": REFERENCE},
    "POST /pathways/v1/persons/{person_id}/references": {"json": {"scheme": SOURCE, "reference": "0043"}},
    "POST /pathways/v1/persons/{person_id}/erasure": {"json": {"erased_on": "2024-03-01", "ground": "request"}},
}
"""In an order in which a reference is made before it is looked up."""
OF_A_PERSON = [route for route in REQUESTS if "person" in route or route.startswith("POST /pathways/v1/check")]


def person_of(route: str) -> str:
    return FORGOTTEN if route.endswith("/erasure") else PERSON


def ask(suite: Suite, route: str) -> httpx2.Response:
    return asked_with_lines(suite, route)[0]


def asked_with_lines(suite: Suite, route: str) -> tuple[httpx2.Response, list[tuple[Any, ...]]]:
    """The answer and the lines that it left; asked again where a busy machine's database did not answer in time."""
    method, path = route.split()
    for _ in range(PATIENCE):
        before = len(suite.lines())
        answer = suite.client.request(method, path.format(person_id=person_of(route)), **REQUESTS[route])
        if not (is_unavailable(answer) and answer.json()["reason"] == "database"):
            break
    return answer, suite.lines()[before:]


def test_every_route_whose_answer_is_about_a_person_leaves_one_line_and_no_other_does(suite: Suite) -> None:
    """By what is sent and answered, looked for as text: by another way than the log does. A fact that is said is no read."""
    routes = {
        f"{method.upper()} {path}"
        for contract in suite.contracts.values()
        for path, operations in contract["paths"].items()
        for method in operations
    }
    assert routes == REQUESTS.keys()
    named = set()
    for route in REQUESTS:
        answer, new = asked_with_lines(suite, route)
        assert answer.status_code in (200, 201), (route, answer.text)
        sent = answer.request.content.decode() + str(answer.request.url)
        person = answer.json()["subject"][7:] if "by-reference" in route else person_of(route)
        is_about = route.split("/")[-1] != "events" or route.startswith("GET")
        is_about = is_about and (f"person/{person}" in answer.text + sent or person_of(route) in sent)
        if is_about:
            named.add(route)
        wanted = [("", "local", purpose_of(route), route, [person])] if is_about else []
        assert [(sub, role, why, by, persons) for sub, role, _, why, by, persons, _ in new] == wanted, route
    assert named >= set(OF_A_PERSON) | {f"GET /{name}/v1/events" for name in NAMES if name != "structures"}
    assert "GET /structures/v1/events" not in named


def test_no_line_no_answer(suite: Suite) -> None:
    ask(suite, "PUT /pathways/v1/persons/by-reference")
    with suite.taking_no_lines():
        for route in [*OF_A_PERSON, "GET /pathways/v1/events"]:
            answer = ask(suite, route)
            assert (answer.status_code, answer.json()["reason"]) == (503, "reads"), route
            assert "person/" not in answer.text
        assert ask(suite, "GET /structures/v1/events").status_code == 200  # about nobody
        assert suite.client.post("/pathways/v1/events", json=received()).status_code == 201  # no read
    assert all(ask(suite, route).status_code == 200 for route in OF_A_PERSON), "the erasure was recorded, and not told"


def test_a_line_says_who_for_whom_and_why(suite: Suite) -> None:
    path = f"/agrement/v1/persons/{PERSON}"
    with suite.asked_by(VENDOR):
        said = {"Acting-For": f"structure/{ONE}", "Purpose": "figures"}
        assert suite.client.get(f"/pathways/v1/events?subject={SUBJECT.upper()}", headers=said).status_code == 200
        assert suite.lines()[-1][:6] == (
            "vendor", "structure", f"structure/{ONE}", "figures", "GET /pathways/v1/events", [PERSON],
        )  # fmt: skip
        refused = suite.client.get(path, headers={**said, "Purpose": "because I can"})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "bad_purpose")
        # What it checks says for which of its structures it asks.
        assert suite.client.post("/pathways/v1/check", json=received(structure=OTHER)).status_code == 200
        assert suite.lines()[-1][2] == f"structure/{OTHER}"


def test_who_is_asked_about_is_read_of_even_where_nothing_is_known(suite: Suite) -> None:
    assert suite.client.get(f"/pathways/v1/events?subject=person/{SOMEBODY}").json()["items"] == []
    assert suite.lines()[-1][4:] == ("GET /pathways/v1/events", [SOMEBODY], 0)


def test_whoever_is_told_another_id_of_a_person_has_read_of_both(suite: Suite) -> None:
    one, other, reference = str(uuid4()), str(uuid4()), {"scheme": SOURCE, "reference": "0044"}
    answered(
        partial(suite.client.post, "/pathways/v1/events", json=hired(str(uuid4()), subject=f"person/{other}")), 201
    )
    merge = event("persons_merged", f"person/{one}", SOURCE, into=other, merged_on="2024-03-01")
    registered = event("person_registered", f"person/{one}", SOURCE, registered_on="2024-01-02")
    for fact in (registered, merge):
        answered(partial(suite.client.post, "/pathways/v1/events", json=fact), 201)
    for person_id, persons in ((one, [one]), (other, sorted([one, other]))):
        answer = suite.client.post(f"/pathways/v1/persons/{person_id}/references", json=reference)
        assert answer.json() == {"subject": f"person/{one}"}
        assert suite.lines()[-1][4:] == ("POST /pathways/v1/persons/{person_id}/references", persons, 1)
    # Whichever id an auditor names, it is the reads of the person.
    with suite.asked_by(AUDITOR):
        for person_id in (one, other):
            found = suite.client.get(f"/pathways/v1/accesses?person_id={person_id}&reason=case-12").json()["items"]
            assert sum(line["route"].endswith("/references") for line in found) == 2


def test_somebody_hidden_is_read_of_by_nobody(suite: Suite) -> None:
    before = suite.lines()
    with suite.asked_by(Caller(role="structure", sub="x", structures=frozenset({str(uuid4())}))):
        for path in (f"/agrement/v1/persons/{PERSON}", f"/placements/v1/persons/{PERSON}/cap"):
            assert suite.client.get(path).status_code == 404
    assert suite.lines() == before


REFUSED = "POST /pathways/v1/events"


def test_a_refusal_that_tells_what_is_recorded_is_a_read(suite: Suite) -> None:
    """However it was sent; what was recorded, was malformed, or may not be said, is none."""
    again, fine, malformed = hired(), received(), {**received(), "data": {}}
    with suite.asked_by(VENDOR):
        for body, headers in (
            (again, None),
            ([fine, again, malformed], BATCH),
            (b"\n".join(json.dumps(one).encode() for one in (received(), malformed, again)), LINES),
        ):
            before = len(suite.lines())
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            kind = headers or {"Content-Type": "application/json"}
            answer = suite.client.post("/pathways/v1/events", content=content, headers=kind)
            assert "contract_id_used" in answer.text
            new = suite.lines()[before:]
            assert new == [("vendor", "structure", f"structure/{ONE}", "saying", REFUSED, [PERSON], 1)]
        count = len(suite.lines())
        atomic = suite.client.post("/pathways/v1/events?atomic=true", content=json.dumps([fine, again]), headers=BATCH)
        assert atomic.json()["code"] == "atomic_batch_refused"
        assert len(suite.lines()) == count + 1
        not_theirs = suite.client.post("/pathways/v1/events", json=received(structure=str(uuid4())))
        assert (not_theirs.status_code, suite.client.post("/pathways/v1/events", json=malformed).status_code) == (
            403,
            422,
        )
        assert len(suite.lines()) == count + 1


def test_refusals_of_one_batch_leave_one_line_for_each_structure(suite: Suite) -> None:
    twice = hired(contract=str(uuid4()), subject=f"person/{SOMEBODY}")
    assert suite.client.post("/pathways/v1/events", json=twice).status_code == 201
    before = len(suite.lines())
    batch = [hired(), hired(), hired(twice["data"]["contract_id"], subject=f"person/{SOMEBODY}")]
    assert suite.client.post("/pathways/v1/events", content=json.dumps(batch), headers=BATCH).status_code == 200
    ((*_, persons, rows),) = suite.lines()[before:]
    assert (set(persons), rows) == ({PERSON, SOMEBODY}, 3)


def test_without_a_line_a_refusal_is_not_told(suite: Suite) -> None:
    """A stream is given up at the last line before it: its sender goes on behind that one."""
    with suite.taking_no_lines():
        for body, headers in ((hired(), {}), ([hired()], BATCH)):
            kind = headers or {"Content-Type": "application/json"}
            answer = suite.client.post("/pathways/v1/events", content=json.dumps(body), headers=kind)
            assert (answer.status_code, answer.json()["reason"]) == (503, "reads")
            assert CONTRACT not in answer.text
        lines = suite.client.post("/pathways/v1/events", content=json.dumps(hired()), headers=LINES)
        assert (lines.status_code, lines.json()["reason"], lines.json()["last_line"]) == (503, "reads", 0)
        assert CONTRACT not in lines.text


def test_an_auditor_sees_of_each_service_its_own_lines(suite: Suite) -> None:
    """All share one table here."""
    for route in OF_A_PERSON:
        assert ask(suite, route).status_code in (200, 201)
    with suite.asked_by(AUDITOR):
        for name in NAMES:
            path = f"/{name}/v1/accesses?person_id={PERSON}"
            assert suite.client.get(path).json()["errors"][0]["code"] == "missing_reason"
            page = suite.client.get(f"{path}&reason=case-12&limit=2").json()
            found = page["items"]
            assert all(line["route"].split()[1].startswith(f"/{name}/v1/") for line in found)
            assert found  # of structures that it was asked what it holds of the person
            assert suite.lines()[-1][3:] == ("audit:case-12", f"GET /{name}/v1/accesses", [PERSON], len(found))
        page = suite.client.get("/pathways/v1/accesses?from=2020-01-01&limit=1").json()
        following = suite.client.get(f"/pathways/v1/accesses?from=2020-01-01&limit=1&next={page['next']}").json()
        assert following["items"][0]["number"] < page["items"][0]["number"]
        for bad, code in (("next=x", "bad_cursor"), ("sub=%00", "bad_filter"), ("from=x", "bad_day")):
            refused = suite.client.get(f"/pathways/v1/accesses?{bad}")
            assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, code)


def test_services_that_may_only_add_lines_answer_and_take_none_away(postgres_server: str) -> None:
    """The table is another's: with it made, whoever answers needs no more than INSERT."""
    role = f"adds_{uuid4().hex[:8]}"
    with fresh_database(postgres_server) as url:
        with running(url), psycopg.connect(url, autocommit=True) as owner:
            owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(sql.Identifier(role)))
            name = owner.info.dbname
            owner.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(*map(sql.Identifier, (name, role))))
        with psycopg.connect(url, autocommit=True) as owner:
            # The services' own schemas are theirs; the log of reads is not.
            for service in (*NAMES, "pathways_reading", "agrement_reading", "placements_reading"):
                owner.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(service)))
            owner.execute(
                f"GRANT USAGE ON SCHEMA access TO {role}; GRANT INSERT ON access.reads TO {role}", prepare=False
            )
        as_role = psycopg.conninfo.make_conninfo(url, user=role, password="x")
        with running(url, as_role) as suite:
            assert suite.client.post("/pathways/v1/events", json=hired()).status_code == 201
            assert suite.client.get("/pathways/v1/events").status_code == 200
            assert len(suite.lines()) == 1
            with psycopg.connect(as_role, autocommit=True) as connection:
                for statement in ("DELETE FROM access.reads", "SET access.trims = 'on'; DELETE FROM access.reads"):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(statement, prepare=False)

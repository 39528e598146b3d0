"""Who sees what of the write services: every route × role × relation, over one running suite with tokens.

The table's routes are those of the applications: a new one without its line fails. What is hidden is compared to the byte
with what nobody knows.
"""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from services.agrement import main as agrement
from services.agrement.facts import CATALOGUE as AGREMENT_FACTS
from services.agrement.facts import EligibilityDiagnosed
from services.pathways.facts import CATALOGUE as PATHWAYS
from services.placements import main as placements
from services.placements.facts import CATALOGUE as PLACEMENTS
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact, paris_day
from shared.feeds.store_feed import StoreFeed
from shared.intake.write_service import WriteService
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.rights.caller import ROLES
from shared.web.callers import TokenCallers
from shared.web.serving import Suite as Served
from tests.parts.postgres import fresh_database
from tests.services.agrement.suite import settled
from tests.shared.intake.running import over_http
from tests.shared.intake.serve_one import real_service

VENDOR, OTHER, AUTHORITY = "https://vendor.example/a", "https://other.example/b", "urn:authority"
ISSUER, AUDIENCE = "https://tokens.example", "parcours"
NAMES = ("structures", "pathways", "agrement", "placements")
RUNNING, PAST, NONE, PROPOSED, PRESCRIBER = (f"10000000-0000-4000-8000-00000000000{n}" for n in range(1, 6))
PERSON, UNKNOWN = f"person/{uuid4()}", f"person/{uuid4()}"
AGREMENT, CONTRACT, OLD_CONTRACT = (str(uuid4()) for _ in range(3))
CLIENT = str(uuid4())
TODAY = paris_day(datetime.now(UTC))  # relations are judged today, so the histories lie around it
NUMBER = "XXXXX0000042"


def days(count: int) -> str:
    return (TODAY + timedelta(days=count)).isoformat()


STRUCTURE_TOKENS = {
    "running": (VENDOR, RUNNING),
    "past": (VENDOR, PAST),
    "none": (OTHER, NONE),
    "proposed": (OTHER, PROPOSED),
}
CLAIMS: dict[str, dict[str, Any]] = {
    **{
        name: {"role": "structure", "sources": [source], "structures": [structure]}
        for name, (source, structure) in STRUCTURE_TOKENS.items()
    },
    "vendor": {"role": "structure", "sources": [VENDOR], "structures": [RUNNING, PAST]},
    "prescriber": {"role": "prescriber", "sources": [AUTHORITY], "structures": [PRESCRIBER], "authorised": True},
    "other prescriber": {"role": "prescriber", "sources": [OTHER], "structures": [NONE], "authorised": True},
    **{
        role: {"role": role, "sources": [AUTHORITY], "structures": []}
        for role in ROLES
        if role not in ("structure", "prescriber")
    },
}


@dataclass
class Suite:
    client: httpx2.Client
    services: dict[str, WriteService]
    key: ECKey
    url: str
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, claims: dict[str, Any]) -> str:
        whole = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3_600, **claims}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, whole, self.key, algorithms=["ES256"])

    def ask(self, who: str, method: str, path: str, acting_for: str | None = None, **how: Any) -> httpx2.Response:
        if who not in self.tokens:
            self.tokens[who] = self.token(CLAIMS[who])
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        if acting_for is not None:
            headers["Acting-For"] = f"structure/{acting_for}"
        return self.client.request(method, path, headers=headers, **how)

    def say(self, who: str, fact: str, subject: str, **data: Any) -> httpx2.Response:
        return self.ask(who, "POST", f"/{fact.partition('.')[0]}/v1/events", json=event(who, fact, subject, **data))

    def said(self, who: str, fact: str, subject: str, **data: Any) -> None:
        answer = self.say(who, fact, subject, **data)
        assert answer.status_code == 201, answer.text


def event(who: str, fact: str, subject: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": CLAIMS[who]["sources"][0],
        "type": f"{fact}.v1",
        "subject": subject,
        "time": f"{days(-1)}T12:00:00+00:00",
        "data": data,
    }


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    key = ECKey.generate_key("P-256", {"kid": "of tests", "alg": "ES256", "use": "sig"})
    public = KeySet([ECKey.import_key(key.as_dict(private=False))])
    callers = TokenCallers(lambda: public, issuer=ISSUER, audience=AUDIENCE)
    with fresh_database(postgres_server) as url, ExitStack() as stack:
        services = {name: real_service(name, url, callers, look_s=0.0) for name in NAMES}
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        apps = {name: service.app for name, service in services.items()}
        address = stack.enter_context(over_http(Served(apps, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=120))
        running = Suite(client, services, key, url)
        a_life(running)
        yield running


def a_life(suite: Suite) -> None:
    """Of one person: once with PAST, now with RUNNING, proposed to PROPOSED, diagnosed by a prescriber."""
    for structure in (RUNNING, PAST, NONE, PROPOSED):
        registered = {"name": "a structure", "kind": "AI", "registered_on": "2015-01-01"}
        suite.said("staff", "structures.structure_registered", f"structure/{structure}", **registered)
    suite.said(
        "running", "structures.client_registered", f"client/{CLIENT}", kind="company", registered_on="2016-01-01"
    )
    suite.said(
        "past",
        "pathways.received",
        PERSON,
        structure_id=PAST,
        received_on=days(-1600),
        sender_kind="self",
        outcome="hired",
    )
    suite.said("past", "pathways.hired", PERSON, **a_hire(OLD_CONTRACT, PAST, -1500, -1200))
    suite.said("running", "pathways.hired", PERSON, **a_hire(CONTRACT, RUNNING, -100, 200))
    suite.said(
        "running",
        "pathways.handover_proposed",
        PERSON,
        handover_id=str(uuid4()),
        from_structure_id=RUNNING,
        to_structure_id=PROPOSED,
        proposed_on=days(-2),
    )
    suite.said(
        "prescriber",
        "agrement.eligibility_diagnosed",
        PERSON,
        diagnosis_id=str(uuid4()),
        author_kind="authorised_prescriber",
        made_on=days(-120),
    )
    act(suite)
    suite.said(
        "staff",
        "agrement.agrement_granted",
        PERSON,
        agrement_id=AGREMENT,
        origin="ai_stock",
        number=NUMBER,
        granted_on=days(-110),
        starts_on=days(-110),
    )
    suite.said("past", "placements.hours_worked", PERSON, **hours(PAST, -1300))
    suite.said("running", "placements.hours_worked", PERSON, **hours(RUNNING, -60))
    act(suite)


def a_hire(contract: str, structure: str, first: int, last: int) -> dict[str, Any]:
    of_contract = {"contract_id": contract, "structure_id": structure, "contract_type": "CDD_USAGE"}
    return {**of_contract, "starts_on": days(first), "ends_on": days(last), "in_pathway": True}


def hours(structure: str, day: int) -> dict[str, Any]:
    return {"entry_id": str(uuid4()), "structure_id": structure, "month": days(day)[:7], "hours": 12.5}


def act(suite: Suite) -> None:
    """Agrement and placements read what others recorded, and record what follows."""
    for service in (agrement.service(), placements.service()):
        with ExitStack() as stack:

            def feed(database: Any, reads: tuple[str, ...] = service.reads, stack: ExitStack = stack) -> StoreFeed:
                stores = [FactStore(suite.url, name) for name in reads]
                for store in stores:
                    stack.callback(store.close)
                return StoreFeed(stores, *database.places_of("store"), max_records=10_000)

            settled(service.create_reconciler(suite.url, feed, stack))


# The table

OK, CREATED, NO_ROLE, HIDDEN = (200, None), (201, None), (403, "may_not_see"), (404, "not_found")
EVERYBODY = tuple(name for name in CLAIMS if name != "vendor")
LOGS = {**dict.fromkeys(EVERYBODY, OK), **dict.fromkeys(("federation", "ops", "auditor"), NO_ROLE)}
NOBODY = dict.fromkeys(EVERYBODY, NO_ROLE)
READS = {**NOBODY, "auditor": OK}
HELD = {**NOBODY, "data_steward": OK}
AGREMENTS = {
    **NOBODY,
    "running": OK,
    "past": OK,
    "none": HIDDEN,
    "proposed": HIDDEN,
    "prescriber": OK,
    "other prescriber": HIDDEN,
    "group_coordinator": HIDDEN,
}
MAY_BE_HIRED = {**NOBODY, "running": OK, "past": HIDDEN, "none": HIDDEN, "proposed": HIDDEN}
CAPS = {**NOBODY, "running": OK, "past": OK, "none": HIDDEN, "proposed": HIDDEN}
REFERENCES = {**NOBODY, "running": OK, "past": OK, "none": HIDDEN, "proposed": HIDDEN}

Answers = dict[str, tuple[int, str | None]]
ROUTES: dict[str, Answers] = {
    **{f"GET /{name}/v1/events": LOGS for name in NAMES},
    **{f"GET /{name}/v1/{path}": dict.fromkeys(EVERYBODY, OK) for name in NAMES for path in ("event-types", "codes")},
    **{f"GET /{name}/v1/accesses": READS for name in NAMES},
    **{f"GET /{name}/v1/persons/{{person_id}}/held": HELD for name in NAMES},
    "GET /agrement/v1/persons/{person_id}": AGREMENTS,
    "GET /agrement/v1/persons/{person_id}/may-be-hired": MAY_BE_HIRED,
    "GET /placements/v1/persons/{person_id}/cap": CAPS,
    "GET /pathways/v1/persons/by-reference": REFERENCES,
    "PUT /pathways/v1/persons/by-reference": REFERENCES,
    "POST /pathways/v1/persons/{person_id}/references": {
        who: CREATED if answer == OK else answer for who, answer in REFERENCES.items()
    },
    # Of whoever it is: whether anybody is known is told to nobody. No ledger is named here.
    "POST /pathways/v1/persons/{person_id}/erasure": {**NOBODY, "data_steward": (503, "erasure_not_set_up")},
}
SAYING = {f"POST /{name}/v1/{path}" for name in NAMES for path in ("events", "check")}
"""Every fact type × sayer: `tests/services/test_saying.py`."""
OF_A_PERSON = {route for route in ROUTES if "person" in route}
EVERYTHING = {route for route in ROUTES if route.endswith("/held")}
"""What a steward answers a person with: `tests/parcours/test_access_request.py`."""


def request_of(route: str, who: str, subject: str) -> tuple[str, str, dict[str, Any]]:
    method, path = route.split()
    path = path.replace("{person_id}", subject.removeprefix("person/"))
    structures = CLAIMS[who].get("structures") or [NONE]
    if path.endswith("may-be-hired"):
        return method, path, {"params": {"by": structures[0]}}
    if path.endswith("/erasure"):
        return method, path, {"json": {"erased_on": days(0), "ground": "request"}}
    if path.endswith("/references"):
        return method, path, {"json": {"scheme": structures[0], "reference": str(uuid4())}}
    if path.endswith("by-reference"):
        reference = {"scheme": "agrement", "reference": NUMBER if subject == PERSON else "XXXXX9999999"}
        return method, path, {"params": reference} if method == "GET" else {"json": reference}
    return method, path, {}


def test_every_route_has_its_line(suite: Suite) -> None:
    routes = {
        f"{method.upper()} {path}"
        for service in suite.services.values()
        for path, operations in service.app.openapi()["paths"].items()
        for method in operations
    }
    assert routes == ROUTES.keys() | SAYING
    assert all(answers.keys() == set(EVERYBODY) for answers in ROUTES.values())


def test_every_role_and_relation_is_answered_as_the_table_says(suite: Suite) -> None:
    for route, answers in ROUTES.items():
        for who, wanted in answers.items():
            method, path, how = request_of(route, who, PERSON)
            answer = suite.ask(who, method, path, **how)
            body = answer.json()
            code = body.get("code") if isinstance(body, dict) else None
            assert (answer.status_code, code) == wanted, (route, who, answer.text)


def test_who_is_hidden_is_nobody_to_the_byte(suite: Suite) -> None:
    for route in OF_A_PERSON:
        for who, wanted in ROUTES[route].items():
            if wanted in (OK, CREATED):
                continue
            answers = set()
            for subject in (PERSON, UNKNOWN):
                method, path, how = request_of(route, who, subject)
                answer = suite.ask(who, method, path, **how)
                headers = {
                    name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")
                }
                answers.add((answer.status_code, answer.content, tuple(sorted(headers.items()))))
            assert len(answers) == 1, (route, who, answers)


def test_whether_a_contract_is_anothers_is_not_told_by_a_warning(suite: Suite) -> None:
    """Of another's contract the same as of one that nobody knows, or one would be tried after the other."""

    def warned(contract_id: str) -> list[dict[str, str]]:
        said = hours(RUNNING, -61) | {"contract_id": contract_id}
        answer = suite.say("running", "placements.hours_worked", PERSON, **said)
        assert answer.status_code == 201, answer.text
        found: list[dict[str, str]] = answer.json().get("warnings", [])
        return found

    assert warned(CONTRACT) == []
    assert [warning["code"] for warning in warned(OLD_CONTRACT)] == ["no_contract_of_the_structure"]
    assert warned(OLD_CONTRACT) == warned(str(uuid4()))


def test_without_a_token_or_for_another_structure_there_is_nothing(suite: Suite) -> None:
    for route in ROUTES:
        method, path, how = request_of(route, "running", PERSON)
        assert suite.client.request(method, path, **how).status_code == 401
        if method == "GET" and not path.endswith(("codes", "event-types")):
            codes = {
                suite.ask("vendor", method, path, acting_for, **how).json().get("code") for acting_for in (None, NONE)
            }
            assert codes == {"acting_for_missing", "not_acting_for"}, route
            for structure, who in ((RUNNING, "running"), (PAST, "past")):
                _, _, how = request_of(route, who, PERSON)
                both = suite.ask("vendor", method, path, structure, **how)
                assert both.content == suite.ask(who, method, path, **how).content, (route, who)


def test_what_is_shown_is_the_askers_own(suite: Suite) -> None:
    path = f"/agrement/v1/persons/{PERSON.removeprefix('person/')}"
    (mine,) = suite.ask("running", "GET", path).json()["agrements"]
    shown = {name for name, value in mine.items() if value not in (None, [])}
    assert shown == {
        "agrement_id",
        "number",
        "state",
        "starts_on",
        "ends_on",
        "ends_on_if_resumed",
        "remaining_days",
        "remaining_estimate",
        "next_suspension",
        "prolongation_window",
    }, "nobody suspended, nobody prolonged: nothing of others is in the days that follow"
    assert (mine["agrement_id"], mine["number"]) == (AGREMENT, NUMBER)
    assert suite.ask("past", "GET", path).json()["agrements"] == []
    cap = f"/placements/v1/persons/{PERSON.removeprefix('person/')}/cap"
    for who, other in (("running", PAST), ("past", RUNNING)):
        text = suite.ask(who, "GET", cap).text
        assert other not in text
        assert suite.ask(who, "GET", cap, params={"structure_id": other}).json()["code"] == "not_acting_for"
        hire = f"{path}/may-be-hired"
        assert suite.ask(who, "GET", hire, params={"by": other}).json()["code"] == "not_acting_for"
        assert suite.ask(who, "GET", hire, params={"by": str(uuid4())}).json()["code"] == "not_acting_for"


def test_nothing_of_others_is_in_any_answer(suite: Suite) -> None:
    """By the ids that only others said: sought in everything each structure can ask."""
    logs = {name: suite.ask("service", "GET", f"/{name}/v1/events").json()["items"] for name in NAMES}
    for who in (*STRUCTURE_TOKENS, "prescriber", "other prescriber", "staff", "data_steward", "group_coordinator"):
        structure = next(iter(CLAIMS[who]["structures"]), None)
        sayer = f"structure/{structure}" if structure else f"role/{who}"
        others = {item["id"] for log in logs.values() for item in log if item["saidfor"] != sayer}
        own = {item["id"] for log in logs.values() for item in log if item["saidfor"] == sayer}
        read: set[str] = set()
        for name in NAMES:
            text = suite.ask(who, "GET", f"/{name}/v1/events", params={"limit": 1000}).text
            read |= {item["id"] for item in json.loads(text)["items"]}
            assert not [one for one in others if one in text]
        assert read == own
        for route in OF_A_PERSON - EVERYTHING:
            method, path, how = request_of(route, who, PERSON)
            text = suite.ask(who, method, path, **how).text
            assert not [one for one in others if one in text], (route, who)


def test_what_others_say_changes_nothing_that_is_answered(suite: Suite) -> None:
    """Another structure, employer of the person as well, says every fact there is: what RUNNING and a prescriber are
    answered stays as it was, to the byte."""
    person, contract, request = f"person/{uuid4()}", str(uuid4()), str(uuid4())
    suite.said("running", "pathways.hired", person, **a_hire(contract, RUNNING, -700, 200))
    suite.said(
        "running",
        "agrement.agrement_granted",
        person,
        **{**a_grant(structure_id=RUNNING, number="999990000123"), "granted_on": days(-700), "starts_on": days(-700)},
    )
    act(suite)
    (agrement,) = suite.ask("running", "GET", f"/agrement/v1/persons/{person[7:]}").json()["agrements"]
    suite.said(
        "running",
        "agrement.prolongation_requested",
        person,
        agrement_id=agrement["agrement_id"],
        request_id=request,
        structure_id=RUNNING,
        reason="RQTH",
        starts_on=agrement["ends_on"],
        ends_on=days(200),
        requested_on=days(-20),
        addressed_to=PRESCRIBER,
    )
    suite.said("running", "placements.hours_worked", person, **hours(RUNNING, -60))
    act(suite)

    def answers() -> dict[tuple[str, str], str]:
        found = {}
        for who in ("running", "prescriber"):
            for route in OF_A_PERSON:
                method, path, how = request_of(route, who, person)
                if not path.endswith("by-reference"):
                    found[who, route] = suite.ask(who, method, path, **how).text
            for name in NAMES:
                log = suite.ask(who, "GET", f"/{name}/v1/events", params={"subject": person, "limit": 1000})
                found[who, name] = log.text
        return found

    before = answers()
    suite.said("none", "pathways.hired", person, **a_hire(str(uuid4()), NONE, -30, 100))
    catalogue = Catalogue.join([PATHWAYS, AGREMENT_FACTS, PLACEMENTS])
    accepted = set()
    for kind in catalogue.facts.values():
        if "person" in kind.subjects:
            answer = suite.say("none", kind.type.removesuffix(".v1"), person, **about(kind, NONE))
            accepted |= {kind.type} if answer.status_code == 201 else set()
    act(suite)
    assert len(accepted) > 20, accepted
    assert answers() == before


def test_who_is_hidden_is_answered_without_reading_what_others_said(suite: Suite) -> None:
    """How long an answer takes grows with what is read: so nothing is. Shown by facts that cannot be read."""
    person = f"person/{uuid4()}"
    suite.said("running", "pathways.hired", person, **a_hire(str(uuid4()), RUNNING, -30, 100))
    suite.said("running", "placements.hours_worked", person, **hours(RUNNING, -10))
    suite.said(
        "running",
        "agrement.eligibility_diagnosed",
        person,
        **{**about(EligibilityDiagnosed, RUNNING), "diagnosis_id": str(uuid4())},
    )
    act(suite)
    with psycopg.connect(suite.url, autocommit=True) as connection:

        def spoil(table: str, column: str, subject: str) -> None:
            connection.execute(f"UPDATE {table} SET {column} = '{{' || {column} WHERE {subject} = %s", [person])

        for name in ("pathways", "agrement", "placements"):
            spoil(f"{name}.facts", "state", "originator_id")
        for name in ("agrement", "placements"):
            spoil(f"{name}_reading.history", "envelope", "subject")
        try:
            for route in OF_A_PERSON - EVERYTHING:
                for who in ("running", "none", "other prescriber"):
                    method, path, how = request_of(route, who, person)
                    if path.endswith(("by-reference", "/erasure")):  # who is answered is no relation
                        continue
                    answer = suite.ask(who, method, path, **how)
                    if who == "running":
                        assert answer.status_code == 500, "spoilt: who may see the person has it read"
                    else:
                        assert answer.status_code in (403, 404), (route, who, answer.text)
        finally:
            for name in ("pathways", "agrement", "placements"):
                connection.execute(
                    f"UPDATE {name}.facts SET state = substring(state FROM 2) WHERE originator_id = %s", [person]
                )
            for name in ("agrement", "placements"):
                connection.execute(
                    f"UPDATE {name}_reading.history SET envelope = substring(envelope FROM 2) WHERE subject = %s",
                    [person],
                )


def test_a_number_of_ones_own_finds_ones_own(suite: Suite) -> None:
    """Two structures of one vendor share a numbering: the same number is the same person, and neither learns by it that
    the other asked."""
    path = "/pathways/v1/persons/by-reference"
    reference = {"scheme": VENDOR, "reference": str(uuid4())}
    assert suite.ask("past", "GET", path, params=reference).status_code == 404
    first = suite.ask("running", "PUT", path, json=reference)
    assert first.status_code == 201
    assert (
        suite.ask("past", "GET", path, params=reference).content
        == suite.ask("past", "GET", path, params={**reference, "reference": str(uuid4())}).content
    )
    assert suite.ask("vendor", "PUT", path, json=reference).json()["code"] == "acting_for_missing"
    other = suite.ask("vendor", "PUT", path, PAST, json=reference)
    assert (other.status_code, other.json()) == (201, first.json())
    assert [suite.ask(who, "PUT", path, json=reference).status_code for who in ("past", "running")] == [200, 200]
    assert suite.ask("past", "GET", path, params=reference).json() == first.json()


# What refusals and checks tell


def a_grant(**data: Any) -> dict[str, Any]:
    return {"agrement_id": str(uuid4()), "origin": "les_emplois", "granted_on": days(-1), "starts_on": days(-1), **data}


def test_a_refusal_tells_no_fact_of_others(suite: Suite) -> None:
    """To who has nothing to do with the person the code alone; to who has, the agrément, and not who said what."""
    official = {"number": "999990000001"}
    grant = a_grant(structure_id=NONE, **official)
    refused = suite.say("none", "agrement.agrement_granted", PERSON, **grant)
    assert (refused.status_code, refused.json()["code"]) == (409, "agrement_running"), refused.text
    assert not [
        secret for secret in (AGREMENT, NUMBER, "standing", "ends_on", "earliest", "position") if secret in refused.text
    ]
    assert all(refused.json()[name].endswith(".") for name in ("detail", "detail_fr")), "whole, whatever is left out"
    mine = suite.say("running", "agrement.agrement_granted", PERSON, **a_grant(structure_id=RUNNING, **official))
    assert (mine.json()["code"], mine.json()["agrement_id"]) == ("agrement_running", AGREMENT)
    assert mine.json()["ends_on"]
    assert "standing" not in mine.json()


def test_other_facts_of_others_refuse_in_the_same_words(suite: Suite) -> None:
    """What differs in the lives of two persons is what another structure said: its days, its object, how many."""
    bodies = set()
    for first, length, purpose, many in ((-90, 20, "discover_trade", 2), (-200, 27, "confirm_project", 3)):
        person, host = f"person/{uuid4()}", str(uuid4())
        for number in range(many):
            start = first + 40 * number
            suite.say(
                "running",
                "pathways.immersion_agreed",
                person,
                **an_immersion(RUNNING, host, start, length, object=purpose, objective=f"o{number}"),
            )
        sent = event("none", "pathways.immersion_agreed", person, **an_immersion(NONE, host, -20, 12))
        # Not of the person, the host or the immersion, which the sender gave itself.
        refused = suite.ask("none", "POST", "/pathways/v1/events", json=sent)
        assert refused.json()["code"] == "immersion_host_agreements", refused.text
        given = (sent["id"], sent["data"]["immersion_id"], host)
        text = refused.text
        for one in given:
            text = text.replace(one, "given")
        also = [error["code"] for error in refused.json().get("also", ())]
        assert not also
        bodies.add(text)
    assert len(bodies) == 1


def an_immersion(structure: str, host: str, first: int, length: int, **data: Any) -> dict[str, Any]:
    return {
        "immersion_id": str(uuid4()),
        "structure_id": structure,
        "host_id": host,
        "object": "start_recruitment",
        "starts_on": days(first),
        "ends_on": days(first + length),
        "days": 5,
        **data,
    }


def test_a_number_of_somebody_elses_is_taken_and_no_more(suite: Suite) -> None:
    other = f"person/{uuid4()}"
    number = {"number": "999990000077", "structure_id": PAST}
    suite.said("past", "agrement.agrement_granted", other, **a_grant(**number))
    again = suite.say(
        "none", "agrement.agrement_granted", f"person/{uuid4()}", **a_grant(**{**number, "structure_id": NONE})
    )
    assert again.json()["code"] == "number_taken"
    assert "standing" not in again.json()
    assert other not in again.text


def test_a_prescriber_does_not_learn_who_hired_by_naming_one_structure_after_the_other(suite: Suite) -> None:
    answers = set()
    for structure in (RUNNING, PAST, NONE, str(uuid4())):
        suspension = {
            "agrement_id": AGREMENT,
            "suspension_id": str(uuid4()),
            "structure_id": structure,
            "author_kind": "prescriber",
            "reason": "CONTRACT_SUSPENDED",
            "starts_on": days(-5),
            "declared_on": days(-5),
            "ends_on": days(20),
        }
        sent = event("prescriber", "agrement.suspended", PERSON, **suspension)
        answer = suite.ask("prescriber", "POST", "/agrement/v1/check", json=sent)
        assert answer.json()["allowed"], answer.text
        answers.add(answer.text)
    assert len(answers) == 1, answers


def about(kind: type[Fact], structure: str) -> dict[str, Any]:
    """An example, with ids of its own, said for a structure."""
    data = dict(kind.example)
    for name in ("structure_id", "from_structure_id"):
        if name in data:
            data[name] = structure
    return data


def test_a_check_of_who_is_hidden_is_one_of_nobody(suite: Suite) -> None:
    catalogue = Catalogue.join([PATHWAYS, AGREMENT_FACTS, PLACEMENTS])
    told = set()
    for kind in catalogue.facts.values():
        if "person" not in kind.subjects:
            continue
        sent = event("none", kind.type.removesuffix(".v1"), PERSON, **about(kind, NONE))
        path = f"/{kind.service()}/v1/check"
        hidden = suite.ask("none", "POST", path, json=sent)
        unknown = suite.ask("none", "POST", path, json={**sent, "subject": UNKNOWN})
        if hidden.content != unknown.content or hidden.status_code != unknown.status_code:
            told.add(kind.type)
    # Nobody registers somebody of whom others have spoken: posting it is refused for that as well.
    assert told == {"pathways.person_registered.v1"}


FORGED: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1},
    "of another issuer": {"iss": "https://elsewhere.example"},
    "for another audience": {"aud": "others"},
    "role of another form": {"role": ["service"]},
    "structures of another form": {"structures": {"id": RUNNING}},
    "more structures than a token may": {"structures": [str(uuid4()) for _ in range(101)]},
    "groups of another form": {"groups": 7},
    "authorised of another form": {"authorised": "yes"},
}


def test_no_forged_token_is_answered(suite: Suite) -> None:
    whole = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3_600, **CLAIMS["service"]}
    header, payload, signature = suite.token(CLAIMS["service"]).split(".")

    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    def by_public_key() -> str:
        """Signed by hand: a library that is careful refuses to."""
        signed = f"{part({'alg': 'HS256', 'kid': suite.key.kid})}.{part(whole)}"
        digest = hmac.digest(suite.key.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    stranger = ECKey.generate_key("P-256")
    tokens = {name: suite.token({**CLAIMS["running"], **claims}) for name, claims in FORGED.items()}
    tokens |= {
        "unsigned": f"{part({'alg': 'none'})}.{payload}.",
        "signature left out": f"{header}.{payload}.",
        "another's content": f"{header}.{part({**whole, 'role': 'ops'})}.{signature}",
        "signed by a stranger under a known name": jwt.encode({"alg": "ES256", "kid": suite.key.kid}, whole, stranger),
        "signed with the public key": by_public_key(),
        "a key that it brings itself": jwt.encode(
            {"alg": "ES256", "kid": "x", "jwk": stranger.as_dict(private=False)}, whole, stranger
        ),
        "a name that is a path": jwt.encode(
            {"alg": "HS256", "kid": "../../dev/null"}, whole, OctKey.import_key("a" * 32)
        ),
    }
    for name, token in tokens.items():
        for route in ROUTES:
            method, path, how = request_of(route, "running", PERSON)
            answer = suite.client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **how)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized"), (name, route, answer.text)

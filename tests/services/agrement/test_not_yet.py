"""A refusal that is only "not yet" is none: a decision waits a moment for what other services have recorded.

Before, a hire and then at once a suspension was refused `not_the_last_employer` 30 times of 30, `last_hired_on: null`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
import pytest

from services.agrement import main as agrement
from shared.intake.looking import LONGEST_WAIT_S
from shared.intake.write_service import Surroundings
from shared.process.metrics import Metrics
from shared.reacting.outlook import StoreEnds
from shared.web.callers import LocalCallers
from shared.web.serving import Suite as Served
from tests.parts.ports import free_port
from tests.services.agrement.suite import Suite, a_grant, a_hire, a_void, event, settled, subject, suite_on
from tests.services.scenario import uid
from tests.shared.intake.running import LINES, lines, over_http

EVENTS = "/agrement/v1/events"


@pytest.fixture
def suite(database_url: str) -> Iterator[Suite]:
    with suite_on(database_url, look_s=LONGEST_WAIT_S) as one:
        yield one


@pytest.fixture
def registered(suite: Suite) -> Suite:
    """Structures A and B are known to agrement; nothing acts."""
    suite.registered("A")
    suite.registered("B")
    settled(suite.reconciler())
    return suite


def a_suspension(person: str, structure: str = "A", **around: Any) -> dict[str, Any]:
    data = {
        "agrement_id": str(uid(f"{person} P")),
        "suspension_id": str(uid(f"{person} S")),
        "structure_id": str(uid(structure)),
        "reason": "CONTRACT_SUSPENDED",
        "starts_on": "2026-03-02",
        "ends_on": "2026-04-01",
        "declared_on": "2026-03-02",
    }
    return event("agrement.suspended", subject(person), data, time="2026-03-02T12:00:00+01:00", **around)


def posted(suite: Suite, sent: Any, headers: dict[str, str] | None = None) -> httpx2.Response:
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return suite.client.post(EVENTS, content=content, headers={"Content-Type": "application/json", **(headers or {})})


def test_a_hire_then_at_once_a_suspension(registered: Suite) -> None:
    with registered.acting():
        for number in range(30):
            person = f"person {number}"
            registered.granted(person)
            registered.hired(person, "A", "2026-01-10")
            answer = posted(registered, a_suspension(person))
            assert answer.status_code == 201, answer.text


def test_while_nothing_acts_it_is_told_to_come_again(registered: Suite) -> None:
    registered.granted("a")
    registered.hired("a", "A", "2026-01-10")
    answer = posted(registered, a_suspension("a"))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (503, "not_yet_known")
    assert int(answer.headers["retry-after"]) > 0
    assert {f"{one['service']}:{one['position']}" for one in problem["missing"]} == {
        registered.positions["pathways"],
        registered.positions["agrement"],
    }
    checked = registered.client.post("/agrement/v1/check", json=a_suspension("a"))
    assert (checked.status_code, checked.json()["code"]) == (503, "not_yet_known")
    settled(registered.reconciler())
    assert posted(registered, a_suspension("a")).status_code == 201


def test_others_of_a_batch_and_of_lines_are_recorded(registered: Suite) -> None:
    registered.granted("a")
    registered.hired("a", "A", "2026-01-10")
    batch = posted(registered, [a_suspension("a"), a_grant("b")]).json()["outcomes"]
    assert [(one["outcome"], one.get("code"), one.get("status")) for one in batch] == [
        ("refused", "not_yet_known", 503),
        ("recorded", None, None),
    ]
    answers = posted(registered, lines(a_suspension("a"), a_grant("c")), LINES).text.splitlines()
    assert [json.loads(line).get("code") for line in answers] == ["not_yet_known", None]
    atomic = registered.client.post(EVENTS, json=[a_suspension("a"), a_grant("d")], params={"atomic": "true"})
    assert (atomic.status_code, atomic.json()["code"]) == (503, "atomic_batch_refused")
    assert "retry-after" in atomic.headers


def test_what_the_same_batch_grants_has_not_been_acted_upon(registered: Suite) -> None:
    """The hire is known; that it uses the agrément follows from the grant of the batch itself."""
    registered.hired("a", "A", "2026-01-10")
    settled(registered.reconciler())
    with registered.acting():
        outcomes = posted(registered, [a_grant("a"), a_suspension("a", "B")]).json()["outcomes"]
        assert [one.get("code") for one in outcomes] == [None, "not_yet_known"]
        assert outcomes[1]["missing"] == [{"service": "agrement", "position": None}]
        again = posted(registered, a_suspension("a", "B")).json()
        assert (again["code"], again["last_structure_id"]) == ("not_the_last_employer", str(uid("A")))


def test_a_refusal_says_what_was_looked_at(registered: Suite) -> None:
    registered.granted("a")
    registered.hired("a", "A", "2026-01-10")
    with registered.acting():
        problem = posted(registered, a_suspension("a", "B")).json()
    assert (problem["code"], problem["status"]) == ("not_the_last_employer", 409)
    assert problem["looked_at"]["pathways"] == int(registered.positions["pathways"].partition(":")[2])
    assert set(problem["looked_at"]) == {"structures", "pathways", "agrement"}


def test_what_is_wrong_whatever_comes_is_refused(registered: Suite) -> None:
    """Nothing acts, and yet: there is no such agrément, whatever pathways says."""
    registered.hired("a", "A", "2026-01-10")
    problem = posted(registered, a_suspension("nobody")).json()
    assert problem["code"] == "agrement_unknown"
    assert "looked_at" not in problem


@pytest.fixture
def patient(database_url: str) -> Iterator[Suite]:
    """It waits for an hour: whoever waits at all gets no answer in time."""
    with suite_on(database_url, look_s=3_600.0) as one:
        one.registered("A")
        settled(one.reconciler())
        yield one


def test_facts_that_ask_nobody_wait_for_nothing(patient: Suite) -> None:
    grant = patient.granted("a")
    patient.hired("a", "A", "2026-01-10")
    assert posted(patient, a_void(grant)).status_code == 201


@pytest.fixture
def apart(registered: Suite) -> Iterator[httpx2.Client]:
    """agrement as it is where the database of pathways is away."""
    urls = dict.fromkeys(agrement.service().reads, registered.url)
    away = psycopg.conninfo.make_conninfo(registered.url, host="127.0.0.1", port=free_port())
    around = Surroundings(registered.url, LocalCallers(), Metrics())
    service = agrement.service().create(around, ends=StoreEnds({**urls, "pathways": away}))
    service.start()
    try:
        with (
            over_http(Served({"agrement": service.app}, Metrics())) as url,
            httpx2.Client(base_url=url, timeout=30) as client,
        ):
            yield client
    finally:
        service.stop()


def test_with_the_other_database_away(registered: Suite, apart: httpx2.Client) -> None:
    """What needs it is told so; what does not is recorded."""
    registered.granted("a")
    settled(registered.reconciler())
    answer = apart.post(EVENTS, json=a_suspension("a"))
    assert (answer.status_code, answer.json()["code"]) == (503, "not_yet_known")
    assert answer.json()["missing"] == [{"service": "pathways", "position": None}]
    assert apart.post(EVENTS, json=a_grant("b")).status_code == 201


def test_a_late_hire_is_one_of_the_facts_that_are_awaited(patient: Suite) -> None:
    """After-Position says up to where; reached, it is an ordinary decision, and no log's end is awaited."""
    patient.granted("a")
    patient.hired("a", "A", "2026-01-10")
    settled(patient.reconciler())
    known = dict(patient.positions)
    patient.post(a_hire("b", "A", "2026-01-10"))
    answer = posted(patient, a_suspension("a"), {"After-Position": ", ".join(known.values())})
    assert answer.status_code == 201


def sending(way: str, suite: Suite, sent: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """What is answered of one event, in whatever it came."""
    if way == "check":
        answer = suite.client.post("/agrement/v1/check", json=sent, headers=headers)
    elif way == "lines":
        answer = posted(suite, lines(sent), {**LINES, **headers})
    else:
        answer = posted(suite, [sent] if way == "batch" else sent, headers)
    found: dict[str, Any] = answer.json()
    return found["outcomes"][0] if way == "batch" else found


WAYS = ["single", "batch", "lines", "check"]


@pytest.mark.parametrize("way", WAYS)
def test_positions_are_waited_for_without_being_asked_to(registered: Suite, way: str) -> None:
    """Before, `After-Position` without `Prefer: wait` was 503 `not_yet_applied` at once, for every fact."""
    registered.granted("a")
    registered.hired("a", "A", "2026-01-10")
    after = {"After-Position": ", ".join(registered.positions.values())}
    with registered.acting():
        answer = sending(way, registered, a_suspension("a"), after)
    assert answer.get("allowed") is True or answer["outcome"] == "recorded", answer


@pytest.mark.parametrize("way", WAYS)
def test_positions_that_do_not_come_are_told(registered: Suite, way: str) -> None:
    """Nothing acts: what needs pathways is `not_yet_known` after 2 s, or as long as is preferred; the rest is recorded."""
    registered.granted("a")
    registered.hired("a", "A", "2026-01-10")
    pathways = registered.positions["pathways"]
    for prefer in ({}, {"Prefer": "wait=0"}):
        answer = sending(way, registered, a_suspension("a"), {"After-Position": pathways, **prefer})
        assert (answer["code"], answer["status"]) == ("not_yet_known", 503)
        missing = {one["service"]: one["position"] for one in answer["missing"]}
        assert missing["pathways"] == int(pathways.partition(":")[2])
    grant = sending(way, registered, a_grant("b"), {"After-Position": pathways})
    assert grant.get("allowed") is True or grant["outcome"] == "recorded", grant


def test_positions_that_are_none_are_malformed_everywhere(registered: Suite) -> None:
    for way in ("single", "check"):
        problem = sending(way, registered, a_grant("a"), {"After-Position": "pathways"})
        assert (problem["code"], problem["header"]) == ("malformed", "After-Position")

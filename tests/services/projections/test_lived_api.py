"""Hand-overs, follow-ups, bridges and people ready for a next step, asked over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.pathways import facts as pathways
from services.projections import main
from shared.web.callers import LocalCallers
from tests.parts import postgres
from tests.services.agrement.persons import grant
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    CLIENT,
    EI,
    GROUP,
    OASP,
    exited,
    hired,
    membership_started,
    structure_registered,
)
from tests.services.projections.streams import SETTINGS, Streams, kept, person_id
from tests.services.projections.test_api import Api, everything, of, person
from tests.services.projections.test_lived_alerts import HANDOVER, proposed
from tests.services.projections.test_lived_views import client, placed, training
from tests.services.scenario import day, uid

NOBODY = uid("nobody knows it")


def story() -> Iterator[Any]:
    """One is ready and proposed to the AI, one is new, one left the AI to a client, one has no agrément."""
    for structure_id, kind in ((ACI, "ACI"), (AI, "AI"), (OASP, "OASP")):
        yield of(f"structure/{structure_id}", structure_registered(kind, "2015-01-01"))
    yield from (of(f"group/{GROUP}", membership_started(one, "2020-01-01")) for one in (ACI, AI))
    yield of(f"client/{CLIENT}", client(name="Services", structure_id=OASP))
    yield of(person(1), grant("2024-01-01", "2025-12-30"))
    yield of(person(1), hired(C1, ACI, "2024-01-15", "2024-09-14"))
    yield of(person(1), training("t", "2024-03-01", "completed"))
    yield of(person(1), proposed("2024-06-20"))
    yield of(person(2), grant("2024-06-01", "2026-05-30"))
    yield of(person(2), hired(C1, ACI, "2024-06-03", "2025-06-02"))
    yield of(person(3), hired(C1, AI, "2023-01-01", "2024-03-31"))
    yield of(person(3), placed("p", "2024-01-01", "2024-03-31"))
    yield of(person(3), exited(AI, "2024-03-31", "3", next=pathways.NextStep(structure_id=OASP)))
    yield of(person(4), hired(C2, AI, "2024-06-01"))
    yield of(person(5), proposed("2024-03-01").model_copy(update={"to_structure_id": EI, "handover_id": uid("h")}))
    yield of(
        person(5), pathways.HandoverAnswered(handover_id=uid("h"), answer="declined", answered_on=day("2024-03-05"))
    )


@pytest.fixture(scope="module")
def api(postgres_server: str) -> Iterator[Api]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as projections:
        service = main.create(SETTINGS, url, LocalCallers(), "memory")
        service.start()
        with TestClient(service.app, raise_server_exceptions=False) as asking:
            one = Api(projections, asking, [], Streams(), projections.feed())
            one.apply(*story())
            yield one
        service.stop()


ON = "on=2024-07-01"


def people(rows: list[dict[str, Any]]) -> list[int]:
    known = {str(person_id(number)): number for number in range(1, 6)}
    return [known[row["person_id"]] for row in rows]


def test_a_member_asks_who_is_proposed_to_it(api: Api) -> None:
    (row,) = api.get(f"/structures/{AI}/handovers?{ON}")["items"]
    assert (row["handover_id"], row["state"], row["days_open"], row["inside"]) == (str(HANDOVER), "proposed", 11, True)
    assert api.get(f"/structures/{AI}/handovers?{ON}&direction=from")["items"] == []
    both = api.get(f"/structures/{ACI}/handovers?{ON}&direction=from")["items"]
    assert people(both) == [1, 5]
    assert people(api.get(f"/structures/{ACI}/handovers?{ON}&direction=from&state=declined")["items"]) == [5]
    assert api.get(f"/structures/{AI}/handovers?on=2024-06-19")["items"] == []
    assert people(api.get(f"/structures/{EI}/handovers?{ON}")["items"]) == [5]  # named, never registered


def test_hand_overs_are_asked_of_a_group_and_unknown_structures_are_not_found(api: Api) -> None:
    assert people(api.get(f"/handovers?{ON}&group_id={GROUP}")["items"]) == [1]
    assert api.refused(f"/structures/{NOBODY}/handovers")[0] == 404
    assert api.refused(f"/structures/{AI}/handovers?direction=up")[0] == 422
    assert api.refused(f"/structures/{AI}/handovers?on=soon")[0] == 422


def test_a_group_asks_who_is_ready(api: Api) -> None:
    told = api.get(f"/groups/{GROUP}/ready?{ON}")
    assert told["criteria"] == {
        "agrement_days_left_min": 122,
        "contract_days_left_max": 92,
        "trainings_finished_min": 1,
        "stage_max": 3,
    }
    judged = {
        number: (row["ready"], row["unmet"]) for number, row in zip(people(told["items"]), told["items"], strict=True)
    }
    assert judged == {
        1: (True, []),
        2: (False, ["contract_days_left_max", "trainings_finished_min"]),
        4: (False, ["agrement_days_left_min", "contract_days_left_max", "trainings_finished_min"]),
    }
    assert people(api.get(f"/groups/{GROUP}/ready?{ON}&ready=true")["items"]) == [1]
    assert people(api.get(f"/groups/{GROUP}/ready?{ON}&kind=AI")["items"]) == [4]
    assert people(everything(api, f"/groups/{GROUP}/ready?{ON}", 1)) == [1, 2, 4]


def test_criteria_are_moved_or_left_out_for_one_question(api: Api) -> None:
    asked = f"/groups/{GROUP}/ready?{ON}&ready=true&contract_days_left_max=400&trainings_finished_min=none"
    told = api.get(asked)
    assert (told["criteria"]["contract_days_left_max"], told["criteria"]["trainings_finished_min"]) == (400, None)
    assert people(told["items"]) == [1, 2]
    assert people(api.get(f"{asked}&agrement_days_left_min=600")["items"]) == [2]
    assert people(api.get(f"/groups/{GROUP}/ready?{ON}&ready=true")["items"]) == [1]
    assert api.refused(f"/groups/{GROUP}/ready?stage_max=many")[0] == 422
    assert api.refused(f"/groups/{NOBODY}/ready")[0] == 404


def test_follow_ups_due_are_those_of_who_left(api: Api) -> None:
    due = api.get(f"/structures/{AI}/follow-ups?{ON}")["items"]
    assert [(row["milestone_months"], row["state"], row["days_overdue"]) for row in due] == [(3, "due", 0)]
    later = api.get(f"/follow-ups?on=2024-10-29&structure_id={AI}&state=overdue")["items"]
    assert [row["milestone_months"] for row in later] == [3, 6]
    assert api.get(f"/structures/{ACI}/follow-ups?{ON}")["items"] == []
    assert api.refused(f"/structures/{NOBODY}/follow-ups")[0] == 404


def test_bridges_are_listed_by_employer(api: Api) -> None:
    (row,) = api.get(f"/bridges?employer_structure_id={OASP}")["items"]
    assert (people([row]), row["recognised_by"], row["employed_on"], row["days_between"]) == (
        [3], "exit", "2024-04-01", 0,
    )  # fmt: skip
    assert api.get(f"/bridges?employer_structure_id={AI}")["items"] == []


def test_a_question_waits_for_what_it_asks_to_come_after(api: Api) -> None:
    status, problem = api.refused(f"/groups/{GROUP}/ready", **{"After-Position": "pathways:100000", "Prefer": "wait=0"})
    assert (status, problem["code"]) == (503, "not_yet_applied")

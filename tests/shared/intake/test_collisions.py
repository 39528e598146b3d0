"""Collisions name what they collide with: id, source and position of the standing fact, in one form for all.

Before, `contract_id_used` and the like said an id, and left their senders to look for the fact.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from services.agrement.facts import AgrementGranted
from services.pathways.facts import ContractEnded, Hired
from services.placements.facts import HoursWorked
from services.structures.facts import StructureRegistered
from shared.facts.fact import Fact
from tests.parts.postgres import fresh_database
from tests.shared.events import SOURCE
from tests.shared.intake.running import BATCH, Served, a_service, new_event, new_subject, served
from tests.shared.intake.serve_one import real_service

SERVICES = ("structures", "pathways", "agrement", "placements")


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[dict[str, Served]]:
    with fresh_database(postgres_server) as url:
        running = {name: served(real_service(name, url)) for name in SERVICES}
        entered = {name: one.__enter__() for name, one in running.items()}
        yield entered
        for one in running.values():
            one.__exit__(None, None, None)


def post(running: Served, sent: Any, **query: str) -> Any:
    headers = {"Content-Type": "application/json"}
    path = f"/{running.service.name}/v1/events"
    return running.client.post(path, content=json.dumps(sent).encode(), headers=headers, params=query).json()


def of(kind: type[Fact], subject: str, **data: Any) -> dict[str, Any]:
    return new_event(type=kind.type, subject=subject, data={**kind.example, **data})


@pytest.mark.parametrize(
    ("kind", "subject_kind", "data", "code"),
    [
        (StructureRegistered, "structure", {}, "structure_already_registered"),
        (Hired, "person", {}, "contract_id_used"),
        (ContractEnded, "person", {}, "contract_already_ended"),
        (HoursWorked, "person", {"hours": 12}, "entry_id_used"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_the_standing_fact_is_named(
    suite: dict[str, Served], kind: type[Fact], subject_kind: str, data: dict[str, Any], code: str
) -> None:
    running = suite[kind.service()]
    subject = new_subject().replace("person", subject_kind)
    first = of(kind, subject)
    recorded = post(running, first)
    refused = post(running, of(kind, subject, **data))
    assert refused["code"] == code
    assert refused["standing"] == {"id": first["id"], "source": SOURCE, "position": recorded["position"]}


def test_a_number_of_another_person(suite: dict[str, Served]) -> None:
    granted = {"agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1", "origin": "ai_stock", "number": "XXXXX7654321",
               "granted_on": "2022-01-03", "starts_on": "2022-01-03"}  # fmt: skip
    first = new_event(type=AgrementGranted.type, subject=new_subject(), data=granted)
    recorded = post(suite["agrement"], first)
    refused = post(suite["agrement"], new_event(type=AgrementGranted.type, subject=new_subject(), data=granted))
    assert refused["code"] == "number_taken"
    assert refused["standing"] == {"id": first["id"], "source": SOURCE, "position": recorded["position"]}


def test_within_one_batch(suite: dict[str, Served]) -> None:
    """The first is recorded with the batch, and is named with its position; of an atomic one nothing is recorded."""
    subject = new_subject()
    first, second = of(Hired, subject), of(Hired, subject)
    recorded, refused = post(suite["pathways"], [first, second])["outcomes"]
    assert refused["code"] == "contract_id_used"
    assert refused["standing"] == {"id": first["id"], "source": SOURCE, "position": recorded["position"]}
    subject = new_subject()
    first, second = of(Hired, subject), of(Hired, subject)
    _, refused = post(suite["pathways"], [first, second], atomic="true")["outcomes"]
    assert refused["standing"] == {"id": first["id"], "source": SOURCE, "position": None}


def test_a_void_voided_already(suite: dict[str, Served]) -> None:
    subject = new_subject()
    granted = {"agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de2", "origin": "ai_stock", "granted_on": "2022-01-03",
               "starts_on": "2022-01-03"}  # fmt: skip
    grant = new_event(type=AgrementGranted.type, subject=subject, data=granted)
    post(suite["agrement"], grant)
    data = {"fact_id": grant["id"], "voided_on": "2024-01-01", "reason": "mistake"}
    void = new_event(type="agrement.fact_voided.v1", subject=subject, data=data)
    recorded = post(suite["agrement"], void)
    refused = post(suite["agrement"], new_event(type="agrement.fact_voided.v1", subject=subject, data=data))
    assert refused["code"] == "already_voided"
    assert refused["standing"] == {"id": void["id"], "source": SOURCE, "position": recorded["position"]}


@pytest.fixture(scope="module")
def intake(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(a_service(url)) as running:
        yield running


def test_an_id_used_again(intake: Served) -> None:
    """`position` is that of the fact itself; its first answer named the last of its effects (`first_position`)."""
    sent = new_event(data={"starts_on": "2024-01-01", "kind": "big"})
    answer = intake.post(sent).json()
    other = {**sent, "data": {"starts_on": "2024-01-02"}}
    refused = intake.post(other).json()
    assert (refused["code"], refused["first_position"]) == ("id_reused", answer["position"])
    own = int(answer["position"].partition(":")[2]) - 2
    assert refused["standing"] == {"id": sent["id"], "source": SOURCE, "position": f"tests:{own}"}
    first = new_event()
    recorded, again = intake.post([first, {**first, "data": {"starts_on": "2024-01-02"}}], BATCH).json()["outcomes"]
    assert again["code"] == "id_reused"
    assert again["standing"] == {"id": first["id"], "source": SOURCE, "position": recorded["position"]}

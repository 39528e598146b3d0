"""Persons merged and split: what a steward may say, and that events are judged beside all ids of a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.rights.caller import LOCAL, Caller
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.services.pathways.test_api import Named
from tests.services.scenario import uid
from tests.shared.intake.running import Served, asked_again, served
from tests.shared.intake.serve_one import real_service

SOURCE = "https://software.example/a"
STEWARDS = "https://stewards.example"
ACI, EI = (str(uid(name)) for name in ("aci", "ei"))
CALLERS = Named(
    {
        "local": LOCAL,
        "aci": Caller("structure", frozenset([SOURCE]), frozenset([ACI])),
        "ei": Caller("structure", frozenset([SOURCE]), frozenset([EI])),
        "steward": Caller("data_steward", frozenset([STEWARDS])),
    }
)
_numbers = count(1)


@pytest.fixture(scope="module")
def database(postgres_server: str) -> Iterator[str]:
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def pathways(database: str) -> Iterator[Served]:
    with served(real_service("pathways", database, CALLERS)) as running:
        yield running


def event(name: str, subject: str, data: dict[str, Any], source: str = SOURCE, **around: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{name}-{next(_numbers)}",
        "source": source,
        "type": f"pathways.{name}.v1",
        "subject": subject,
        "time": "2025-03-01T10:00:00Z",
        "data": data,
        **around,
    }


def registered(subject: str) -> dict[str, Any]:
    return event("person_registered", subject, {"registered_on": "2025-01-02"})


def merged(subject: str, into: str, day: str = "2025-03-01") -> dict[str, Any]:
    return event("persons_merged", subject, {"into": into.removeprefix("person/"), "merged_on": day}, STEWARDS)


def split(merge: dict[str, Any], day: str = "2025-03-02") -> dict[str, Any]:
    return event("persons_split", merge["subject"], {"merge_id": merge["id"], "split_on": day}, STEWARDS)


def hired(subject: str, contract_id: UUID, structure: str = ACI) -> dict[str, Any]:
    data = {
        "contract_id": str(contract_id),
        "structure_id": structure,
        "contract_type": "CDDI",
        "starts_on": "2025-01-06",
    }
    return event("hired", subject, data)


def post(running: Served, body: Any, who: str = "local") -> Any:
    return asked_again(lambda: running.post(body, {"Authorization": who}))[-1]


def accepted(running: Served, *events: dict[str, Any], who: str = "local") -> None:
    for one in events:
        answer = post(running, one, who)
        assert answer.status_code in (200, 201), answer.text


def refused(running: Served, body: dict[str, Any], code: str, who: str = "local") -> Any:
    answer = post(running, body, who)
    assert (answer.status_code, answer.json()["code"]) == (409, code), answer.text
    return answer.json()


def persons(running: Served, many: int) -> list[str]:
    subjects = [f"person/{uuid4()}" for _ in range(many)]
    accepted(running, *map(registered, subjects))
    return subjects


def test_an_event_is_judged_beside_all_ids_of_a_person_until_they_are_split(pathways: Served) -> None:
    a, b = persons(pathways, 2)
    contracts = [uid(f"contract {next(_numbers)}") for _ in range(3)]
    accepted(pathways, hired(a, contracts[0]), hired(b, contracts[0]))  # two persons: nobody knows better yet
    accepted(pathways, merge := merged(a, b))
    accepted(pathways, hired(a, contracts[1]))
    problem = refused(pathways, again := hired(b, contracts[1]), "contract_id_used")
    assert problem["standing"]["id"].startswith("hired-")
    accepted(pathways, split(merge))
    accepted(pathways, again)


def test_a_chain_of_merges_is_one_person_and_loses_only_what_is_split_off(pathways: Served) -> None:
    a, b, c = persons(pathways, 3)
    contracts = [uid(f"contract {next(_numbers)}") for _ in range(3)]
    accepted(pathways, first := merged(a, b), merged(b, c))
    accepted(pathways, hired(a, contracts[0]), hired(b, contracts[1]))
    refused(pathways, hired(c, contracts[0]), "contract_id_used")
    refused(pathways, hired(a, contracts[1]), "contract_id_used")
    accepted(pathways, split(first))
    refused(pathways, hired(c, contracts[1]), "contract_id_used")
    accepted(pathways, hired(c, contracts[0]))


def test_a_voided_merge_never_was(pathways: Served) -> None:
    a, b = persons(pathways, 2)
    contract_id = uid(f"contract {next(_numbers)}")
    accepted(pathways, merge := merged(a, b), hired(a, contract_id))
    refused(pathways, again := hired(b, contract_id), "contract_id_used")
    void = {"fact_id": merge["id"], "voided_on": "2025-03-02", "reason": "mistake"}
    accepted(pathways, event("fact_voided", a, void, STEWARDS), again)


def test_what_cannot_be_merged(pathways: Served) -> None:
    a, b, c, d = persons(pathways, 4)
    refused(pathways, merged(a, a), "merged_into_itself")
    nobody = f"person/{uuid4()}"
    assert refused(pathways, merged(a, nobody), "merged_person_unknown")["unknown"] == nobody
    assert refused(pathways, merged(nobody, a), "merged_person_unknown")["unknown"] == nobody
    accepted(pathways, merge := merged(a, b), merged(b, c))
    assert refused(pathways, merged(a, d), "already_merged")["into"] == b.removeprefix("person/")
    refused(pathways, merged(c, a), "merged_in_a_circle")
    refused(pathways, merged(c, b), "merged_in_a_circle")
    # Corrected to name another, it is no second merge.
    accepted(pathways, {**merged(a, d), "replaces": merge["id"]})
    accepted(pathways, merged(c, a))


def test_what_cannot_be_split(pathways: Served) -> None:
    a, b, c = persons(pathways, 3)
    accepted(pathways, merge := merged(a, b), merged(b, c))
    refused(pathways, {**split(merge), "subject": c}, "merge_unknown")
    refused(pathways, split({"id": "another", "subject": a}), "merge_unknown")
    refused(pathways, split(merge, "2025-02-28"), "split_before_merged")
    accepted(pathways, split(merge))
    refused(pathways, split(merge), "merge_unknown")
    # Split, it may be merged again.
    accepted(pathways, merged(a, c))


def test_of_one_batch_each_event_is_judged_with_the_merges_before_it(pathways: Served) -> None:
    a, b, contract_id = f"person/{uuid4()}", f"person/{uuid4()}", uid(f"contract {next(_numbers)}")
    merge = merged(a, b)
    batch = [
        merged(a, b),
        registered(a),
        registered(b),
        merge,
        hired(a, contract_id),
        hired(b, contract_id),
        split(merge),
        hired(b, contract_id),
    ]
    outcomes = post(pathways, batch).json()["outcomes"]
    assert [one["outcome"] for one in outcomes] == [
        "refused", "recorded", "recorded", "recorded", "recorded", "refused", "recorded", "recorded",
    ]  # fmt: skip


def test_another_process_learns_of_a_merge(pathways: Served, database: str) -> None:
    with ExitStack() as stack:
        other = stack.enter_context(served(real_service("pathways", database, CALLERS)))
        a, b = persons(pathways, 2)
        contract_id = uid(f"contract {next(_numbers)}")
        accepted(other, hired(a, contract_id))
        accepted(pathways, merged(a, b))
        check = hired(b, contract_id)

        def is_refused() -> bool:
            answer = other.client.post("/pathways/v1/check", json=check, headers={"Authorization": "local"})
            return answer.status_code == 200 and not answer.json()["allowed"]

        wait_until(is_refused, "the other process judges beside both")
        refused(other, check, "contract_id_used")


def test_only_a_steward_merges_and_splits(pathways: Served) -> None:
    a, b = persons(pathways, 2)
    answer = post(pathways, {**merged(a, b), "source": SOURCE}, "aci")
    assert (answer.status_code, answer.json()["code"]) == (403, "may_not_say")
    merge = merged(a, b)
    accepted(pathways, merge, who="steward")
    (fact,) = [fact for fact in pathways.log(a) if fact.id == merge["id"]]
    assert b'"saidfor":"role/data_steward"' in fact.envelope
    # A steward sees no person: of a refusal what it said itself, and the code.
    refused(pathways, merged(a, b), "already_merged", "steward")
    accepted(pathways, split(merge), who="steward")


def test_who_has_to_do_with_one_id_has_to_do_with_the_person(pathways: Served) -> None:
    a, b = f"person/{uuid4()}", f"person/{uuid4()}"
    accepted(pathways, registered(a), hired(b, uid(f"contract {next(_numbers)}"), EI))
    closed = event("pathway_closed", a, {"closed_on": "2025-03-05", "reason": "moved"})
    assert post(pathways, closed, "ei").status_code == 403
    accepted(pathways, merge := merged(a, b))
    accepted(pathways, closed, who="ei")
    accepted(pathways, split(merge))
    assert post(pathways, {**closed, "id": "another closing"}, "ei").status_code == 403

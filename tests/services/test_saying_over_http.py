"""What an attacker tries with a valid token of another company, or of the same vendor: as it is sent, as it is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from services.pathways.facts import CATALOGUE, Exited, Hired, PathwayClosed, PersonRegistered, Received
from shared.facts.settle import order_of_truth, settle
from shared.rights.caller import LOCAL, Caller
from shared.web.visibility import with_sayer
from tests.parts.postgres import fresh_database
from tests.services.pathways.test_api import Named
from tests.shared.intake.running import Served, lines, new_event, new_subject, served
from tests.shared.intake.serve_one import real_service

VENDOR, OTHER = "https://vendor.example/a", "https://other.example/b"
A, B, C = (f"00000000-0000-4000-8000-00000000000{number}" for number in "abc")


def of(*structures: str, source: str = VENDOR, role: str = "structure") -> Caller:
    return Caller(role, frozenset([source]), frozenset(structures))


# A and B are customers of one vendor: their tokens name one source.
CALLERS = Named(
    {
        "local": LOCAL,
        "a": of(A),
        "b": of(B),
        "c": of(C, source=OTHER),
        "both": of(A, B),
        "staff": of(role="staff"),
        "steward": of(role="data_steward", source="urn:steward"),
        "federation": of(A, role="federation"),
    }
)


@pytest.fixture(scope="module")
def pathways(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service("pathways", url, CALLERS)) as running:
        yield running


def event(kind: str, subject: str, source: str = VENDOR, **data: Any) -> dict[str, Any]:
    around = {name: data.pop(name) for name in ("saidfor", "replaces", "id") if name in data}
    return new_event(source=source, type=f"pathways.{kind}.v1", subject=subject, data=data, **around)


def hired(subject: str, contract: str, by: str, **around: Any) -> dict[str, Any]:
    data = {**Hired.example, "contract_id": contract, "structure_id": by}
    return event("hired", subject, **{**data, **around})


def ended(subject: str, contract: str, **around: Any) -> dict[str, Any]:
    return event("contract_ended", subject, contract_id=contract, ended_on="2024-03-01", **around)


def post(running: Served, who: str, body: Any, path: str | None = None) -> tuple[int, Any]:
    headers = {"Authorization": who, "Content-Type": "application/json"}
    answer = running.client.post(path or running.path, content=json.dumps(body), headers=headers)
    return answer.status_code, answer.json()


def codes(found: tuple[int, Any]) -> tuple[int, str | None]:
    return found[0], found[1].get("code")


def standing(running: Served, subject: str) -> list[str]:
    entries = running.service.store.log(0, 1_000_000, subject=subject)
    facts = [fact for entry in entries if (fact := CATALOGUE.decode(entry.type, entry.wire)) is not None]
    return [fact.type.split(".")[1] for fact in settle(facts, order_of_truth(CATALOGUE))]


NOT_YOURS = (403, "not_yours")


def test_what_is_recorded_says_for_whom(pathways: Served) -> None:
    subject, contract = new_subject(), str(uuid4())
    assert post(pathways, "a", hired(subject, contract, A))[0] == 201
    assert post(pathways, "a", ended(subject, contract))[0] == 201
    answer = pathways.client.get(pathways.path, params={"subject": subject}, headers={"Authorization": "local"})
    assert [item["saidfor"] for item in answer.json()["items"]] == [f"structure/{A}"] * 2
    assert all("unproven" not in item for item in answer.json()["items"])


def test_nobody_speaks_for_a_foreign_structure(pathways: Served) -> None:
    subject = new_subject()
    for data in (
        event("received", subject, **{**Received.example, "structure_id": A}),
        hired(subject, str(uuid4()), A),
        event("exited", subject, **{**Exited.example, "exit_id": str(uuid4()), "structure_id": A}),
        ended(subject, str(uuid4()), saidfor=f"structure/{A}"),
    ):
        assert codes(post(pathways, "b", data)) == NOT_YOURS
        assert post(pathways, "b", data, "/pathways/v1/check")[0] == 403
    assert standing(pathways, subject) == []


def test_another_structures_contract_exit_and_training(pathways: Served) -> None:
    subject, contract, exit_id = new_subject(), str(uuid4()), str(uuid4())
    exited = {**Exited.example, "exit_id": exit_id, "structure_id": A, "contract_id": contract}
    assert post(pathways, "a", [hired(subject, contract, A), event("exited", subject, **exited)])[0] == 200
    attacks = [
        ended(subject, contract),
        event("contract_changed", subject, contract_id=contract, changed_on="2024-03-01", ends_on="2024-03-02"),
        event("contract_suspended", subject, contract_id=contract, starts_on="2024-03-01", cause="x"),
        hired(subject, contract, B),
        event("exited", subject, **{**exited, "exit_id": str(uuid4()), "structure_id": B}),
        event(
            "followed_up", subject, exit_id=exit_id, milestone_months=3, observed_on="2024-12-14", situation="employed"
        ),
        event("pathway_closed", subject, **PathwayClosed.example),
        event("person_registered", subject, **PersonRegistered.example),
    ]
    refusals = set()
    for attack in attacks:
        status, answer = post(pathways, "b", attack)
        assert (status, answer.pop("id")) == (403, attack["id"])
        refusals.add(json.dumps(answer, sort_keys=True))
        # `check` follows the same line, and tells no more.
        _, checked = post(pathways, "b", attack, "/pathways/v1/check")
        assert [one["code"] for one in checked["refusals"]] == ["not_yours"]
        assert checked["effects"] == []
    assert len(refusals) == 1, "one answer, whatever is recorded"
    assert [one["code"] for one in post(pathways, "b", attacks)[1]["outcomes"]] == ["not_yours"] * len(attacks)
    streamed = pathways.post(lines(*attacks), {"Authorization": "b", "Content-Type": "application/x-ndjson"})
    assert {json.loads(line)["code"] for line in streamed.text.splitlines()} == {"not_yours"}
    assert standing(pathways, subject) == ["hired", "exited"]


def test_a_person_of_others_and_an_unknown_one_are_answered_alike(pathways: Served) -> None:
    known = new_subject()
    assert post(pathways, "a", hired(known, str(uuid4()), A))[0] == 201
    for subject in (known, new_subject()):
        closing = event("pathway_closed", subject, id="closing", **PathwayClosed.example)
        assert codes(post(pathways, "b", closing)) == NOT_YOURS
    answers = [
        post(pathways, "b", event("pathway_closed", subject, id="closing", **PathwayClosed.example))[1]
        for subject in (known, new_subject())
    ]
    assert answers[0] == answers[1]
    assert post(pathways, "b", event("person_registered", new_subject(), **PersonRegistered.example))[0] == 201


@pytest.mark.parametrize("way", ["one by one", "in one batch"])
def test_an_early_end_of_anothers_contract_in_both_orders(pathways: Served, way: str) -> None:
    """The id leaked; the attacker is quicker than the employer."""
    for attacker in ("b", "c"):
        source = VENDOR if attacker == "b" else OTHER
        first, then = new_subject(), new_subject()
        contract, other = str(uuid4()), str(uuid4())
        assert post(pathways, attacker, ended(first, contract, source=source))[0] == 201
        assert standing(pathways, first) == ["contract_ended"]
        mine = [hired(first, contract, A), ended(first, contract)]
        answers = (
            [post(pathways, "a", one)[1] for one in mine]
            if way == "one by one"
            else post(pathways, "a", mine)[1]["outcomes"]
        )
        assert [answer["outcome"] for answer in answers] == ["recorded", "recorded"]
        assert standing(pathways, first) == ["hired", "contract_ended"]
        assert post(pathways, "a", hired(then, other, A))[0] == 201
        assert codes(post(pathways, attacker, ended(then, other, source=source))) == NOT_YOURS
        assert standing(pathways, then) == ["hired"]


def test_two_structures_of_one_vendor_void_and_correct_their_own_alone(pathways: Served) -> None:
    subject, contract = new_subject(), str(uuid4())
    hire = hired(subject, contract, A)
    assert post(pathways, "a", hire)[0] == 201
    void = {"fact_id": hire["id"], "voided_on": "2024-03-01", "reason": "mistake"}
    assert codes(post(pathways, "b", event("fact_voided", subject, **void))) == NOT_YOURS
    assert codes(post(pathways, "b", hired(subject, str(uuid4()), B, replaces=hire["id"]))) == NOT_YOURS
    assert post(pathways, "c", event("fact_voided", subject, OTHER, **void, fact_source=VENDOR))[0] == 403
    # A void that came before what it names: it waits, and proves another's.
    early = new_subject()
    later = hired(early, str(uuid4()), A)
    assert post(pathways, "b", event("fact_voided", early, **{**void, "fact_id": later["id"]}))[0] == 201
    assert post(pathways, "a", later)[0] == 201
    assert standing(pathways, early) == ["hired"]
    assert post(pathways, "a", event("fact_voided", subject, **void))[0] == 201
    assert standing(pathways, subject) == ["fact_voided"]


def test_an_id_that_the_other_customer_used_tells_nothing(pathways: Served) -> None:
    subject = new_subject()
    hire = hired(subject, str(uuid4()), A)
    assert post(pathways, "a", hire)[0] == 201
    elsewhere = hired(new_subject(), str(uuid4()), B, id=hire["id"])
    status, answer = post(pathways, "b", elsewhere)
    assert (status, answer["code"]) == (409, "id_reused")
    assert not {"first_position", "standing"} & answer.keys()
    assert codes(post(pathways, "b", hired(subject, str(uuid4()), B, id=hire["id"]))) == NOT_YOURS
    assert post(pathways, "a", hire)[1]["outcome"] == "duplicate"
    end = ended(subject, hire["data"]["contract_id"])
    assert post(pathways, "a", end)[0] == 201
    assert codes(post(pathways, "b", end)) == NOT_YOURS


def test_a_token_of_several_structures_says_for_which(pathways: Served) -> None:
    subject, contract = new_subject(), str(uuid4())
    assert post(pathways, "both", hired(subject, contract, A))[0] == 201
    status, answer = post(pathways, "both", ended(subject, contract))
    assert (status, answer["code"], answer["outcome"]) == (422, "sayer_missing", "malformed")
    assert codes(post(pathways, "both", ended(subject, contract, saidfor=f"structure/{B}"))) == NOT_YOURS
    assert post(pathways, "both", ended(subject, contract, saidfor=f"structure/{A}"))[0] == 201


def test_a_token_of_several_structures_reads_for_one(pathways: Served) -> None:
    for named, status, code in (
        (None, 403, "acting_for_missing"),
        (f"structure/{C}", 403, "not_acting_for"),
        (f"structure/{A}, structure/{B}", 403, "not_acting_for"),
        (f"structure/{A}", 200, None),
    ):
        headers = {"Authorization": "both", **({} if named is None else {"Acting-For": named})}
        answer = pathways.client.get(pathways.path, params={"limit": 1}, headers=headers)
        assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_a_handover_is_answered_by_whom_it_was_proposed_to(pathways: Served) -> None:
    subject, handover = new_subject(), str(uuid4())

    def answering(answer: str, **around: Any) -> dict[str, Any]:
        return event(
            "handover_answered", subject, handover_id=handover, answer=answer, answered_on="2024-08-27", **around
        )

    assert post(pathways, "c", answering("accepted", source=OTHER))[0] == 201  # before it is known
    proposal = {"handover_id": handover, "from_structure_id": A, "to_structure_id": B, "proposed_on": "2024-08-20"}
    assert post(pathways, "a", event("handover_proposed", subject, **proposal))[0] == 201
    assert standing(pathways, subject) == ["handover_proposed"]
    for who, answer in (("a", "accepted"), ("a", "declined"), ("b", "withdrawn")):
        assert codes(post(pathways, who, answering(answer))) == NOT_YOURS
    assert post(pathways, "b", answering("accepted"))[0] == 201


@pytest.mark.parametrize("who", ["staff", "steward", "federation"])
def test_other_roles_say_nothing_of_pathways(pathways: Served, who: str) -> None:
    source = next(iter(CALLERS.callers[who].sources))
    body = hired(new_subject(), str(uuid4()), A, source=source)
    assert codes(post(pathways, who, body)) == (403, "may_not_say")


def test_facts_from_before_show_whom_they_name() -> None:
    def shown(kind: str, data: dict[str, Any], **around: Any) -> str | None:
        found = with_sayer({"type": f"pathways.{kind}.v1", "subject": "person/x", "data": data, **around}, CATALOGUE)
        return found.get("saidfor")

    assert shown("hired", Hired.example) == f"structure/{Hired.example['structure_id']}"
    assert shown("hired", Hired.example, saidfor="structure/another") == "structure/another"
    assert shown("handover_proposed", {"from_structure_id": A, "to_structure_id": B}) == f"structure/{A}"
    assert shown("contract_ended", {"contract_id": A}) is None
    assert shown("of_a_later_release", {"structure_id": A}) is None


def test_the_local_caller_sees_no_difference(pathways: Served) -> None:
    """It speaks about whatever it likes, in any order, as it always did."""
    subject, contract = new_subject(), str(uuid4())
    sent = [
        ended(subject, contract),
        hired(subject, contract, A),
        event(
            "exited", subject, **{**Exited.example, "exit_id": str(uuid4()), "structure_id": B, "contract_id": contract}
        ),
        event("pathway_closed", new_subject(), **PathwayClosed.example),
    ]
    assert [post(pathways, "local", one)[0] for one in sent] == [201] * 4
    assert standing(pathways, subject) == ["hired", "contract_ended", "exited"]
    answer = pathways.client.get(pathways.path, params={"subject": subject}, headers={"Authorization": "local"})
    assert [item.get("saidfor") for item in answer.json()["items"]] == [None, f"structure/{A}", f"structure/{B}"]

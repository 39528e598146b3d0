"""What is recorded and looks mistaken is told in its answer, wherever it is answered, and again for ever.

Before, a void under the wrong person, a follow-up of next year or an exit from nowhere were recorded without a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from services.pathways.facts import Exited, FollowedUp, Hired
from services.structures.facts import AnnexRecorded
from shared.facts.fact import Fact, paris_day
from tests.parts.postgres import fresh_database
from tests.shared.intake.running import BATCH, LINES, Served, lines, new_event, new_subject, served
from tests.shared.intake.serve_one import real_service


@pytest.fixture(scope="module")
def pathways(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service("pathways", url)) as running:
        yield running


@pytest.fixture(scope="module")
def structures(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service("structures", url)) as running:
        yield running


def post(running: Served, sent: Any, headers: dict[str, str] | None = None, **query: str) -> Any:
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    return running.client.post(f"/{running.service.name}/v1/events", content=content, headers=headers, params=query)


def of(kind: type[Fact], subject: str, **data: Any) -> dict[str, Any]:
    return new_event(type=kind.type, subject=subject, data={**kind.example, **data})


def a_void(of_id: str, subject: str, service: str = "pathways", **around: Any) -> dict[str, Any]:
    data = {"fact_id": of_id, "voided_on": "2024-01-01", "reason": "mistake"}
    return new_event(type=f"{service}.fact_voided.v1", subject=subject, data=data, **around)


def codes(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(warning["code"], warning["pointer"]) for warning in answer.get("warnings", ())]


def tomorrow() -> str:
    return str(paris_day(datetime.now(UTC)) + timedelta(days=1))


def test_a_void_of_nothing_and_one_under_the_wrong_person(pathways: Served) -> None:
    hire = of(Hired, new_subject())
    first = post(pathways, hire)
    assert first.status_code == 201
    assert "warnings" not in first.json()
    unknown = post(pathways, a_void("nobody-said-this", hire["subject"]))
    assert unknown.status_code == 201
    assert codes(unknown.json()) == [("voided_fact_unknown", "/data/fact_id")]
    (warning,) = unknown.json()["warnings"]
    assert set(warning) == {"code", "title", "title_fr", "pointer"}
    wrong = post(pathways, a_void(hire["id"], new_subject()))
    assert wrong.status_code == 201
    assert codes(wrong.json()) == [("voided_fact_of_another_subject", "/data/fact_id")]
    assert codes(post(pathways, a_void(hire["id"], hire["subject"])).json()) == []
    assert codes(post(pathways, a_void(hire["id"], hire["subject"])).json()) == [("voided_already", "/data/fact_id")]


def test_a_correction_of_nothing_and_one_of_another_person(pathways: Served) -> None:
    hire = of(Hired, new_subject())
    post(pathways, hire)
    for replaces, subject, code in (
        ("nobody-said-this", hire["subject"], "replaced_fact_unknown"),
        (hire["id"], new_subject(), "replaced_fact_of_another_subject"),
    ):
        sent = {**of(Hired, subject, contract_id="c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c77"), "replaces": replaces}
        assert codes(post(pathways, sent).json()) == [(code, "/replaces")]


@pytest.mark.parametrize("together", [True, False])
def test_a_correction_of_another_kind(pathways: Served, together: bool) -> None:
    """An exit sent in the place of a hire took the hire away without a word."""
    subject = new_subject()
    hire = of(Hired, subject)
    sent = [hire, {**of(Exited, subject), "replaces": hire["id"]}, {**of(Hired, subject), "replaces": hire["id"]}]
    answers = post(pathways, sent).json()["outcomes"] if together else [post(pathways, one).json() for one in sent]
    assert [("replaced_fact_of_another_kind", "/replaces") in codes(answer) for answer in answers] == [
        False,
        True,
        False,
    ]


def test_a_follow_up_at_which_nobody_asks(pathways: Served) -> None:
    """Observed at seven months, it met neither the follow-up of six nor that of twelve, and nobody was told."""
    subject = new_subject()
    post(pathways, [of(Hired, subject), of(Exited, subject)])
    asked = [post(pathways, of(FollowedUp, subject, milestone_months=months)).json() for months in (3, 6, 7, 12, 24)]
    told = [("milestone_not_asked", "/data/milestone_months")]
    assert [codes(answer) for answer in asked] == [[], [], told, [], told]


@pytest.mark.parametrize(
    ("measure", "is_told"), [("ACI_DC", False), ("FDI_DC", False), ("ACI", False), ("ACY_DC", True)]
)
def test_an_annex_of_a_measure_in_no_list(structures: Served, measure: str, is_told: bool) -> None:
    """It opened no posts, and its end was no alert: a code mistyped showed nowhere."""
    sent = of(AnnexRecorded, new_subject().replace("person", "structure"), measure=measure)
    assert (("annex_measure_unknown", "/data/measure") in codes(post(structures, sent).json())) is is_told


def test_structures_warn_of_voids_too(structures: Served) -> None:
    subject = new_subject().replace("person", "structure")
    assert codes(post(structures, a_void("nobody-said-this", subject, "structures")).json()) == [
        ("voided_fact_unknown", "/data/fact_id")
    ]


def test_a_follow_up_observed_in_the_future(pathways: Served) -> None:
    subject = new_subject()
    post(pathways, [of(Hired, subject), of(Exited, subject)])
    answer = post(pathways, of(FollowedUp, subject, observed_on=tomorrow()))
    assert answer.status_code == 201
    assert codes(answer.json()) == [("day_in_the_future", "/data/observed_on")]


def test_an_exit_that_names_no_known_contract(pathways: Served) -> None:
    subject = new_subject()
    assert codes(post(pathways, of(Exited, subject)).json()) == [("contract_unknown", "/data/contract_id")]
    without = {name: value for name, value in Exited.example.items() if name not in ("contract_id", "next")}
    sent = new_event(type=Exited.type, subject=new_subject(), data=without)
    assert codes(post(pathways, sent).json()) == [("no_contract_with_structure", "/data/structure_id")]


def test_a_duplicate_gets_the_first_warnings_again(pathways: Served) -> None:
    """The exit's contract becomes known in between: its first answer stays what it was."""
    subject = new_subject()
    exited = of(Exited, subject)
    first = post(pathways, exited).json()
    post(pathways, of(Hired, subject))
    again = post(pathways, exited)
    assert again.status_code == 200
    assert again.json() == {**first, "outcome": "duplicate"}
    assert codes(again.json()) == [("contract_unknown", "/data/contract_id")]


def test_batches_lines_and_checks_tell_them_as_well(pathways: Served) -> None:
    batch = post(pathways, [of(Exited, new_subject()), of(Hired, new_subject())], BATCH).json()["outcomes"]
    assert [codes(outcome) for outcome in batch] == [[("contract_unknown", "/data/contract_id")], []]
    atomic = post(pathways, [of(Exited, new_subject())], BATCH, atomic="true").json()["outcomes"]
    assert [codes(outcome) for outcome in atomic] == [[("contract_unknown", "/data/contract_id")]]
    sent = lines(of(Exited, new_subject()), of(Hired, new_subject()))
    answered = [json.loads(line) for line in post(pathways, sent, LINES).text.splitlines()]
    assert [codes(line) for line in answered] == [[("contract_unknown", "/data/contract_id")], []]
    minimal = post(pathways, sent, {**LINES, "Prefer": "return=minimal"}).text.splitlines()
    doubted, summary = map(json.loads, minimal)
    assert (doubted["line"], codes(doubted)) == (1, [("contract_unknown", "/data/contract_id")])
    assert (summary["summary"]["duplicate"], summary["summary"]["warned"]) == (2, 1)
    checked = pathways.client.post("/pathways/v1/check", json=of(Exited, new_subject())).json()
    assert checked["allowed"]
    assert codes(checked) == [("contract_unknown", "/data/contract_id")]


def test_what_the_same_batch_says_before_is_known(pathways: Served) -> None:
    subject = new_subject()
    batch = post(pathways, [of(Hired, subject), of(Exited, subject), of(FollowedUp, subject)], BATCH).json()
    assert [codes(outcome) for outcome in batch["outcomes"]] == [[], [], []]


def test_a_database_of_before_is_given_the_column_and_keeps_its_answers(postgres_server: str) -> None:
    """Rows written without warnings are answered without."""
    with fresh_database(postgres_server) as url:
        sent = of(Hired, new_subject())
        with served(real_service("pathways", url)) as running:
            first = post(running, sent).json()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER TABLE pathways.intake DROP COLUMN warnings")
        with served(real_service("pathways", url)) as running:
            assert post(running, sent).json() == {**first, "outcome": "duplicate"}
            assert codes(post(running, of(Exited, new_subject())).json()) != []

"""Persons by their structure's own number, and what of a fact others are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.pathways.facts import Hired
from shared.rights.caller import LOCAL, Caller
from shared.web.problems import UnauthorizedError
from tests.parts.postgres import fresh_database
from tests.shared.intake.running import Served, asked_again, new_event, new_subject, served
from tests.shared.intake.serve_one import real_service

SOURCE = "https://software.example/a"
STRUCTURE = Hired.example["structure_id"]
PATH = "/pathways/v1/persons/by-reference"


class Named:
    """Callers by name, as if each had a token of its own."""

    def __init__(self, callers: dict[str, Caller]) -> None:
        self.callers = callers

    def caller(self, authorization: str | None) -> Caller:
        try:
            return self.callers[authorization or ""]
        except KeyError:
            raise UnauthorizedError() from None


CALLERS = Named(
    {
        "local": LOCAL,
        "software": Caller("structure", frozenset([SOURCE])),
        "sender": Caller("structure", frozenset([SOURCE]), frozenset([STRUCTURE])),
        "structure": Caller("structure", structures=frozenset([STRUCTURE])),
        "stranger": Caller("structure", sources=frozenset(["https://software.example/b"])),
    }
)


@pytest.fixture(scope="module")
def pathways(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service("pathways", url, CALLERS)) as running:
        yield running


def put(running: Served, body: Any, who: str = "local") -> Any:
    return running.client.put(PATH, json=body, headers={"Authorization": who})


def test_a_reference_gives_one_person_for_ever(pathways: Served) -> None:
    reference = {"scheme": SOURCE, "reference": "4711"}
    first = put(pathways, reference)
    assert first.status_code == 201
    assert first.json()["subject"].startswith("person/")
    again = put(pathways, {**reference, "reference": "4711 "})
    assert (again.status_code, again.json()) == (200, first.json())
    assert put(pathways, {**reference, "reference": "4712"}).json() != first.json()
    assert put(pathways, {**reference, "scheme": "https://software.example/b"}).json() != first.json()


@pytest.mark.parametrize("steering", ["\x9b2J", "\x85", "\u202e", "\u2066", "\u2028", "\x7f", "\n"])
def test_a_reference_that_steers_a_terminal_is_none(pathways: Served, steering: str) -> None:
    for reference in ({"scheme": SOURCE, "reference": f"47{steering}11"}, {"scheme": f"a{steering}", "reference": "1"}):
        answer = put(pathways, reference)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
        assert answer.json()["errors"][0]["pointer"].endswith(
            "scheme" if reference["reference"] == "1" else "reference"
        )


def test_fifty_askers_get_the_same_person(pathways: Served) -> None:
    reference = {"scheme": SOURCE, "reference": "asked by fifty"}
    with ThreadPoolExecutor(50) as many:
        answers = list(many.map(lambda _: asked_again(lambda: put(pathways, reference))[-1], range(50)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    assert len({answer.json()["subject"] for answer in answers}) == 1


def test_an_agrement_number_is_one_however_it_is_typed(pathways: Served) -> None:
    numbers = ["XXXXX0000001", "xxxxx0000001", "XXXXX 0000001 "]
    subjects = {
        put(pathways, {"scheme": "agrement", "reference": number}, "local").json()["subject"] for number in numbers
    }
    assert len(subjects) == 1


def test_the_database_holds_a_keyed_hash_only(pathways: Served) -> None:
    put(pathways, {"scheme": SOURCE, "reference": "1850578006084"})
    with pathways.service.store.connection() as connection:
        rows = connection.execute("SELECT t::text FROM pathways.person_references t").fetchall()
    assert rows
    assert not any("1850578006084" in row[0] for row in rows)


@pytest.mark.parametrize(
    ("scheme", "who", "status"),
    [
        (SOURCE, "software", 201),
        (STRUCTURE, "structure", 201),
        (SOURCE, "stranger", 403),
        (STRUCTURE, "software", 403),
        (SOURCE, "nobody", 401),
    ],
)
def test_a_reference_belongs_to_its_software_or_structure(pathways: Served, scheme: str, who: str, status: int) -> None:
    answer = put(pathways, {"scheme": scheme, "reference": f"of {who}"}, who)
    assert answer.status_code == status
    assert status == 201 or answer.json()["code"] in ("scheme_not_allowed", "unauthorized")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        7,
        {"scheme": SOURCE},
        {"scheme": SOURCE, "reference": ""},
        {"scheme": SOURCE, "reference": "  "},
        {"scheme": SOURCE, "reference": 4711},
        {"scheme": "two words", "reference": "1"},
        {"scheme": SOURCE, "reference": "1", "name": "x"},
        {"scheme": SOURCE, "reference": "a\x00"},
        {"scheme": SOURCE, "reference": "x" * 201},
    ],
)
def test_a_malformed_reference(pathways: Served, body: Any) -> None:
    answer = put(pathways, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b'{"\\ud800": 1}', b'{"scheme":"\\ud800","reference":"\\ud800"}', b"[" * 90_000]
)
def test_a_body_that_is_no_reference(pathways: Served, raw: bytes) -> None:
    headers = {"Authorization": "local", "Content-Type": "application/json"}
    answer = pathways.client.put(PATH, content=raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


def test_fields_of_a_structure_are_shown_to_it_alone(pathways: Served) -> None:
    subject = new_subject()
    data = {**Hired.example, "adapted_sentence": True}
    sent = new_event(source=SOURCE, type=Hired.type, subject=subject, data=data)
    assert pathways.post(sent, {"Authorization": "sender"}).status_code == 201

    def shown(who: str) -> Any:
        answer = pathways.client.get(pathways.path, params={"subject": subject}, headers={"Authorization": who})
        return [event["data"] for event in answer.json()["items"]]

    assert shown("local") == shown("sender") == shown("structure") == [data]
    assert shown("software") == shown("stranger") == []

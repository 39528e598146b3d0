"""Further numbers of a person, and how often somebody may ask for one that finds nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from services.pathways.api import MOST_UNKNOWN, UnknownNumbersError
from services.pathways.main import service
from shared.intake.write_service import Surroundings
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.rights.caller import LOCAL, Caller
from shared.web.quotas import HOUR_S, Quota
from tests.parts.postgres import fresh_database
from tests.services.pathways.test_api import PATH, Named
from tests.services.pathways.test_merging import ACI, EI, accepted, hired, merged, registered
from tests.services.scenario import uid
from tests.shared.intake.running import Served, asked_again, served
from tests.shared.intake.serve_one import real_service

SOURCE = "https://software.example/a"
CALLERS = Named(
    {
        "local": LOCAL,
        "aci": Caller("structure", frozenset([SOURCE]), frozenset([ACI]), sub="aci"),
        "stranger": Caller("structure", frozenset([SOURCE]), frozenset([str(uid("stranger"))]), sub="stranger"),
        "crowd": Caller("structure", frozenset([SOURCE]), frozenset([EI]), sub="crowd"),
        "ei": Caller("structure", frozenset([SOURCE]), frozenset([EI]), sub="ei"),
    }
)


@pytest.fixture(scope="module")
def pathways(postgres_server: str) -> Iterator[Served]:
    with fresh_database(postgres_server) as url, served(real_service("pathways", url, CALLERS)) as running:
        # Its claims are asked from the first number on; those of a service that never ran are none.
        assert (
            ask(running, "GET", PATH, {"scheme": "agrement", "reference": "XXXXX0000001"}, "local").status_code == 404
        )
        agrement = FactStore(url, "agrement")
        agrement.create()
        agrement.close()
        yield running


def ask(running: Served, method: str, path: str, body: dict[str, Any], who: str) -> Any:
    how: dict[str, Any] = {"params": body} if method == "GET" else {"json": body}
    return asked_again(lambda: running.client.request(method, path, headers={"Authorization": who}, **how))[-1]


def attach(running: Served, subject: str, who: str = "local", **reference: str) -> Any:
    body = {"scheme": SOURCE, "reference": str(uuid4()), **reference}
    return ask(running, "POST", f"/pathways/v1/{subject.replace('person/', 'persons/')}/references", body, who)


def hired_person(running: Served, structure: str = ACI) -> str:
    subject = f"person/{uuid4()}"
    accepted(running, hired(subject, uid(subject), structure))
    return subject


def test_a_further_number_finds_the_same_person(pathways: Served) -> None:
    subject, number = hired_person(pathways), str(uuid4())
    answer = attach(pathways, subject, "aci", reference=number)
    assert (answer.status_code, answer.json()) == (201, {"subject": subject})
    assert attach(pathways, subject, "aci", reference=number).status_code == 200
    found = ask(pathways, "GET", PATH, {"scheme": SOURCE, "reference": number}, "aci")
    assert (found.status_code, found.json()) == (200, {"subject": subject})


def test_a_number_stands_for_one_person_until_both_are_one(pathways: Served) -> None:
    one, other, number = hired_person(pathways), hired_person(pathways), str(uuid4())
    assert attach(pathways, one, "aci", reference=number).status_code == 201
    taken = attach(pathways, other, "aci", reference=number)
    assert (taken.status_code, taken.json()["code"]) == (409, "reference_taken")
    assert one.removeprefix("person/") not in taken.text
    accepted(pathways, merged(one, other))
    answer = attach(pathways, other, "aci", reference=number)
    assert (answer.status_code, answer.json()) == (200, {"subject": one})


def test_only_numbers_of_ones_own_and_of_whom_one_has_to_do_with(pathways: Served) -> None:
    subject = hired_person(pathways)
    hidden = attach(pathways, subject, "ei")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    assert attach(pathways, f"person/{uuid4()}", "ei").content == hidden.content
    for scheme in ("agrement", "https://software.example/b", EI):
        assert attach(pathways, subject, "aci", scheme=scheme).json()["code"] == "scheme_not_allowed"
    assert attach(pathways, subject, scheme="agrement", reference="XXXXX0000042").status_code == 201
    assert attach(pathways, subject, "aci", reference=" ").status_code == 422


def test_a_person_with_whom_one_has_to_do_under_another_id_is_found(pathways: Served) -> None:
    one, other, number = hired_person(pathways), f"person/{uuid4()}", "XXXXX0000077"
    accepted(pathways, registered(other))
    attach(pathways, other, scheme="agrement", reference=number)
    asked = {"scheme": "agrement", "reference": number}
    assert ask(pathways, "GET", PATH, asked, "aci").status_code == 404
    accepted(pathways, merged(one, other))
    assert ask(pathways, "GET", PATH, asked, "aci").json() == {"subject": other}


def test_after_twenty_numbers_that_find_nobody_none_is_looked_up(pathways: Served) -> None:
    subject, number = hired_person(pathways, EI), "XXXXX0000099"
    attach(pathways, subject, scheme="agrement", reference=number)
    known = {"scheme": "agrement", "reference": number}
    hidden = {"scheme": "agrement", "reference": "XXXXX0000042"}
    for place in range(MOST_UNKNOWN):
        unknown = hidden if place % 2 else {"scheme": "agrement", "reference": f"XXXXX11111{place:02}"}
        assert ask(pathways, "PUT" if place % 3 else "GET", PATH, unknown, "ei").status_code == 404
        if not place:
            assert ask(pathways, "GET", PATH, known, "ei").status_code == 200
    answers = [ask(pathways, "GET", PATH, body, "ei") for body in (known, hidden)]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(429, "unknown_numbers")}
    assert all(0 < int(one.headers["Retry-After"]) <= HOUR_S / MOST_UNKNOWN for one in answers)
    # Others, and whoever asks by a number of its own, are served.
    assert ask(pathways, "GET", PATH, {"scheme": "agrement", "reference": "XXXXX2222222"}, "aci").status_code == 404
    assert ask(pathways, "PUT", PATH, {"scheme": SOURCE, "reference": str(uuid4())}, "ei").status_code == 201


def test_of_many_who_ask_at_once_no_more_than_twenty_are_told_that_there_is_nobody(pathways: Served) -> None:
    def status(number: int) -> int:
        body = {"scheme": "agrement", "reference": f"XXXXX33333{number:02}"}
        return int(ask(pathways, "PUT" if number % 2 else "GET", PATH, body, "crowd").status_code)

    with ThreadPoolExecutor(16) as threads:
        assert Counter(threads.map(status, range(60))) == {404: MOST_UNKNOWN, 429: 40}


def test_an_hour_gives_twenty_again() -> None:
    now = [0.0]
    quota = Quota(MOST_UNKNOWN, lambda: now[0], period_s=HOUR_S)

    def taken() -> int:
        many = 0
        while not quota.take_one("a"):
            many += 1
        return many

    assert taken() == MOST_UNKNOWN
    now[0] = HOUR_S / MOST_UNKNOWN
    assert taken() == 1
    for _ in range(3):
        quota.give_back("a")
    assert taken() == 3
    now[0] = 3 * HOUR_S
    quota.give_back("nobody")
    assert taken() == MOST_UNKNOWN
    assert UnknownNumbersError(0.1, most_unknown=MOST_UNKNOWN).retry_after_s == 1


def granted(running: Served, subject: str, number: str, *, released: bool = False) -> None:
    """As the service agrement takes numbers, and gives back those brought by mistake."""
    with running.service.store.connection() as connection:
        connection.execute(
            "INSERT INTO agrement.claims (claim, subject, released) VALUES (%(number)s, %(subject)s, %(released)s)"
            " ON CONFLICT (claim) DO UPDATE SET released = %(released)s",
            {"number": number, "subject": subject, "released": released},
        )


def test_a_granted_number_finds_whose_it_is_and_makes_nobody(pathways: Served) -> None:
    subject, number = hired_person(pathways), "XXXXX0000123"
    granted(pathways, subject, number)
    typed = {"scheme": "agrement", "reference": "xxxxx 00 00123"}
    for method, who in (("PUT", "local"), ("GET", "local"), ("PUT", "aci"), ("GET", "aci")):
        answer = ask(pathways, method, PATH, typed, who)
        assert (answer.status_code, answer.json()) == (200, {"subject": subject}), (method, who)
    assert ask(pathways, "GET", PATH, typed, "stranger").status_code == 404
    taken = attach(pathways, hired_person(pathways), scheme="agrement", reference=number)
    assert (taken.status_code, taken.json()["code"]) == (409, "reference_taken")
    assert attach(pathways, subject, scheme="agrement", reference=number).status_code == 200


def test_a_number_that_is_granted_after_it_was_noted_is_who_it_was_granted_to(pathways: Served) -> None:
    subject = hired_person(pathways)
    reference = {"scheme": "agrement", "reference": "XXXXX0000124"}
    noted = ask(pathways, "PUT", PATH, reference, "local")
    assert noted.status_code == 201
    granted(pathways, subject, reference["reference"])
    assert ask(pathways, "PUT", PATH, reference, "local").json() == {"subject": subject}
    # Given back, since it had been brought by mistake.
    granted(pathways, subject, reference["reference"], released=True)
    assert ask(pathways, "PUT", PATH, reference, "local").json() == noted.json()


def test_where_granted_numbers_are_not_at_hand_none_makes_anybody(postgres_server: str) -> None:
    with fresh_database(postgres_server) as url:
        alone = service(b"key").create(Surroundings(url, CALLERS, Metrics()))
        with served(alone) as running:
            reference = {"scheme": "agrement", "reference": "XXXXX0000125"}
            assert ask(running, "PUT", PATH, reference, "local").status_code == 404
            assert attach(running, hired_person(running), **reference).status_code == 201
            assert ask(running, "PUT", PATH, reference, "local").status_code == 200

"""Numbers over the real store: in sequence, never twice, whoever asks at once and whatever becomes of the agrément."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx2
import psycopg
import pytest

from services.agrement.refusals.grants import NumbersExhaustedError, NumberTakenError
from shared.deciding.claims import Taken
from shared.log.store import FactStore
from tests.parts.ports import free_port
from tests.parts.processes import Processes
from tests.services.agrement.suite import Suite, a_grant, a_void, event, subject
from tests.services.scenario import uid
from tests.shared.intake.running import PATIENCE, is_duplicate, is_unavailable


def numbers(suite: Suite) -> list[str]:
    return [row[0] for row in suite.execute("SELECT claim FROM agrement.claims ORDER BY claim")]


def number_of(suite: Suite, person: str) -> Any:
    return suite.standing(person, "agrement_granted")[0]["number"]


def ours(*places: int) -> list[str]:
    return [f"XXXXX{place:07}" for place in places]


def post_all(urls: list[str], events: list[dict[str, Any]]) -> list[httpx2.Response]:
    """All at once. Who is told that the database did not answer in time sends again, as clients do."""

    async def post() -> list[httpx2.Response]:
        async with httpx2.AsyncClient(timeout=30, limits=httpx2.Limits(max_connections=len(events))) as client:

            async def told(place: int, event: dict[str, Any]) -> httpx2.Response:
                for _ in range(PATIENCE):
                    answer = await client.post(f"{urls[place % len(urls)]}/agrement/v1/events", json=event)
                    if not is_unavailable(answer):
                        break
                return answer

            return await asyncio.gather(*(told(place, event) for place, event in enumerate(events)))

    return asyncio.run(post())


def is_recorded(answer: httpx2.Response) -> bool:
    """Now, or by what was sent before it in vain."""
    return answer.status_code == 201 or is_duplicate(answer)


def test_after_the_last_two_at_the_same_instant_get_the_next_two(suite: Suite) -> None:
    suite.granted("a", number="XXXXX0000001")
    answers = post_all([str(suite.client.base_url)], [a_grant("b"), a_grant("c")])
    assert all(map(is_recorded, answers))
    assert sorted([number_of(suite, "b"), number_of(suite, "c")]) == ours(2, 3)


def test_fifty_at_once_leave_no_gap(suite: Suite) -> None:
    answers = post_all([str(suite.client.base_url)], [a_grant(f"p{place}") for place in range(50)])
    assert all(map(is_recorded, answers))
    assert numbers(suite) == ours(*range(1, 51))


def test_two_processes_leave_no_gap(database_url: str, processes: Processes) -> None:
    ports = [free_port(), free_port()]
    for port in ports:
        arguments = (sys.executable, "-m", "tests.shared.intake.serve_one", database_url, str(port), "agrement")
        processes.start(*arguments, name=f"agrement-{port}").wait_ready(f"http://127.0.0.1:{port}/readyz")
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    events = [a_grant(f"p{place}") for place in range(60)]
    assert all(map(is_recorded, post_all(urls, events)))
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT claim FROM agrement.claims ORDER BY claim").fetchall()
    assert [row[0] for row in found] == ours(*range(1, 61))


@pytest.mark.parametrize("atomic", ["true", "false"])
def test_of_one_batch_each_gets_its_own_also_beside_given_ones(suite: Suite, atomic: str) -> None:
    given = [a_grant("a"), a_grant("b", number="XXXXX0000007"), a_grant("c")]
    suite.post(given, 200, atomic=atomic)
    assert [number_of(suite, person) for person in "abc"] == ["XXXXX0000001", "XXXXX0000007", "XXXXX0000008"]


def test_one_number_twice_in_a_batch_is_refused_the_second_time(suite: Suite) -> None:
    outcomes = suite.post([a_grant("a", number="XXXXX0000007"), a_grant("b", number="XXXXX0000007")], 200)["outcomes"]
    assert [one["outcome"] for one in outcomes] == ["recorded", "refused"]
    assert outcomes[1]["code"] == NumberTakenError.code


def test_a_refused_atomic_batch_takes_no_number(suite: Suite) -> None:
    bad = event("agrement.agrement_cancelled", subject("b"), {"agrement_id": str(uid("nobody's")), "cancelled_on": "2026-01-05", "reason": "x"})  # fmt: skip
    suite.post([a_grant("a"), bad], 409, atomic="true")
    assert numbers(suite) == []
    suite.granted("c")
    assert number_of(suite, "c") == "XXXXX0000001"


def test_fifty_who_bring_the_same_number(suite: Suite) -> None:
    answers = post_all(
        [str(suite.client.base_url)], [a_grant(f"p{place}", number="XXXXX0000007") for place in range(50)]
    )
    refused = [answer for answer in answers if not is_recorded(answer)]
    assert [answer.status_code for answer in refused] == [409] * 49
    assert {answer.json()["code"] for answer in refused} == {NumberTakenError.code}


def test_a_number_is_used_for_ever(suite: Suite) -> None:
    suite.granted("a", origin="pe_approval")
    data = {"agrement_id": str(uid("a P")), "cancelled_on": "2026-01-10", "reason": "mistake"}
    suite.post(event("agrement.agrement_cancelled", subject("a"), data))
    assert suite.post(a_grant("b", number="XXXXX0000001"), 409)["code"] == NumberTakenError.code
    suite.post(a_void(suite.granted("c")))
    suite.granted("d")
    assert number_of(suite, "d") == "XXXXX0000003"


def test_a_correction_keeps_the_number(suite: Suite) -> None:
    first = suite.granted("a")
    suite.post(a_grant("a", "2026-01-02", around={"replaces": first["id"]}))
    assert (number_of(suite, "a"), numbers(suite)) == ("XXXXX0000001", ours(1))


@pytest.mark.parametrize("number", [None, "XXXXX0000007"])
def test_a_second_correction_of_one_grant_keeps_its_number(suite: Suite, number: str | None) -> None:
    """Issue 10, 2: a new number was given, or `number_taken` told."""
    first = suite.granted("a", number=number)
    kept = number_of(suite, "a")
    for starts_on in ("2026-01-02", "2026-01-03"):
        suite.post(a_grant("a", starts_on, number=number, around={"replaces": first["id"]}))
        assert (number_of(suite, "a"), numbers(suite)) == (kept, [kept])


def test_a_correction_of_the_first_after_a_chain_of_corrections_keeps_it_too(suite: Suite) -> None:
    first = suite.granted("a")
    second = a_grant("a", "2026-01-02", around={"replaces": first["id"]})
    suite.post(second)
    suite.post(a_grant("a", "2026-01-03", around={"replaces": second["id"]}))
    suite.post(a_grant("a", "2026-01-04", around={"replaces": first["id"]}))
    assert (number_of(suite, "a"), numbers(suite)) == ("XXXXX0000001", ours(1))


@pytest.mark.parametrize("number", [None, "XXXXX0000001"])
def test_a_correction_of_a_voided_grant_keeps_the_number_it_was_given(suite: Suite, number: str | None) -> None:
    """It got another one; said again with its own, `number_taken` was told."""
    first = suite.granted("a")
    suite.post(a_void(first))
    suite.post(a_grant("a", "2026-01-02", number=number, around={"replaces": first["id"]}))
    assert (number_of(suite, "a"), numbers(suite)) == ("XXXXX0000001", ours(1))
    assert suite.post(a_grant("b", number="XXXXX0000001"), 409)["code"] == NumberTakenError.code


def test_of_corrections_of_a_voided_grant_one_stands(suite: Suite) -> None:
    """Both did, and the greater id told which of them people saw."""
    first = suite.granted("a")
    suite.post(a_grant("a", "2026-01-02", around={"replaces": first["id"]}))
    suite.post(a_void(first))
    suite.post(a_grant("a", "2026-01-03", around={"replaces": first["id"]}))
    (standing,) = suite.standing("a", "agrement_granted")
    assert (standing["starts_on"], standing["number"]) == ("2026-01-03", "XXXXX0000001")


@pytest.mark.parametrize(("number", "origin"), [("625741810182", "pe_approval"), ("XXXXX0000007", "ai_stock")])
@pytest.mark.parametrize("together", [True, False])
def test_a_number_brought_for_the_wrong_person_and_voided_is_the_right_ones(
    suite: Suite, number: str, origin: str, together: bool
) -> None:
    """Issue 10, 2: it stayed `number_taken` for ever. In one batch as one after the other."""
    wrong = a_grant("wrong", number=number, origin=origin)
    void, right = a_void(wrong), a_grant("right", number=number, origin=origin)
    if together:
        outcomes = suite.post([wrong, void, right], 200)["outcomes"]
        assert [one["outcome"] for one in outcomes] == ["recorded"] * 3
    else:
        for one in (wrong, void, right):
            suite.post(one)
    assert number_of(suite, "right") == number
    restored = event("agrement.fact_voided", subject("wrong"), {**void["data"], "fact_id": void["id"]})
    assert suite.post(restored, 409)["code"] == NumberTakenError.code
    suite.post(a_void(right))
    suite.post(restored)
    assert number_of(suite, "wrong") == number
    assert suite.post(a_grant("right again", number=number, origin=origin), 409)["code"] == NumberTakenError.code


def test_a_number_corrected_to_another_is_given_back(suite: Suite) -> None:
    first = suite.granted("a", number="625741810182", origin="pe_approval")
    suite.post(a_grant("a", number="625741810191", origin="pe_approval", around={"replaces": first["id"]}))
    suite.granted("b", number="625741810182", origin="pe_approval")
    assert (number_of(suite, "a"), number_of(suite, "b")) == ("625741810191", "625741810182")


def test_what_was_given_back_is_not_given_anew(suite: Suite) -> None:
    suite.post(a_void(suite.granted("wrong", number="XXXXX0000007")))
    suite.granted("b")
    assert number_of(suite, "b") == "XXXXX0000008"


def test_of_fifty_who_take_a_number_given_back_one_has_it(suite: Suite) -> None:
    suite.post(a_void(suite.granted("wrong", number="XXXXX0000007")))
    answers = post_all(
        [str(suite.client.base_url)], [a_grant(f"p{place}", number="XXXXX0000007") for place in range(50)]
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49


def test_claims_of_an_earlier_version_last(database_url: str) -> None:
    """A database whose table has two columns is taken over in place."""
    store = FactStore(database_url, "agrement")
    store.create()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE agrement.claims DROP COLUMN lasting, DROP COLUMN released")
        connection.execute("INSERT INTO agrement.claims VALUES ('XXXXX0000001', 'person/x')")
    store.create()
    assert store.claims.find("XXXXX0000001") == Taken("person/x", lasting=True, released=False)
    store.close()


def test_numbers_of_other_issuers_say_nothing_about_the_sequence(suite: Suite) -> None:
    suite.granted("a", number="625741810182", origin="pe_approval")
    suite.granted("b", number="XXXXY0000041", origin="pe_approval")
    suite.granted("c")
    assert number_of(suite, "c") == "XXXXX0000001"


def test_after_the_last_number_nothing_is_created(suite: Suite) -> None:
    suite.granted("a", number="XXXXX9999998")
    suite.granted("b")
    assert number_of(suite, "b") == "XXXXX9999999"
    before = suite.log()
    assert suite.post(a_grant("c"), 409)["code"] == NumbersExhaustedError.code
    assert suite.log() == before


@pytest.mark.parametrize("collation", ["C", "pg_c_utf8", "ucs_basic", "en-x-icu", "fr_FR.utf8", "en_US.utf8"])
def test_the_highest_is_found_under_any_collation(database_url: str, collation: str) -> None:
    store = FactStore(database_url, "agrement")
    store.create()
    with psycopg.connect(database_url, autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_collation WHERE collname = %s", [collation]).fetchone()
        if known is None:
            store.close()
            pytest.skip(f"this server has no collation {collation}")
        connection.execute(f'ALTER TABLE agrement.claims ALTER claim TYPE text COLLATE "{collation}"')
        for claim in ("XXXXX0000001", "XXXXX0000010", "xxxxx9000000", "XXXXY0000003", "XXXXW9999999", "XXXXXA000000"):
            connection.execute("INSERT INTO agrement.claims VALUES (%s, 'person/x')", [claim])
    assert store.claims.highest("XXXXX") == "XXXXX0000010"
    assert store.claims.highest("99999") is None
    store.close()

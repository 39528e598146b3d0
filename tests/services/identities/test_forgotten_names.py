"""Whom the ledger of erasures names has no name here, and gets none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from services.identities import names_table
from services.identities.keys import keyring_of
from services.identities.names import Names
from shared.log.ledger import Erasure, Ledger
from tests.parts.waiting import wait_until
from tests.services.identities.suite import CAMILA, CAMILLE, KEY, Suite, running_suite, shown
from tests.services.projections.facts import ACI

TABLES = ("names", "match_digests", "distinct_persons")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    one = Ledger(tmp_path_factory.mktemp("outside") / "erasures.jsonl")
    one.open()
    return one


@pytest.fixture(scope="module")
def suite(postgres_server: str, ledger: Ledger) -> Iterator[Suite]:
    with running_suite(postgres_server, ledger=ledger) as one:
        yield one


def note(ledger: Ledger, *persons: UUID) -> None:
    ledger.note([Erasure(f"person/{one}", "2026-01-05", "request") for one in persons])


def kept(suite: Suite, person: UUID) -> dict[str, int]:
    with psycopg.connect(suite.url) as connection:
        return {
            table: len(
                connection.execute(
                    f"SELECT FROM identities.{table} t WHERE t::text LIKE %s", [f"%{person}%"]
                ).fetchall()
            )
            for table in TABLES
        }


def test_names_go_with_their_keys_and_none_come_back(suite: Suite, ledger: Ledger) -> None:
    person, other = sorted((uuid4(), uuid4()))
    for one in (person, other):
        suite.give("aci", one, CAMILLE)
        suite.give("ai", one, CAMILA)
    assert suite.ask("data_steward", "PUT", f"/distinct/{person}/{other}").status_code == 204
    assert all(kept(suite, person).values())
    note(ledger, person)
    wait_until(lambda: not any(kept(suite, person).values()), "its names are deleted", 60)
    assert suite.names("aci", person) is None
    assert shown(suite.names("aci", other)) == CAMILLE
    assert kept(suite, other) == {
        "names": 2,
        "match_digests": kept(suite, other)["match_digests"],
        "distinct_persons": 0,
    }
    refused = suite.ask("aci", "PUT", f"/persons/{person}", json=CAMILLE)
    assert (refused.status_code, refused.json()["code"]) == (409, "subject_erased")
    assert suite.ask("aci", "DELETE", f"/persons/{person}").status_code == 204
    suite.give("aci", other, CAMILA)
    assert not any(kept(suite, person).values())


def test_a_name_that_is_written_while_its_person_is_forgotten_goes_too(suite: Suite, ledger: Ledger) -> None:
    """Whoever writes holds the table from before it asks: the deletion waits, and finds what was written."""
    person = uuid4()
    key = keyring_of(KEY).current
    forgetting = suite.service.forgetting
    with psycopg.connect(suite.url, autocommit=True) as writer, psycopg.connect(suite.url, autocommit=True) as looking:
        with writer.transaction():
            names_table.hold(writer)
            assert not forgetting.has_forgotten(person)
            note(ledger, person)
            box = key.seal(person, ACI, Names("Exemple", "Camille", date(1990, 12, 31)))
            assert names_table.write(writer, box, [])
            thread = threading.Thread(target=forgetting.look)
            thread.start()
            waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'identities.names'::regclass"
            wait_until(lambda: bool(looking.execute(waiting).fetchall()), "the deletion waits", 60)
        thread.join()
    wait_until(lambda: not any(kept(suite, person).values()), "the name is deleted", 60)


def test_what_a_backup_brings_back_is_deleted_before_anybody_is_answered(
    suite: Suite, ledger: Ledger, postgres_server: str
) -> None:
    person = uuid4()
    with running_suite(postgres_server) as before:  # a database of then, without a ledger
        before.give("aci", person, CAMILLE)
        with psycopg.connect(before.url) as old, psycopg.connect(suite.url, autocommit=True) as restored:
            rows = old.execute("SELECT * FROM identities.names").fetchall()
            note(ledger, person)
            suite.service.forgetting.stop()
            restored.cursor().executemany("INSERT INTO identities.names VALUES (%s, %s, %s, %s, %s, %s)", rows)
    assert kept(suite, person)["names"] == 1
    again = type(suite.service.forgetting)(suite.service.forgetting.forgotten, suite.service.connections)
    again.start()
    try:
        assert not any(kept(suite, person).values())
    finally:
        again.stop()


def test_with_a_ledger_that_cannot_be_read_nobody_is_answered(postgres_server: str, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "erasures.jsonl")
    with running_suite(postgres_server, ledger=ledger) as suite:
        problem = asyncio.run(suite.service.check())
        assert problem is not None
        assert "is not there" in problem
        for method, path, body in (
            ("PUT", f"/persons/{uuid4()}", CAMILLE),
            ("GET", f"/persons/{uuid4()}", None),
            ("POST", "/search", {"name": "exemple"}),
        ):
            answer = suite.client.request(
                method, f"/identities/v1{path}", headers={"Authorization": f"Bearer {suite.token('aci')}"}, json=body
            )
            assert (answer.status_code, answer.json()["reason"]) == (503, "erasures")
        ledger.open()
        wait_until(lambda: suite.service.forgetting.problem is None, "it is there now", 60)
        suite.give("aci", uuid4(), CAMILLE)
        with ledger.path.open("a") as file:
            file.write('{"subject": "per')
        wait_until(lambda: suite.service.forgetting.problem is not None, "half a line", 60)
        assert "ends in the middle of a line" in str(suite.service.forgetting.problem)


def test_without_a_ledger_it_says_that_names_stay(suite: Suite, postgres_server: str) -> None:
    assert suite.service.warning() is None
    with running_suite(postgres_server) as without:
        assert without.service.warning() == "names of whom is forgotten stay: PARCOURS_ERASURE_LEDGER is not set"

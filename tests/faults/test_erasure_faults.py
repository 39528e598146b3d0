"""The suite killed while it forgets somebody, between any two steps: it goes on when it is started again, and nothing of anybody
is left."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from parcours.proving import ids_in_databases, in_databases, texts_of
from shared.log.ledger import Ledger
from tests.end_to_end.test_production_shape import STAYS, an_id, bodies, life
from tests.end_to_end.test_restored_dump import ACTING, NAMES, SERVICES, Installation, post, stop, told
from tests.parts.processes import Processes
from tests.parts.waiting import wait_until

pytestmark = pytest.mark.timeout(1200)

COMMIT = "at the commit of "
"""All is emptied then, and noted in the ledger, and nothing recorded."""
BEFORE_IT_IS_NOTED = ("pathways.facts", "pathways.person_references")
HELD = (
    *BEFORE_IT_IS_NOTED,
    f"{COMMIT}pathways",
    "identities.names",
    "agrement.deadlines",
    f"{COMMIT}agrement",
    f"{COMMIT}placements",
    "agrement_reading.history",
    "projections.history",
)
"""Where it is held up, and then killed: tables that it cannot write to."""
FEW = ("pathways.facts", f"{COMMIT}pathways", "identities.names", "projections.history")
"""Before and after it is noted, in another store, and in what is read. All of them take minutes."""


@contextmanager
def held(url: str, what: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url) as connection:
        if what.startswith(COMMIT):
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [what.removeprefix(COMMIT)])
        else:
            connection.execute(f"LOCK TABLE {what} IN EXCLUSIVE MODE".encode())
        yield connection


def hold_commits(url: str) -> None:
    """A commit of a fact waits for whoever holds its service up."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE SCHEMA of_this_test; CREATE FUNCTION of_this_test.wait() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_advisory_xact_lock_shared(hashtext(TG_ARGV[0])); RETURN NULL; END'"
        )
        for service in SERVICES[1:]:
            connection.execute(
                f"CREATE CONSTRAINT TRIGGER held AFTER INSERT ON {service}.facts DEFERRABLE INITIALLY DEFERRED"
                f" FOR EACH ROW EXECUTE FUNCTION of_this_test.wait('{service}')".encode()
            )


def somebody_waits(connection: psycopg.Connection[Any]) -> bool:
    rows = connection.execute(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    return bool(rows.fetchall())


def drop_others(connection: psycopg.Connection[Any]) -> None:
    """What a killed process had begun is taken back."""
    connection.execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )


def erase(client: httpx2.Client, person: str) -> httpx2.Response:
    return client.post(f"/pathways/v1/persons/{person}/erasure", json={"erased_on": "2025-06-02", "ground": "request"})


def lived(client: httpx2.Client, count: int) -> list[str]:
    """Persons of whom every service holds something, and a name."""
    names = [f"killed-{place}" for place in range(count)]
    after = post(client, *bodies(), *(event for name in names for event in life(name)))
    persons = [an_id(name) for name in names]
    for person in persons:
        assert told(client, person, after)["complete"] is True
        assert client.put(f"/identities/v1/persons/{person}", json=NAMES, headers=ACTING).status_code == 204
    for person in persons:
        wait_until(
            lambda person=person: str(told(client, person)["items"]).count("hire_linked") >= len(STAYS),  # type: ignore[misc]
            "agrement has acted",
            60,
        )
    return persons


@pytest.mark.parametrize("places", [FEW, pytest.param(HELD, marks=pytest.mark.soak)], ids=["few", "all"])
def test_killed_between_any_two_steps_it_goes_on(
    database_url: str, processes: Processes, tmp_path: Path, places: Sequence[str]
) -> None:
    installation = Installation(processes, database_url, tmp_path)
    ledger = Ledger(installation.ledger)
    process = installation.start()
    process.wait_ready(f"{installation.address}/readyz", 120)
    with httpx2.Client(base_url=installation.address, timeout=60) as client:
        persons = lived(client, len(places))
        subjects = [f"person/{person}" for person in persons]
        texts = texts_of(dict.fromkeys(SERVICES, database_url), subjects)
        assert texts >= {event["id"] for place in range(len(places)) for event in life(f"killed-{place}")}
        hold_commits(database_url)
        for person, what in zip(persons, places, strict=True):
            with held(database_url, what) as connection:
                asked = installation.asked(person)
                wait_until(lambda connection=connection: somebody_waits(connection), f"held up: {what}", 60)  # type: ignore[misc]
                process.sigkill()
                drop_others(connection)
            asked.end()
            process = installation.start()
            process.wait_ready(f"{installation.address}/readyz", 120)
            is_noted = f"person/{person}" in ledger.erasures()
            assert is_noted is (what not in BEFORE_IT_IS_NOTED), what
            if not is_noted:  # nothing was recorded; who had asked asks again
                assert erase(client, person).is_success
        wait_until(lambda: not in_databases([database_url], texts), "no word of anybody is left", 120)
        wait_until(lambda: not ids_in_databases([database_url], subjects), "no name of anybody is left", 120)
        assert [erase(client, person).json()["outcome"] for person in persons] == ["duplicate"] * len(persons)
        installation.typed("parcours verify")
    stop(process)
    assert set(ledger.erasures()) == set(subjects)

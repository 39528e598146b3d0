"""A database with other settings than ours works; one that cannot hold every character is refused by every process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from shared.process.database_encoding import DatabaseRefusedError
from shared.process.unavailable import UnavailableError
from shared.roles.looking_around import look_around, refuse_paused
from shared.roles.presence import present
from shared.roles.role import role_named
from tests.end_to_end.compose import PARCOURS
from tests.end_to_end.one_process import suite_on
from tests.end_to_end.test_corrections import Story
from tests.parts.postgres import fresh_database
from tests.parts.processes import Processes
from tests.shared.intake.running import answered

ODD = {
    "datestyle": "SQL, DMY",
    "timezone": "Pacific/Kiritimati",
    "intervalstyle": "sql_standard",
    "client_encoding": "LATIN1",
    "bytea_output": "escape",
    "lc_time": "C",
    "lc_numeric": "C",
}
"""Of the database, for whoever connects and says nothing of it."""


@pytest.fixture
def odd_database(database_url: str) -> str:
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name, value in ODD.items():
            connection.execute(
                sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                    sql.Identifier(connection.info.dbname), sql.Identifier(name), sql.Literal(value)
                )
            )
    return database_url


def told(url: str) -> Any:
    """A life as far as it says days: two structures, a right, a hire, a suspension, and what is read of it."""
    with suite_on(url) as suite:
        story = Story(suite, number=10_000)
        story.structure("Éclat Œuvre €", "AI")
        story.granted("2024-01-15")
        story.hired("Éclat Œuvre €", "2024-01-31", "2024-06-30")
        timeline = suite.get(f"persons/{story.id('person')}/timeline")
        lists = {name: suite.get(f"tables/{name}")["items"] for name in ("structures", "contracts", "agrements")}
        view = f"/agrement/v1/persons/{story.id('person')}"
        right = answered(lambda: suite.client.get(view, params={"on": "2024-02-01"}), 200).json()
        alerts = suite.get("alerts", on="2024-02-01")
        log = answered(lambda: suite.client.get("/agrement/v1/events"), 200).json()
    assert "2024-01-31" in json.dumps([timeline, right])
    return without_ids([timeline, lists, right, alerts, log])


def without_ids(value: Any) -> Any:
    """What differs by itself: names of facts and of requests, and when they were recorded."""
    if isinstance(value, dict):
        left_out = ("recordedtime", "id", "causationid", "correlationid", "fact_id", "hire_id", "cause_id")
        return {name: without_ids(item) for name, item in value.items() if name not in left_out}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


def test_a_database_with_other_settings_works(odd_database: str, postgres_server: str) -> None:
    """Instants of another DateStyle than ISO cannot be read by psycopg: nothing was answered there."""
    with fresh_database(postgres_server) as plain:
        assert told(odd_database) == told(plain)


@pytest.fixture(params=[pytest.param("LATIN1", marks=pytest.mark.soak), "SQL_ASCII"])
def not_utf_8(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[str]:
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{request.param}' LOCALE 'C'")
        try:
            yield urlsplit(postgres_server)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_that_is_not_utf_8_is_refused_with_what_to_do(not_utf_8: str, processes: Processes) -> None:
    """It failed at the first name with an accent, or gave bytes for text."""
    env = {"PARCOURS_DATABASE_URL": not_utf_8, "PARCOURS_REFERENCE_KEY": "of tests", "PARCOURS_PORT": "0"}
    kafka = {"PARCOURS_KAFKA_BOOTSTRAP": "127.0.0.1:9"}
    commands: dict[tuple[str, ...], dict[str, str]] = {
        ("up",): env,
        **{("serve", name): env for name in ("structures", "agrement", "placements", "projections")},
        ("relay", "structures"): env | kafka,
        ("project",): env,
        ("clock",): env,
        ("projections", "rebuild"): env,
        ("streams", "show"): env,
    }
    started = {command: processes.start(*PARCOURS, *command, env=some) for command, some in commands.items()}
    for command, process in started.items():
        code = process.wait(60)
        text = process.log_text()
        assert code == 2, (command, text)
        assert "ENCODING 'UTF8'" in text, (command, text)
        assert "Traceback" not in text, (command, text)
    assert tables_in(not_utf_8) == 0, "made before the refusal"


def test_neither_heartbeats_nor_words_to_roles_make_anything_there(not_utf_8: str) -> None:
    """They come before a loop has looked at its database."""
    with present(lambda _: not_utf_8) as presence:
        presence.pulse("projector").beat(problem="…")
    with pytest.raises(DatabaseRefusedError):
        refuse_paused(lambda _: not_utf_8, role_named("projector"))
    with pytest.raises(UnavailableError) as caught:  # of all databases, none can be asked
        look_around(lambda _: not_utf_8, [])
    assert "ENCODING 'UTF8'" in str(caught.value.fields["detail"])
    assert tables_in(not_utf_8) == 0


def tables_in(url: str) -> int:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname !~ '^(pg_|information)'").fetchone()
    assert found is not None
    return int(found[0])

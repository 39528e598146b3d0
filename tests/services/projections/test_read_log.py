"""Every answer about persons leaves one line in `access.reads`, or does not leave; nobody takes a line away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from parcours.parts import projector
from services.projections import main
from services.projections.read_tables import READ_TABLES
from shared.facts.fact import paris_day
from shared.facts.months import months_after
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.rights.caller import Caller
from shared.web import reads_table
from shared.web.callers import LocalCallers
from shared.web.read_log import LONGEST_SUB
from shared.web.reads_table import DailyTrim
from tests.parts import postgres
from tests.parts.waiting import wait_until
from tests.services.projections.facts import ACI, C1, C2, GROUP, hired, membership_started, structure_registered
from tests.services.projections.streams import RECIPE, SETTINGS, Streams, kept
from tests.services.projections.streams import person_id as person_uuid
from tests.services.projections.test_api import V1, Api, asking, of, person
from tests.services.projections.test_merged_api import merged
from tests.services.purposes import purpose_of

PERSON = str(person_uuid(1))
KNOWN = {"person_id": PERSON, "structure_id": ACI, "group_id": GROUP}
AUDITOR = Caller(role="auditor", sub="auditor-7")


@pytest.fixture(scope="module")
def api(postgres_server: str) -> Iterator[Api]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as projections:
        service = main.create(SETTINGS, url, LocalCallers(), "memory")
        service.start()
        with TestClient(service.app, raise_server_exceptions=False) as client:
            one = Api(projections, client, [], Streams(), projections.feed())
            one.apply(
                of(f"structure/{ACI}", structure_registered("ACI", "2015-01-01")),
                of(f"group/{GROUP}", membership_started(ACI, "2020-01-01")),
                of(person(1), hired(C1, ACI, "2024-01-08")),
            )
            yield one
        service.stop()


def lines(api: Api) -> list[tuple[Any, ...]]:
    with psycopg.connect(api.projections.url) as connection:
        return connection.execute(
            "SELECT sub, role, acting_for, purpose, route, persons::text[], rows FROM access.reads ORDER BY number"
        ).fetchall()


def test_every_route_whose_answer_names_a_person_leaves_one_line_and_no_other_does(api: Api) -> None:
    """Whatever routes there are, by what their answers hold: looked for as text, by another way than the log does."""
    paths = set(api.client.get(f"{V1}/openapi.json").json()["paths"])
    for path in paths - {f"{V1}/status"}:  # of a suite, which does not run here
        before = len(lines(api))
        answer = api.client.get(path.format(**KNOWN))
        new = lines(api)[before:]
        is_named = PERSON in answer.text or "{person_id}" in path
        assert answer.status_code == 200, path
        assert [(line[4], line[5]) for line in new] == ([(f"GET {path}", [PERSON])] if is_named else []), path
        assert all(line[:4] == ("", "local", None, purpose_of(f"GET {path}")) and line[6] > 0 for line in new)
    named = {name for name in READ_TABLES if PERSON in api.client.get(f"{V1}/tables/{name}").text}
    assert {"persons", "contracts", "steps"} <= named


def test_of_a_merged_person_the_id_asked_for_is_read_of_and_the_root(api: Api) -> None:
    one, root = (str(person_uuid(number)) for number in (801, 802))
    api.apply(of(person(801), hired(C2, ACI, "2024-01-08")), merged(person(801), root, "2024-07-01"))
    # A timeline shows each fact under the id that it is about.
    for path in (f"/persons/{one}/timeline", f"/persons/{root}/timeline", f"/tables/contracts?person_id={one}"):
        api.get(path)
        assert lines(api)[-1][5] == sorted([one, root]), path
    api.get(f"/tables/contracts?person_id={root}")
    assert lines(api)[-1][5] == [root]


def test_a_person_asked_about_is_read_of_even_where_there_is_no_row(api: Api) -> None:
    assert api.get(f"/tables/skills?person_id={PERSON}")["items"] == []
    assert lines(api)[-1][4:] == (f"GET {V1}/tables/skills", [PERSON], 0)


def test_no_line_no_answer(api: Api) -> None:
    api.projections.run("ALTER TABLE access.reads ADD CONSTRAINT full_disk CHECK (rows < 0) NOT VALID")
    try:
        for path in (f"/persons/{PERSON}/timeline", "/tables/contracts", "/alerts"):
            answer = api.client.get(V1 + path)
            assert (answer.status_code, answer.json()["reason"]) == (503, "reads")
            assert PERSON not in answer.text
            assert str(C1) not in answer.text
        assert api.client.get(f"{V1}/tables/structures").status_code == 200  # about nobody
    finally:
        api.projections.run("ALTER TABLE access.reads DROP CONSTRAINT full_disk")
    assert api.client.get(f"{V1}/tables/contracts").status_code == 200


def test_a_line_says_who_for_whom_and_why(api: Api) -> None:
    caller = Caller(role="structure", sub="anna@one", structures=frozenset({str(ACI)}))
    with asking(api, caller) as client:
        headers = {"Acting-For": f"structure/{ACI}", "Purpose": "caps"}
        assert client.get(f"{V1}/tables/contracts?person_id={PERSON}", headers=headers).status_code == 200
        assert lines(api)[-1][:4] == ("anna@one", "structure", f"structure/{ACI}", "caps")
        refused = client.get(f"{V1}/tables/contracts", headers={"Purpose": "because I can"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "bad_purpose")


def test_nobody_changes_a_line_or_takes_one_away(api: Api) -> None:
    before = lines(api)
    with psycopg.connect(api.projections.url, autocommit=True) as connection:
        for statement in ("UPDATE access.reads SET sub = 'x'", "DELETE FROM access.reads", "TRUNCATE access.reads"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                connection.execute(statement)
    assert lines(api) == before


def test_a_role_that_may_only_add_lines_reads_and_takes_away_none(api: Api) -> None:
    with psycopg.connect(api.projections.url) as connection:
        connection.execute("CREATE ROLE asks_only")
        connection.execute("GRANT USAGE ON SCHEMA access TO asks_only; GRANT INSERT ON access.reads TO asks_only")
        connection.execute("SET ROLE asks_only")
        reads_table.add(connection, [reads_table.Line("s", "structure", None, "caps", "GET /x", [], 0)])
        for statement in (
            "SELECT * FROM access.reads",
            "DELETE FROM access.reads",
            "SET access.trims = 'on'; DELETE FROM access.reads",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement, prepare=False)
        connection.rollback()


def test_lines_from_before_a_day_of_paris_are_forgotten_and_no_younger_one(api: Api) -> None:
    with psycopg.connect(api.projections.url) as connection:
        for at in ("2024-04-30T12:00:00Z", "2024-05-31T21:59:59Z", "2024-05-31T22:00:00Z"):
            connection.execute(
                "INSERT INTO access.reads (at, sub, role, purpose, route, persons, rows)"
                f" VALUES ('{at}', 'old', 'local', 'caps', 'GET /x', '{{}}', 0)"
            )
        connection.commit()
        assert reads_table.trim(connection, date(2024, 6, 1)) == 2
        connection.commit()
    assert [line[0] for line in lines(api)].count("old") == 1


def test_a_projector_forgets_what_is_older_than_the_months_that_are_kept(api: Api) -> None:
    """And in every database in which services answer, where no relay does."""
    day = months_after(paris_day(datetime.now(UTC)), -3)
    kept_month, old = (f"{day + timedelta(days=days)}T12:00:00Z" for days in (1, -1))
    with psycopg.connect(api.projections.url, autocommit=True) as connection:
        for sub, at in (("kept", kept_month), ("old", old)):
            connection.execute(
                "INSERT INTO access.reads (at, sub, role, purpose, route, persons, rows)"
                " VALUES (%s, %s, 'local', 'caps', 'GET /x', '{}', 0)",
                [at, f"{sub} for three months"],
            )
    settings = Settings(database_url=api.projections.url, reads_kept_months=3)
    stop = threading.Event()
    with projector(settings, Metrics(), RECIPE) as running:
        thread = threading.Thread(target=running.run, args=[stop])
        thread.start()
        try:
            wait_until(lambda: "old for three months" not in _subs(api), "the trim")
        finally:
            stop.set()
            thread.join()
    assert "kept for three months" in _subs(api)


def _subs(api: Api) -> set[str]:
    return {line[0] for line in lines(api)}


def test_a_trim_that_is_refused_is_told_and_stops_nothing(api: Api) -> None:
    api.projections.run("CREATE ROLE trims_nothing LOGIN; GRANT USAGE ON SCHEMA access TO trims_nothing")
    url = psycopg.conninfo.make_conninfo(api.projections.url, user="trims_nothing")
    with capture_logs() as logs:
        DailyTrim([url, "postgresql://nobody@127.0.0.1:1/x"], 12)()
    assert [entry["event"] for entry in logs] == ["reads_not_trimmed"] * 2


def test_of_a_token_s_subject_as_much_is_kept_as_has_room(api: Api) -> None:
    with asking(api, Caller(role="structure", sub="é" * (LONGEST_SUB + 1), structures=frozenset({str(ACI)}))) as client:
        assert client.get(f"{V1}/tables/contracts?person_id={PERSON}").status_code == 200
    assert lines(api)[-1][0] == "é" * LONGEST_SUB


@pytest.mark.parametrize("reason", ["", "x" * 41, "because I can", "é", "case-1%0A", "audit:x"])
def test_a_reason_is_a_code(api: Api, reason: str) -> None:
    before = lines(api)
    with asking(api, AUDITOR) as client:
        assert client.get(f"{V1}/accesses?person_id={PERSON}&reason={reason}").status_code == 422
        assert lines(api) == before
        assert client.get(f"{V1}/accesses?person_id={PERSON}&reason={'x' * 40}").status_code == 200


def test_an_auditor_sees_who_read_of_one_person_for_a_reason_that_is_kept(api: Api) -> None:
    api.get(f"/persons/{PERSON}/timeline")
    path = f"{V1}/accesses?person_id={PERSON}"
    with asking(api, AUDITOR) as client:
        assert client.get(path).json()["errors"][0]["code"] == "missing_reason"
        page = client.get(f"{path}&reason=case-12&limit=1").json()
        assert page["items"][0]["route"] == f"GET {V1}/persons/{{person_id}}/timeline"
        following = client.get(f"{path}&reason=case-12&limit=1&next={page['next']}").json()
        assert following["items"][0]["number"] < page["items"][0]["number"]
        assert client.get(f"{V1}/accesses?sub=anna@one").json()["items"][0]["persons"] == 1
        assert client.get(f"{V1}/accesses?from=2100-01-01").json()["items"] == []
    looked = [line for line in lines(api) if line[:4] == ("auditor-7", "auditor", None, "audit:case-12")]
    assert [line[5] for line in looked] == [[PERSON]] * 2


@pytest.mark.parametrize("role", ["structure", "staff", "ops", "service", "federation", "prescriber", "data_steward"])
def test_nobody_else_sees_the_log(api: Api, role: str) -> None:
    with asking(api, Caller(role=role)) as client:
        assert client.get(f"{V1}/accesses?sub=x").status_code == 403

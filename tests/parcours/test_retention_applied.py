"""`parcours retention --apply`: those that are due are forgotten, once, and nobody else: against real services and a ledger."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from typer.testing import CliRunner, Result

from parcours.cli import app
from services.pathways.facts import SupportAction
from shared.facts.fact import paris_day
from shared.log.ledger import Ledger
from shared.process.metrics import Metrics
from shared.web.serving import Suite as Served
from tests.parcours.told_suite import project
from tests.parts.postgres import fresh_database
from tests.services.scenario import like, uid
from tests.shared.intake.running import over_http
from tests.shared.intake.serve_one import real_service

NAMES = ("structures", "pathways", "agrement", "placements")
TODAY = paris_day(datetime.now(UTC))
LONG_AGO, LATELY = "2020-01-10", (TODAY - timedelta(days=30)).isoformat()
DUE = [f"due {number}" for number in range(4)]


@dataclass
class World:
    url: str
    address: str
    client: httpx2.Client

    def say(self, name: str, fact: str, data: dict[str, Any]) -> None:
        event = {
            "specversion": "1.0", "id": f"{fact} {name} {data}", "source": "urn:test", "type": f"pathways.{fact}.v1",
            "subject": f"person/{uid(name)}", "time": "2020-02-01T09:00:00Z", "data": data,
        }  # fmt: skip
        answer = self.client.post("/pathways/v1/events", json=event)
        assert answer.status_code == 201, answer.text

    def meet(self, name: str, on: str) -> None:
        data = json.loads(like(SupportAction, done_on=on).model_dump_json(exclude_unset=True))
        self.say(name, "support_action", {**data, "action_id": str(uid(f"{name} {on}"))})

    def run(self, *args: str) -> Result:
        command = ["retention", "--url", self.address, *args]
        return CliRunner().invoke(app, command, env=environment(self.url), catch_exceptions=False)

    def applied(self, *args: str) -> tuple[int, dict[str, str]]:
        """The exit, and of each person the outcome."""
        result = self.run("--apply", "--yes", "--json", *args)
        lines = map(json.loads, result.stdout.splitlines())
        return result.exit_code, {line["person_id"]: line["outcome"] for line in lines}

    def forgotten(self) -> dict[str, str]:
        """By person, the ground; each once."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "SELECT originator_id, convert_from(state, 'UTF8')::jsonb -> 'data' ->> 'ground' FROM pathways.facts"
                " WHERE topic = 'pathways.person_erased.v1'"
            ).fetchall()
        assert len(dict(rows)) == len(rows)
        return {subject.removeprefix("person/"): ground for subject, ground in rows}


def environment(url: str) -> dict[str, str | None]:
    others: dict[str, str | None] = {name: None for name in os.environ if name.startswith("PARCOURS_")}
    return {**others, "PARCOURS_DATABASE_URL": url}


def ids(*names: str) -> set[str]:
    return {str(uid(name)) for name in names}


@pytest.fixture
def world(postgres_server: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """Four who are due, one met lately, one whose data are limited, one of whom facts are missing."""
    ledger = Ledger(tmp_path / "erasures.jsonl") if getattr(request, "param", True) else None
    if ledger is not None:
        ledger.open()
    with fresh_database(postgres_server) as url, ExitStack() as stack:
        services = {name: real_service(name, url, look_s=0.0, ledger=ledger) for name in NAMES}
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        address = stack.enter_context(over_http(Served({n: s.app for n, s in services.items()}, Metrics())))
        client = stack.enter_context(httpx2.Client(base_url=address, timeout=60))
        world = World(url, address, client)
        for name in (*DUE, "limited", "missing"):
            world.meet(name, LONG_AGO)
        world.meet("lately", LATELY)
        world.say("limited", "processing_limited", {"limited_on": "2020-03-01"})
        project(url)
        with psycopg.connect(url) as connection:
            missing = "UPDATE projections.subjects SET missing = 'agrement: 1' WHERE subject = %s"
            connection.execute(missing, [f"person/{uid('missing')}"])
        yield world


def test_those_that_are_due_are_forgotten_once_and_nobody_else(world: World) -> None:
    code, outcomes = world.applied()
    assert (code, outcomes) == (1, dict.fromkeys(ids(*DUE), "recorded"))  # of one nobody can say
    assert world.forgotten() == dict.fromkeys(ids(*DUE), "retention")
    # Called again before anybody has read it: what is recorded since is seen. And after: nobody is due.
    code, outcomes = world.applied()
    assert (code, outcomes) == (1, dict.fromkeys(ids(*DUE), "kept"))
    project(world.url)
    assert world.applied() == (1, {})
    assert len(world.forgotten()) == len(DUE)
    # Nor ever again: nothing is left to forget.
    in_ten_years = [
        json.loads(line) for line in world.run("--on", f"{TODAY.year + 10}-01-01", "--json").stdout.splitlines()
    ]
    assert {line["person_id"] for line in in_ten_years} == ids("lately", "missing")


def test_who_was_met_meanwhile_is_left(world: World) -> None:
    world.meet(DUE[0], LATELY)  # recorded, and not read yet
    result = world.run("--apply", "--yes")
    assert result.exit_code == 1
    assert f"person/{uid(DUE[0])} was left: pathways has facts of it that are not read yet" in result.stdout
    assert "3 forgotten, 1 left" in result.stderr
    assert world.forgotten().keys() == ids(*DUE[1:])
    project(world.url)
    assert world.applied() == (1, {})


def test_nobody_is_forgotten_who_should_not_be(world: World) -> None:
    refused = {
        ("--apply",): "say --yes",  # nobody to ask
        ("--apply", "--yes", "--on", (TODAY + timedelta(days=2)).isoformat()): "is a day to come",
        ("--apply", "--yes", "--at-most", "3"): "4 persons are due, and nobody was erased",
        ("--apply", "--yes", "--at-most", "0"): "",
    }
    for args, told in refused.items():
        result = world.run(*args)
        assert result.exit_code == 2, args
        assert told in result.stderr
    assert world.applied("--on", "2022-01-10") == (1, {})  # the last day on which they are kept
    assert world.forgotten() == {}
    assert world.applied("--on", "2022-01-11", "--at-most", "4")[1].keys() == ids(*DUE)


@pytest.mark.parametrize("world", [False], indirect=True)
def test_at_a_refusal_it_stops(world: World) -> None:
    result = world.run("--apply", "--yes", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "503" in result.stderr  # nobody can be forgotten without a ledger
    assert world.forgotten() == {}


def test_killed_in_the_middle_it_goes_on_when_called_again(world: World) -> None:
    command = [sys.executable, "-m", "parcours", "retention", "--url", world.address, "--apply", "--yes", "--json"]
    told = {name: value for name, value in {**os.environ, **environment(world.url)}.items() if value is not None}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=told, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    assert first["outcome"] == "recorded"
    done = world.forgotten().keys()
    assert {first["person_id"]} <= done <= ids(*DUE)
    project(world.url)
    _, outcomes = world.applied()
    assert outcomes.keys() == ids(*DUE) - done
    assert world.forgotten() == dict.fromkeys(ids(*DUE), "retention")

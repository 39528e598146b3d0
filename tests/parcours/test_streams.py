"""`parcours streams` on a real broker."""

import json
import os
import re
import sys
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from parcours.cli import app
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until

COMMAND = [sys.executable, "-m", "parcours"]
STRUCTURE = "structure/018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d"
EVENT = {
    "specversion": "1.0",
    "id": "registered",
    "source": "https://logiciel.example/test",
    "type": "structures.structure_registered.v1",
    "subject": STRUCTURE,
    "time": "2024-03-01T09:30:00+01:00",
    "data": {"name": "Atelier", "kind": "ACI", "registered_on": "2020-01-01"},
}

pytestmark = pytest.mark.kafka


@pytest.fixture
def environment(database_url: str, kafka: str, topic_prefix: str) -> dict[str, str]:
    return {
        "PARCOURS_DATABASE_URL": database_url,
        "PARCOURS_KAFKA_BOOTSTRAP": kafka,
        "PARCOURS_TOPIC_PREFIX": topic_prefix,
        "PARCOURS_TOPIC_PARTITIONS": "3",
        "PARCOURS_REFERENCE_KEY": "of this test alone",
    }


@pytest.fixture
def suite(processes: Processes, environment: dict[str, str]) -> Process:
    process = processes.start(*COMMAND, "up", "--port", "0", env=environment, name="up")
    process.wait_logged("listening on http://", 60)
    return process


def run(environment: dict[str, str], *args: str, given: str = "") -> Result:
    others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
    return CliRunner().invoke(app, list(args), input=given, env={**others, **environment}, catch_exceptions=False)


def shown(environment: dict[str, str]) -> dict[str, Any]:
    result = run(environment, "streams", "show", "--json")
    return {row["service"]: row for row in json.loads(result.stdout)["streams"]}


def test_what_is_recorded_is_published_applied_and_may_be_sent_again(
    suite: Process, environment: dict[str, str], topic_prefix: str
) -> None:
    url = re.search(r"listening on (http://\S+)", suite.log_text())
    assert url
    assert run(environment, "events", "post", "-", "--url", url[1], given=json.dumps(EVENT)).exit_code == 0
    wait_until(lambda: shown(environment)["structures"]["projection_lag"] == 0, "the fact is applied", 30)
    row = shown(environment)["structures"]
    assert (row["last_sequence"], row["applied"], row["relay_lag"]) == (1, 1, 0)
    assert row["last_fact"]["type"] == EVENT["type"]
    assert len(row["topic"]["partitions"]) == 3
    readers = row["readers"]
    assert {name: (one["applied"], one["facts"], one["cause"]) for name, one in readers.items()}["projections"] == (
        1,
        0,
        None,
    )
    assert set(readers) == {"projections", "pathways", "agrement", "placements"}
    assert [part["partition"] for part in readers["agrement"]["partitions"]] == [0, 1, 2]
    table = run(environment, "streams", "show")
    assert table.exit_code == 0
    assert "structures/2" in table.stdout
    assert f"{topic_prefix}.structures" in table.stdout
    again = run(environment, "streams", "republish", "structures", "--subject", STRUCTURE)
    assert again.stdout == "1 facts of structures sent again, through 1\n"
    other = run(environment, "streams", "republish", "structures", "--subject", f"{STRUCTURE[:-1]}e", "--json")
    assert json.loads(other.stdout) == {"service": "structures", "facts": 0, "through": 1, "places_moved": 0}


def test_what_waits_is_counted_aged_and_told_why(
    processes: Processes, environment: dict[str, str], database_url: str
) -> None:
    """By partition, with nobody there to publish or to apply."""
    suite = processes.start(*COMMAND, "up", "--port", "0", env=environment, name="up")
    suite.wait_logged("listening on http://", 60)
    # Stopped only once the relays have made their topics: until then they wait for Kafka.
    wait_until(lambda: all(row["topic"]["relay_position"] == 0 for row in shown(environment).values()), "topics", 60)
    suite.sigterm()
    assert suite.wait() == 0
    serving = processes.start(*COMMAND, "serve", "structures", "--port", "0", env=environment, name="structures")
    serving.wait_logged("listening on http://", 60)
    url = re.search(r"listening on (http://\S+)", serving.log_text())
    assert url
    assert run(environment, "events", "post", "-", "--url", url[1], given=json.dumps(EVENT)).exit_code == 0
    result = run(environment, "streams", "show", "--json")
    assert result.exit_code == 1
    row = {one["service"]: one for one in json.loads(result.stdout)["streams"]}["structures"]
    assert (row["relay"]["applied"], row["relay"]["facts"]) == (0, 1)
    assert row["relay"]["cause"].startswith("relay-structures: missing")
    assert row["relay"]["seconds"] >= 0
    projections = row["readers"]["projections"]
    assert (projections["facts"], projections["is_more"]) == (1, False)
    assert projections["cause"].startswith("projector: missing")
    assert sorted(part["facts"] for part in projections["partitions"]) == [0, 0, 1]
    assert row["readers"]["agrement"]["cause"].startswith("agrement-policies: missing")
    assert "projector: missing" in run(environment, "streams", "show").stdout
    paused = run(environment, "pause", "projector", "--reason", "a test")
    if paused.exit_code == 0:
        shown_again = json.loads(run(environment, "streams", "show", "--json").stdout)["streams"]
        assert "paused" in {one["service"]: one for one in shown_again}["structures"]["readers"]["projections"]["cause"]


def test_without_topics_it_says_they_are_missing(processes: Processes, environment: dict[str, str]) -> None:
    alone = {name: value for name, value in environment.items() if name != "PARCOURS_KAFKA_BOOTSTRAP"}
    suite = processes.start(*COMMAND, "up", "--port", "0", env=alone, name="up")
    suite.wait_logged("listening on http://", 60)
    result = run(environment, "streams", "show")
    assert result.exit_code == 1
    assert "(missing)" in result.stdout
    again = run(environment, "streams", "republish", "pathways")
    assert again.exit_code == 2
    assert "parcours relay pathways" in again.stderr


@pytest.mark.soak
def test_a_broker_that_does_not_answer_is_said_so(processes: Processes, environment: dict[str, str]) -> None:
    """In a process of its own: Kafka's client leaves the socket of a vain attempt to the garbage collector."""
    nowhere = {**environment, "PARCOURS_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    alone = {name: value for name, value in environment.items() if name != "PARCOURS_KAFKA_BOOTSTRAP"}
    suite = processes.start(*COMMAND, "up", "--port", "0", env=alone, name="up")
    suite.wait_logged("listening on http://", 60)
    show = processes.start(*COMMAND, "streams", "show", env=nowhere)
    assert show.wait(60) == 1, "what is known without Kafka is shown"
    assert "waits for kafka, which does not answer at 127.0.0.1:1" in show.log_text()
    assert "pathways" in show.log_text()
    process = processes.start(*COMMAND, "streams", "republish", "pathways", env=nowhere)
    assert process.wait(30) == 2
    assert "kafka does not answer" in process.log_text()
    assert "Traceback" not in process.log_text()


def test_nothing_is_sent_again_while_somebody_has_paused_the_relay(environment: dict[str, str]) -> None:
    assert run(environment, "pause", "relay-structures").exit_code == 0
    refused = run(environment, "streams", "republish", "structures")
    assert refused.exit_code == 2
    assert "parcours resume relay-structures" in refused.stderr
    assert run(environment, "resume", "relay-structures").exit_code == 0
    again = run(environment, "streams", "republish", "structures")
    assert "parcours resume" not in again.stderr

"""What a real process writes to stderr where its log is for machines: JSON, every line of it."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import psycopg
import pytest

from services.pathways.facts import CATALOGUE
from shared.intake.openapi import event_example
from tests.end_to_end.compose import PARCOURS
from tests.parts.kafka_broker import KafkaBroker
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until

PATH = "/pathways/v1/events"
REGISTERED = event_example(CATALOGUE.facts["pathways.person_registered.v1"])


def lines_of(process: Process) -> list[dict[str, Any]]:
    """Every line, each one document with what all of them have."""
    lines = [json.loads(line) for line in process.log_text().splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    return lines


def start(processes: Processes, database_url: str, *command: str, **env: str) -> tuple[Process, str]:
    port = free_port()
    settings = {
        "PARCOURS_DATABASE_URL": database_url,
        "PARCOURS_REFERENCE_KEY": "of tests",
        "PARCOURS_PORT": str(port),
        "PARCOURS_LOG_JSON": "true",
        **env,
    }
    return processes.start(*PARCOURS, *command, env=settings, name=command[0]), f"http://127.0.0.1:{port}"


def test_a_bug_of_ours_is_one_line_found_by_the_id_of_the_request(processes: Processes, database_url: str) -> None:
    """It was two tracebacks, of some eighty lines each."""
    process, url = start(processes, database_url, "serve", "pathways")
    process.wait_ready(f"{url}/readyz")
    with httpx2.Client(base_url=url) as client:
        assert client.post(PATH, json=REGISTERED).status_code == 201
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("""UPDATE pathways.facts SET state = convert_to('Anna Dupont', 'UTF8')""")
        answer = client.get(PATH, params={"subject": REGISTERED["subject"]}, headers={"X-Request-Id": "mine"})
        assert (answer.status_code, answer.headers["x-request-id"]) == (500, "mine")
        client.get(PATH, headers={"X-Request-Id": "x" * 10_000})
    process.sigterm()
    assert process.wait() == 0
    (line,) = [line for line in lines_of(process) if line.get("request_id") == "mine"]
    assert (line["event"], line["level"], line["route"]) == ("request_failed", "error", PATH)
    assert "JSONDecodeError" in line["exception"]
    assert REGISTERED["subject"] not in process.log_text()
    assert "xxxx" not in process.log_text()


def test_the_last_words_of_a_process_that_cannot_start(processes: Processes, database_url: str) -> None:
    process, _ = start(processes, database_url, "serve", "pathways", PARCOURS_JWT_KEYS="/nowhere/keys.json")
    assert process.wait() == 2
    assert "PARCOURS_JWT_KEYS" in lines_of(process)[-1]["event"]
    assert lines_of(process)[-1]["level"] == "error"


@pytest.mark.kafka
def test_an_outage_of_kafka_is_a_few_lines(processes: Processes, database_url: str, own_kafka: KafkaBroker) -> None:
    """Its client alone wrote some twenty a second, none of them JSON."""
    prefix = "of-the-outage"
    process, url = start(
        processes,
        database_url,
        "relay",
        "pathways",
        PARCOURS_KAFKA_BOOTSTRAP=own_kafka.bootstrap,
        PARCOURS_TOPIC_PREFIX=prefix,
    )
    process.wait_ready(f"{url}/readyz")
    before = len(lines_of(process))
    own_kafka.stop()
    with httpx2.Client(base_url=url, timeout=30) as client:
        wait_until(lambda: client.get("/readyz").status_code == 503, "it says that it waits", 30)
        wait_until(lambda: len(lines_of(process)) > before, "it is in the log", 30)
        own_kafka.start()
        wait_until(lambda: client.get("/readyz").status_code == 200, "it goes on", 60)
    lines = lines_of(process)[before:]
    told = [line["event"] for line in lines if line["level"] != "info"]
    assert 1 <= len(told) <= 6, told
    assert len(set(told)) == len(told), "nothing is told twice"

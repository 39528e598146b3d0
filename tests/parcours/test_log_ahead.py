"""A log that was recorded while every clock was wrong: `parcours status` says so, and everything goes on."""

from __future__ import annotations

import json

import httpx2
import psycopg
from typer.testing import CliRunner

from parcours.cli import app
from tests.parcours.test_logs import PATH, REGISTERED, start
from tests.parts.processes import Processes
from tests.parts.waiting import wait_until


def test_status_tells_of_a_log_that_is_ahead(processes: Processes, database_url: str) -> None:
    process, url = start(processes, database_url, "serve", "pathways")
    process.wait_ready(f"{url}/readyz")
    with httpx2.Client(base_url=url) as client:
        assert client.post(PATH, json=REGISTERED).status_code == 201
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "UPDATE pathways.facts SET state = convert_to(regexp_replace(convert_from(state, 'UTF8'),"
                """ '"recordedtime":"....', '"recordedtime":"2100'), 'UTF8')"""
            )
        readiness = client.get("/readyz")
        assert readiness.status_code == 200
        assert "ahead of the clock" in readiness.json()["warnings"]["pathways"]

    def told() -> str:
        result = CliRunner().invoke(app, ["status", "--json"], env={"PARCOURS_DATABASE_URL": database_url})
        assert result.exit_code == 1
        return " ".join(json.loads(result.stdout)["wrong"])

    wait_until(lambda: "serve-pathways: the log is" in told(), "status says so")

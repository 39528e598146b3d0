"""Readiness and metrics on a port of their own: real processes, asked on both ports."""

from __future__ import annotations

import json

import httpx2
from typer.testing import CliRunner

from parcours.cli import app
from tests.end_to_end.compose import PARCOURS
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until


def start(processes: Processes, database_url: str, *command: str, port: int, ops_port: int) -> tuple[Process, str, str]:
    env = {"PARCOURS_DATABASE_URL": database_url, "PARCOURS_PORT": str(port), "PARCOURS_OPS_PORT": str(ops_port)}
    process = processes.start(*PARCOURS, *command, env=env, name=command[0])
    return process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ops_port}"


def statuses(url: str, *paths: str) -> list[int]:
    return [httpx2.get(f"{url}{path}", timeout=30).status_code for path in paths]


OPERATIONS = ("/readyz", "/readyz/projections", "/metrics")


def test_a_service_has_them_there_and_only_there(processes: Processes, database_url: str) -> None:
    process, public, operations = start(
        processes, database_url, "serve", "projections", port=free_port(), ops_port=free_port()
    )
    process.wait_ready(f"{operations}/readyz", 60)
    assert statuses(operations, "/healthz", *OPERATIONS) == [200] * 4
    assert statuses(public, "/healthz", *OPERATIONS) == [200, 404, 404, 404]
    assert httpx2.get(public).json()["health"] == ["/healthz"]
    assert statuses(public, "/projections/v1/positions") == [200]
    assert statuses(operations, "/projections/v1/positions") == [404]
    metrics = httpx2.get(f"{operations}/metrics").text
    counted = [line for line in metrics.splitlines() if line.startswith("parcours_http_requests_total{")]
    assert any('service="projections"' in line for line in counted), "of both ports"
    asked = CliRunner().invoke(app, ["status", "--url", public, "--json"])
    found = json.loads(asked.stdout)
    assert (asked.exit_code, found["ready"], found["checks"]) == (1, False, {}), "roles are missing, and are seen"
    assert {one["role"]: one["state"] for one in found["roles"]}["serve-projections"] == "working"
    process.sigterm()
    assert process.wait() == 0


def test_a_process_that_is_asked_nothing_else_has_that_port_alone(processes: Processes, database_url: str) -> None:
    process, public, operations = start(processes, database_url, "clock", port=free_port(), ops_port=free_port())
    process.wait_ready(f"{operations}/readyz", 60)
    assert statuses(operations, "/healthz", "/readyz", "/metrics") == [200] * 3
    try:
        httpx2.get(public)
    except httpx2.ConnectError:
        pass
    else:
        raise AssertionError("somebody listens there")
    process.sigterm()
    assert process.wait() == 0


def test_one_that_is_taken_is_named(processes: Processes, database_url: str) -> None:
    taken = free_port()
    first, _, operations = start(processes, database_url, "clock", port=free_port(), ops_port=taken)
    first.wait_ready(f"{operations}/readyz", 60)
    second, _, _ = start(processes, database_url, "serve", "structures", port=free_port(), ops_port=taken)
    wait_until(lambda: "PARCOURS_OPS_PORT" in second.log_text(), "it says which")
    assert second.wait() == 2

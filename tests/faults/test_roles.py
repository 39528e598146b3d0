"""Roles killed, frozen, standing by and paused, as an operator sees them: by `parcours status`, from outside."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen
from uuid import uuid4

import psycopg
import pytest
from typer.testing import CliRunner, Result

from parcours.cli import app
from services.projections.catalogue import SERVICES
from shared.kafka.topics import Topics
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.parts import kafka_tiers, postgres
from tests.parts.kafka_broker import KafkaBroker
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes, processes_in
from tests.parts.waiting import wait_until

PATIENCE_S = 60.0


@dataclass
class Site:
    """A database and topics, on which parts of a suite are started."""

    environment: dict[str, str]
    processes: Processes

    def start(self, *command: str) -> tuple[Process, str]:
        """The process and its address."""
        port = str(free_port())
        process = self.processes.start(
            *PARCOURS, *command, env=self.environment | {"PARCOURS_PORT": port}, cwd=ROOT, name=command[0]
        )
        return process, f"http://127.0.0.1:{port}"

    def run(self, *command: str) -> tuple[int, dict[str, Any]]:
        result = self.ran(*command, "--json")
        return result.exit_code, json.loads(result.stdout)

    def ran(self, *command: str) -> Result:
        others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
        return CliRunner().invoke(app, list(command), env={**others, **self.environment})

    def states(self, role: str) -> list[str]:
        """Of its processes, the latest started first."""
        _, found = self.run("status")
        return [one["state"] for one in found["roles"] if one["role"] == role]

    def positions(self, role: str) -> list[dict[str, Any]]:
        _, found = self.run("status")
        return [one["position"] for one in found["roles"] if one["role"] == role]

    def wait(self, role: str, *states: str) -> None:
        self.until(lambda: self.states(role) == list(states), f"{role} is {', '.join(states)}")

    def until(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, what, PATIENCE_S)


@contextmanager
def ended(process: Process) -> Iterator[Process]:
    """Leaves nothing for the next test of this site."""
    try:
        yield process
    finally:
        process.end()


@pytest.fixture(scope="module")
def site(kafka: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("roles")
    prefix = f"test-{uuid4().hex[:8]}"
    with postgres.fresh_database(postgres_server) as url, processes_in(folder) as processes:
        environment = {
            "PARCOURS_DATABASE_URL": url,
            "PARCOURS_KAFKA_BOOTSTRAP": kafka,
            "PARCOURS_TOPIC_PREFIX": prefix,
            "PARCOURS_REFERENCE_KEY": "of this test alone",
        }
        with closing(Topics(kafka, prefix)) as topics:
            topics.ensure(SERVICES)  # a reader without topics waits for the relays that make them
        yield Site(environment, processes)
        print(processes.logs())
    kafka_tiers.remove_topics(kafka, prefix)


def test_a_killed_projector_is_named_and_a_new_one_takes_its_place(site: Site) -> None:
    first, _ = site.start("project")
    site.wait("projector", "working")
    first.sigkill()
    site.wait("projector", "gone")
    code, found = site.run("status")
    assert code == 1
    assert [text for text in found["wrong"] if text.startswith("projector: gone, no heartbeat for ")]
    second, _ = site.start("project")
    site.wait("projector", "working")
    second.sigterm()
    assert second.wait() == 0
    site.wait("projector", "missing")


def test_a_role_paused_stays_paused_over_a_kill_and_goes_on_when_it_is_resumed(site: Site) -> None:
    first, _ = site.start("project")
    site.wait("projector", "working")
    code, told = site.run("pause", "projector", "--reason", "of a test")
    assert (code, told["still_moving"]) == (0, [])
    first.sigkill()
    second, address = site.start("project")
    with ended(second):
        site.wait("projector", "paused")
        second.wait_ready(f"{address}/readyz")
        code, found = site.run("status")
        assert code == 1
        assert [text for text in found["wrong"] if text.startswith("projector: paused since ")]
        assert site.run("resume", "projector")[0] == 0
        site.wait("projector", "working")


def test_a_loop_that_is_frozen_is_stuck_as_soon_as_its_heartbeat_is_old(site: Site) -> None:
    frozen, address = site.start("relay", "structures")
    with ended(frozen):
        site.wait("relay-structures", "working")
        alone = site.ran("status", "--url", address)
        assert alone.exit_code == 2, "one process, all well there, says nothing of the rest"
        assert "give --url the address of projections, or PARCOURS_DATABASE_URL" in alone.stderr
        frozen.pause()
        with psycopg.connect(site.environment["PARCOURS_DATABASE_URL"], autocommit=True) as connection:
            # As if it had been frozen for a while: nobody waits for that here.
            connection.execute(
                "UPDATE parcours.heartbeats SET at = at - interval '1 minute' WHERE role = 'relay-structures'"
            )
        assert site.states("relay-structures") == ["stuck"]
        frozen.resume()
        site.wait("relay-structures", "working")


@pytest.mark.soak
def test_a_second_relay_stands_by_and_only_the_one_at_work_says_where_it_is(site: Site) -> None:
    first, _ = site.start("relay", "pathways")
    site.wait("relay-pathways", "working")
    second, _ = site.start("relay", "pathways")
    with ended(second):
        site.wait("relay-pathways", "standby", "working")
        assert site.positions("relay-pathways") == [{}, {"pathways": 0}]
        first.sigkill()
        site.until(lambda: "working" in site.states("relay-pathways"), "the other takes over")
        assert "standby" not in site.states("relay-pathways")
        third, _ = site.start("relay", "pathways")
        with ended(third):
            site.wait("relay-pathways", "standby", "working")
            code, told = site.run("pause", "relay-pathways")
            assert (code, told["still_moving"]) == (0, [])
            assert site.states("relay-pathways") == ["paused", "paused"]
            assert site.positions("relay-pathways") == [{}, {}]
            site.run("resume", "relay-pathways")
            site.until(lambda: sorted(site.states("relay-pathways")) == ["standby", "working"], "one of them works")


@pytest.fixture
def kafka_of_its_own(own_kafka: KafkaBroker, database_url: str, processes: Processes) -> tuple[Site, KafkaBroker]:
    """A site on a broker that this test may harm, with the topics that relays would make."""
    with closing(Topics(own_kafka.bootstrap, "parcours")) as topics:
        topics.ensure(SERVICES)
    environment = {
        "PARCOURS_DATABASE_URL": database_url,
        "PARCOURS_KAFKA_BOOTSTRAP": own_kafka.bootstrap,
        "PARCOURS_REFERENCE_KEY": "of this test alone",
    }
    return Site(environment, processes), own_kafka


def is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/readyz", timeout=5):
            return True
    except URLError:
        return False


def test_readers_without_a_broker_are_not_ready_and_are_again_when_it_is_back(
    kafka_of_its_own: tuple[Site, KafkaBroker],
) -> None:
    """They wait without end, as they should; that is told within seconds, where they said nothing for a minute."""
    site, broker = kafka_of_its_own
    readers = {
        role: site.start(*command)[1]
        for role, command in {
            "projector": ("project",),
            "agrement-policies": ("serve", "agrement"),
            "placements-policies": ("serve", "placements"),
        }.items()
    }
    site.until(lambda: all(map(is_ready, readers.values())), "all are ready")
    broker.pause()
    wait_until(lambda: not any(map(is_ready, readers.values())), "none hears from a frozen broker", timeout_s=12)
    broker.resume()
    site.until(lambda: all(map(is_ready, readers.values())), "all are ready again")
    broker.kill()
    wait_until(lambda: not any(map(is_ready, readers.values())), "none is ready", timeout_s=12)
    site.until(lambda: all(site.states(role) == ["waiting"] for role in readers), "status says so")
    _, found = site.run("status")
    assert all("kafka" in one["problem"] for one in found["roles"] if one["role"] in readers)
    broker.start()
    site.until(lambda: all(map(is_ready, readers.values())), "all are ready again")
    site.until(lambda: all(site.states(role) == ["working"] for role in readers), "status says so")

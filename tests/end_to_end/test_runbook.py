"""What docs/operations.md tells an operator to do, done: a topic forgot what nobody had read, a store was restored."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
from kafka import KafkaAdminClient, TopicPartition

from tests.end_to_end.compose import PARCOURS, ROOT
from tests.end_to_end.test_production_shape import STAYS, an_id, bodies, life
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until


@dataclass(frozen=True)
class Site:
    """One database, one prefix; parts are started and stopped on them."""

    processes: Processes
    environment: dict[str, str]

    def start(self, *command: str) -> Process:
        port = str(free_port())
        return self.processes.start(*PARCOURS, *command, env=self.environment | {"PARCOURS_PORT": port}, cwd=ROOT)

    @contextmanager
    def running(self, *command: str) -> Iterator[httpx2.Client]:
        address = f"http://127.0.0.1:{(port := free_port())}"
        environment = self.environment | {"PARCOURS_PORT": str(port)}
        process = self.processes.start(*PARCOURS, *command, env=environment, cwd=ROOT)
        process.wait_ready(f"{address}/readyz", 60)
        with httpx2.Client(base_url=address, timeout=40) as client:
            yield client
        process.sigterm()
        assert process.wait() == 0, process.log_tail()


def post(client: httpx2.Client, events: list[dict[str, Any]]) -> str:
    """The last position of each service, as `After-Position` takes it."""
    positions = {}
    for event in events:
        service = event["type"].partition(".")[0]
        answer = client.post(f"/{service}/v1/events", json=event)
        assert answer.status_code == 201, answer.text
        positions[service] = answer.json()["position"]
    return ", ".join(positions.values())


def facts_of(client: httpx2.Client, person: str, after: str) -> int:
    """How many facts of the person stand that somebody posted."""
    headers = {"After-Position": after, "Prefer": "wait=30"} if after else {}
    answer = client.get(f"/projections/v1/persons/{an_id(person)}/timeline", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["complete"] is True
    return len([item for item in answer.json()["items"] if not item["source"].startswith("urn:parcours:")])


def effects_of(client: httpx2.Client, person: str) -> set[str]:
    """The hires that agrement has linked by itself, in force."""
    items = client.get(f"/projections/v1/persons/{an_id(person)}/timeline").json()["items"]
    return {item["causationid"] for item in items if item["type"] == "agrement.hire_linked.v1"}


def numbers_of(client: httpx2.Client, person: str) -> list[str]:
    items = client.get(f"/projections/v1/persons/{an_id(person)}/timeline").json()["items"]
    return [item["data"]["number"] for item in items if item["type"] == "agrement.agrement_granted.v1"]


def forget(kafka: str, topic: str) -> None:
    """What retention does, at once."""
    client = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        (described,) = client.describe_topics([topic])
        everything = {TopicPartition(topic, one["partition_index"]): -1 for one in described["partitions"]}
        client.delete_records(everything)
    finally:
        client.close()


def relayed(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT position FROM pathways.relay").fetchone()
    return int(row[0]) if row else 0


@pytest.mark.timeout(600)
@pytest.mark.soak
def test_facts_that_the_topic_forgot_before_they_were_read_are_brought_back(
    kafka: str, database_url: str, topic_prefix: str, processes: Processes
) -> None:
    settings = {"DATABASE_URL": database_url, "KAFKA_BOOTSTRAP": kafka, "TOPIC_PREFIX": topic_prefix}
    site = Site(processes, {f"PARCOURS_{name}": value for name, value in settings.items()})
    site.environment["PARCOURS_REFERENCE_KEY"] = "of this test alone"
    with site.running("up") as client:
        before = post(client, life("a"))
        assert facts_of(client, "a", before) == len(life("a"))

    unread = [event for event in life("b") if event["type"].startswith("pathways.")]
    with site.running("serve", "pathways") as client, site.running("relay", "pathways"):
        position = post(client, unread)
        last = int(position.partition(":")[2])
        wait_until(lambda: relayed(database_url) >= last, "the relay has published all")
    forget(kafka, f"{topic_prefix}.pathways")

    with site.running("up") as client:
        assert facts_of(client, "b", position) == len(unread)
        assert facts_of(client, "a", position) == len(life("a"))


RESTORED_TO = 1
"""The last sequence that the backup holds."""


def restore_older(connection: psycopg.Connection[Any], service: str = "pathways") -> None:
    """As a backup does: what came after is gone, and its numbers are given again."""
    connection.execute(f"DELETE FROM {service}.facts WHERE notification_id > %s", [RESTORED_TO])
    connection.execute(f"DELETE FROM {service}.intake WHERE position > %s", [RESTORED_TO])
    connection.execute(f"DELETE FROM {service}.claims")
    connection.execute(
        f"SELECT setval(pg_get_serial_sequence('{service}.facts', 'notification_id'), %s)", [RESTORED_TO]
    )


@pytest.mark.timeout(600)
def test_after_a_restore_the_service_says_again_by_itself_what_it_had_said(
    kafka: str, database_url: str, topic_prefix: str, processes: Processes, tmp_path: Path
) -> None:
    """On Kafka, of a service that acts on others' facts: what it had recorded by itself is lost with the rest."""
    settings = {"DATABASE_URL": database_url, "KAFKA_BOOTSTRAP": kafka, "TOPIC_PREFIX": topic_prefix}
    site = Site(processes, {f"PARCOURS_{name}": value for name, value in settings.items()})
    site.environment["PARCOURS_REFERENCE_KEY"] = "of this test alone"
    with site.running("up") as client:
        post(client, bodies())
        for person in ("a", "b"):
            assert facts_of(client, person, post(client, life(person))) == len(life(person))
            wait_until(lambda person=person: len(effects_of(client, person)) == len(STAYS), "hires are linked")  # type: ignore[misc]
        effects = {person: effects_of(client, person) for person in ("a", "b")}
        numbers = {person: numbers_of(client, person) for person in ("a", "b")}
    with psycopg.connect(database_url) as connection:
        restore_older(connection, "agrement")
    command = ("streams", "restored", "agrement", "--dir", str(tmp_path / "restored"))
    done = site.start(*command)
    assert done.wait(180) == 0, done.log_text()
    assert re.search(r"([12]) facts posted again: \1 recorded, 0 duplicates, 0 refused", done.log_text())
    with site.running("up") as client:
        for person in ("a", "b"):
            wait_until(lambda person=person: effects_of(client, person) == effects[person], "hires are linked again")  # type: ignore[misc]
            assert facts_of(client, person, "") == len(life(person))
            assert numbers_of(client, person) == numbers[person], "people have been told it"


@pytest.mark.timeout(600)
def test_after_a_restore_the_read_side_stops_and_gives_back_what_the_store_lost(
    database_url: str, processes: Processes, tmp_path: Path
) -> None:
    site = Site(processes, {"PARCOURS_DATABASE_URL": database_url, "PARCOURS_REFERENCE_KEY": "of this test alone"})
    with site.running("up") as client:
        assert facts_of(client, "a", post(client, life("a"))) == len(life("a"))
        effects = effects_of(client, "a")
    with psycopg.connect(database_url) as connection:
        restore_older(connection)

    stopped = site.start("up")
    stopped.wait_logged("feed_stopped", 60)
    assert "the store of pathways" in stopped.log_text()
    stopped.sigterm()
    assert stopped.wait() == 0

    folder = tmp_path / "restored"
    command = ("streams", "restored", "pathways", "--dir", str(folder))
    planned = site.start(*command, "--dry-run", "--json")
    assert planned.wait(60) == 0, planned.log_text()
    assert '"lost": 5' in planned.log_text()
    assert not folder.exists()
    done = site.start(*command)
    assert done.wait(120) == 0, done.log_text()
    assert "5 facts posted again: 5 recorded, 0 duplicates, 0 refused" in done.log_text()
    again = site.start(*command)
    assert again.wait(60) == 0, again.log_text()
    assert "nothing to do" in again.log_text()
    with site.running("up") as client:
        refused = site.start(*command)
        assert refused.wait(60) == 2
        assert "still running: " in refused.log_text()
        assert facts_of(client, "a", "pathways:6") == len(life("a"))
        assert effects_of(client, "a") == effects

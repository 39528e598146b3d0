"""The demonstration through the stores and through Kafka, in two orders: the same rows, table by table."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from parcours.client.event_files import Item
from parcours.client.http_client import Client
from parcours.client.posting import Poster, Refusal
from parcours.demo.asking import LIMITED_PERSON
from parcours.demo.story import generate
from services.projections.read_tables import READ_TABLES
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.parts import kafka_tiers, postgres
from tests.parts.ports import free_port
from tests.parts.processes import processes_in

pytestmark = pytest.mark.timeout(600)

SERVICES = ("structures", "pathways", "agrement", "placements")
APPLIED_WITHIN_S = 30
ROUNDS = 4
EACH = 3
"""People who lived a thing, of each type of fact."""

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Told:
    """What a suite holds once everything posted has been applied."""

    rows: Rows
    views: Rows
    through_http: int
    counts: Mapping[str, dict[str, int]]


@pytest.fixture(scope="module")
def lines() -> dict[str, list[str]]:
    """Events of the demonstration by service, one a line: every body, and people of whom some lived each thing that is
    lived in it, and whoever they are merged into. That is a quarter; the whole of it is posted by
    `tests/parcours/test_with_a_suite.py`."""
    events = list(generate())
    lived: dict[str, dict[str, None]] = {}
    for event in events:
        if event["subject"].startswith("person/"):
            lived.setdefault(event["type"], {})[event["subject"]] = None
    people = {person for of_type in lived.values() for person in list(of_type)[:EACH]}
    joined = [(event["subject"], f"person/{event['data']['into']}") for event in events if "into" in event["data"]]
    people.update(into for person, into in joined if person in people)
    found: dict[str, list[str]] = {name: [] for name in SERVICES}
    for event in events:
        if event["subject"] in people or not event["subject"].startswith("person/"):
            found[event["type"].partition(".")[0]].append(json.dumps(event, ensure_ascii=False))
    return found


@contextmanager
def suite(folder: Path, url: str, **settings: str) -> Iterator[httpx2.Client]:
    """`parcours up` on a database of its own."""
    port = free_port()
    environment = {
        "PARCOURS_DATABASE_URL": url,
        "PARCOURS_REFERENCE_KEY": "of this test alone",
        "PARCOURS_PORT": str(port),
        **settings,
    }
    with processes_in(folder) as processes:
        process = processes.start(*PARCOURS, "up", env=environment, cwd=ROOT)
        process.wait_ready(f"http://127.0.0.1:{port}/readyz", 60)
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            yield client
        process.sigterm()
        assert process.wait() == 0, process.log_tail()


def post(
    client: httpx2.Client, lines: Mapping[str, list[str]], order: Callable[[list[str]], list[str]]
) -> dict[str, dict[str, int]]:
    """As streams of lines, the agréments once all else is acted upon; what each service counted."""
    counts = {}
    refusals: list[Refusal] = []
    positions = {}
    for service in order([name for name in lines if name != "agrement"]):
        body = "\n".join(lines[service]).encode()
        headers = {"Content-Type": "application/x-ndjson", "Prefer": "return=minimal"}
        answer = client.post(f"/{service}/v1/events", content=body, headers=headers)
        *told, last = answer.text.splitlines()  # refusals, and what is recorded with a warning: it comes early here
        assert [line for line in told if json.loads(line)["outcome"] not in ("recorded", "duplicate")] == []
        counts[service] = json.loads(last)["summary"]
        positions[service] = counts[service].pop("position")
    items = [Item(number, line.encode(), "agrement") for number, line in enumerate(lines["agrement"], start=1)]
    with closing(Client(str(client.base_url))) as one:
        poster = Poster(one, refusals.append, positions=positions)
        for _ in poster.post(items):
            pass
    assert refusals == []
    wait_acted_upon(client, poster.positions)
    return {**counts, **poster.tally.counts}


def wait_acted_upon(client: httpx2.Client, positions: Mapping[str, str]) -> None:
    """Until the agrement service has recorded what follows."""
    headers = {"After-Position": ", ".join(positions.values()), "Prefer": f"wait={APPLIED_WITHIN_S}"}
    answer = client.get("/agrement/v1/events", params={"limit": 1}, headers=headers)
    assert answer.status_code == 200, answer.text


def wait_applied(client: httpx2.Client) -> None:
    """Until the projections have all that the services' logs hold."""
    wanted = ", ".join(f"{service}:{_last_sequence(client, service)}" for service in SERVICES)
    headers = {"After-Position": wanted, "Prefer": f"wait={APPLIED_WITHIN_S}"}
    for _ in range(ROUNDS):
        answer = client.get("/projections/v1/tables/groups", headers=headers)
        if answer.status_code == 200:
            return
    raise AssertionError(answer.text)


def _last_sequence(client: httpx2.Client, service: str) -> int:
    last: int = 0
    after = ""
    while True:
        page = client.get(f"/{service}/v1/events", params={"limit": 1000, "after": after or "0"}).json()
        last = max([last, *(event["sequence"] for event in page["items"])])
        if not (after := page["next"] or ""):
            return last


def told(client: httpx2.Client, url: str, counts: Mapping[str, dict[str, int]]) -> Told:
    wait_applied(client)
    with psycopg.connect(url) as connection:
        (name,) = connection.execute("SELECT name FROM projections.read_sets WHERE state = 'current'").fetchone() or (
            "",
        )
        rows = {table: _all(connection, f'"read_{name}".{table}') for table in READ_TABLES}
        views = {view: _all(connection, f"bi.{view}") for view in ("transitions", "group_pathways", "job_entries")}
    return Told(rows, views, len(_pages(client, "steps")), counts)


def _all(connection: psycopg.Connection[Any], table: str) -> list[tuple[Any, ...]]:
    return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def _pages(client: httpx2.Client, table: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    place: str | None = ""
    while place is not None:
        page = client.get(
            f"/projections/v1/tables/{table}", params={"limit": 1000} | ({"next": place} if place else {})
        )
        items += page.json()["items"]
        place = page.json()["next"]
    return items


@pytest.fixture(scope="module")
def from_stores(postgres_server: str, lines: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Told:
    with postgres.fresh_database(postgres_server) as url, suite(tmp_path_factory.mktemp("stores"), url) as client:
        return told(client, url, post(client, lines, list))


@pytest.fixture(scope="module")
def from_kafka(
    kafka: str, postgres_server: str, lines: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """Services the other way round, and every line twice: hours come before the hire they belong to."""
    prefix = f"test-{uuid4().hex[:8]}"
    settings = {"PARCOURS_KAFKA_BOOTSTRAP": kafka, "PARCOURS_TOPIC_PREFIX": prefix, "PARCOURS_TOPIC_PARTITIONS": "3"}
    twice = {service: its + its for service, its in lines.items()}
    folder = tmp_path_factory.mktemp("kafka")
    try:
        with postgres.fresh_database(postgres_server) as url, suite(folder, url, **settings) as client:
            yield told(client, url, post(client, twice, lambda names: names[::-1]))
    finally:
        kafka_tiers.remove_topics(kafka, prefix)


def test_every_event_of_the_demonstration_is_recorded_once(
    from_stores: Told, from_kafka: Told, lines: dict[str, list[str]]
) -> None:
    for service, its in lines.items():
        assert (from_stores.counts[service]["recorded"], from_stores.counts[service]["duplicate"]) == (len(its), 0)
        assert (from_kafka.counts[service]["recorded"], from_kafka.counts[service]["duplicate"]) == (len(its), len(its))


@pytest.mark.parametrize("table", READ_TABLES)
def test_kafka_and_the_stores_give_the_same_rows(table: str, from_stores: Told, from_kafka: Told) -> None:
    assert from_stores.rows[table] == from_kafka.rows[table]
    assert from_stores.rows[table], f"the demonstration has no {table}"


def test_kafka_and_the_stores_give_the_same_answers(from_stores: Told, from_kafka: Told) -> None:
    assert from_stores.views == from_kafka.views
    assert all(from_stores.views.values())
    listed = [row for row in from_stores.rows["steps"] if str(row[0]) != LIMITED_PERSON]
    assert from_stores.through_http == from_kafka.through_http == len(listed) < len(from_stores.rows["steps"])

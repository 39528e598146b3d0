"""Names are nowhere but in identities: given, looked for and refused in a whole suite on Kafka, then sought in every table,
topic, log line and metric; and no other role of the database reads what is kept of them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition
from psycopg import sql

from tests.end_to_end.compose import PARCOURS, ROOT
from tests.end_to_end.test_production_shape import an_id, bodies, life
from tests.parts import kafka_tiers, postgres
from tests.parts.processes import Process, processes_in
from tests.services.identities.suite import KEY

pytestmark = pytest.mark.kafka

FAMILY, GIVEN, BORN = "Zÿlbersztajn-Qwoptre", "Ophélianne Xandrilla", "1947-02-13"
NAMES = {"family_name": FAMILY, "given_names": GIVEN, "birth_date": BORN}
NIR = "2470213123456"
SOUGHT = ("zÿlbersztajn", "zylbersztajn", "qwoptre", "ophélianne", "ophelianne", "xandrilla", BORN, NIR)
"""As they were given, and as they are folded; in any case."""


@dataclass(frozen=True)
class Site:
    url: str
    database: str
    kafka: str
    prefix: str
    process: Process

    def ask(self, method: str, path: str, **how: Any) -> httpx2.Response:
        headers = {"Acting-For": f"structure/{an_id('garden')}", **how.pop("headers", {})}
        return httpx2.request(method, self.url + path, headers=headers, timeout=30, **how)


@pytest.fixture(scope="module")
def site(kafka: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    prefix = f"test-{uuid4().hex[:8]}"
    with (
        postgres.fresh_database(postgres_server) as database,
        processes_in(tmp_path_factory.mktemp("names")) as processes,
    ):
        environment = {
            "PARCOURS_DATABASE_URL": database,
            "PARCOURS_KAFKA_BOOTSTRAP": kafka,
            "PARCOURS_TOPIC_PREFIX": prefix,
            "PARCOURS_REFERENCE_KEY": "of this test alone",
            "PARCOURS_IDENTITY_KEY": KEY,
            "PARCOURS_LOG_LEVEL": "debug",
        }
        suite = processes.start(*PARCOURS, "up", "--port", "0", env=environment, name="up", cwd=ROOT)
        suite.wait_logged("listening on http://", 60)
        found = re.search(r"listening on (http://\S+)", suite.log_text())
        assert found
        one = Site(found[1], database, kafka, prefix, suite)
        use(one)
        yield one
    kafka_tiers.remove_topics(kafka, prefix)


def use(site: Site) -> None:
    """Everything that a name may come with, well-formed and not."""
    person = f"/identities/v1/persons/{an_id('a')}"
    assert site.ask("PUT", person, json=NAMES).status_code == 204
    batches: dict[str, list[dict[str, Any]]] = {}
    for event in [*bodies(), *life("a")]:
        batches.setdefault(event["type"].partition(".")[0], []).append(event)
    for service, events in batches.items():
        media = {"Content-Type": "application/cloudevents-batch+json"}
        content = json.dumps(events).encode()
        assert site.ask("POST", f"/{service}/v1/events", content=content, headers=media).status_code == 200
    assert site.ask("GET", person).json()["family_name"] == FAMILY
    assert len(site.ask("POST", "/identities/v1/search", json={"name": "zylber oph"}).json()["items"]) == 1
    assert site.ask("POST", "/identities/v1/names", json={"person_ids": [an_id("a")]}).json()["items"]
    assert site.ask("GET", "/identities/v1/matches").status_code == 200
    refused = [
        site.ask("PUT", person, json={**NAMES, "family_name": f"{FAMILY} 7"}),
        site.ask("PUT", person, json={**NAMES, "given_names": NIR}),
        site.ask("PUT", person, json={FAMILY: GIVEN}),
        site.ask("PUT", person, json={**NAMES, "birth_date": f"{BORN}T00:00"}),
        site.ask(
            "PUT", person, content=f'{{"family_name": "{FAMILY}'.encode(), headers={"Content-Type": "application/json"}
        ),
        site.ask("POST", "/identities/v1/search", json={"name": FAMILY, "limit": FAMILY}),
        site.ask("POST", "/identities/v1/search", json={"name": NIR}),
        site.ask("PUT", "/identities/v1/persons/0", json=NAMES),
        site.ask("PATCH", person, json=NAMES),
    ]
    assert all(answer.status_code >= 400 for answer in refused)
    assert not [text for answer in refused for text in SOUGHT if text in answer.text.lower()]
    with psycopg.connect(site.database, autocommit=True) as connection:  # a failure of ours, with names at hand
        connection.execute("ALTER TABLE identities.names RENAME COLUMN sealed TO gone")
        assert site.ask("PUT", person, json=NAMES).status_code == 500
        connection.execute("ALTER TABLE identities.names RENAME COLUMN gone TO sealed")


def forms() -> list[str]:
    """What a name would look like in text, in hexadecimal, or in base64 wherever it begins."""
    found = [*SOUGHT]
    for text in (FAMILY, GIVEN, BORN, NIR, FAMILY.split("-")[1]):
        raw = text.encode()
        found.append(raw.hex())
        found += [base64.b64encode(b"\0" * shift + raw).decode()[4:-4].lower() for shift in range(3)]
        found.append(json.dumps(text).strip('"').lower())
    return found


def test_the_seeking_finds_what_is_there(site: Site) -> None:
    with psycopg.connect(site.database, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE public.leaked AS SELECT %s::text AS one, %s::bytea AS other", [GIVEN, FAMILY.encode()]
        )
        assert {place for place, _ in rows_with_names(connection)} == {"public.leaked"}
        connection.execute("DROP TABLE public.leaked")


def test_no_table_holds_a_name(site: Site) -> None:
    with psycopg.connect(site.database) as connection:
        assert list(rows_with_names(connection)) == []
        assert connection.execute("SELECT count(*) FROM identities.names").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM projections.history").fetchone() != (0,)


def rows_with_names(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, str]]:
    tables = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    assert len(tables) > 50
    for schema, table in tables:
        name = sql.Identifier(schema, table)
        # bytea is printed in hexadecimal; a fact's envelope is bytes, so that it is sought both ways.
        for (text,) in connection.execute(sql.SQL("SELECT lower(one::text) FROM {} AS one").format(name)):
            if any(form in text for form in forms()):
                yield f"{schema}.{table}", text


def test_no_topic_log_line_or_metric_holds_a_name(site: Site) -> None:
    places = {
        "log": site.process.log_text(),
        "metrics": site.ask("GET", "/metrics").text,
        "topics": "\n".join(records(site)),
    }
    assert an_id("a") in places["topics"]
    assert "/identities/v1/persons/{person_id}" in places["metrics"] + places["log"]
    for place, text in places.items():
        assert [form for form in forms() if form in text.lower()] == [], place


def records(site: Site) -> Iterator[str]:
    """Every byte of every record of the suite's topics."""
    consumer = KafkaConsumer(bootstrap_servers=site.kafka, auto_offset_reset="earliest", group_id=None)
    try:
        topics = sorted(name for name in consumer.topics() if name.startswith(site.prefix))
        assert len(topics) == 4
        partitions = [TopicPartition(name, number) for name in topics for number in consumer.partitions_for_topic(name)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(one) < ends[one] for one in partitions):
            for found in consumer.poll(1_000).values():
                for record in found:
                    yield f"{record.key!r} {record.value!r} {record.headers!r}"
    finally:
        consumer.close()


def test_no_other_role_of_the_database_reads_it(site: Site) -> None:
    """A role with everything else there is, as that of the query API at its widest, or of a BI tool."""
    role = f"other_{uuid4().hex[:8]}"
    with psycopg.connect(site.database, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        try:
            schemas = [
                schema
                for (schema,) in owner.execute(
                    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|information_schema|^identities$'"
                )
            ]
            for schema in schemas:
                for grant in ("USAGE ON SCHEMA {}", "SELECT ON ALL TABLES IN SCHEMA {}"):
                    statement = sql.SQL("GRANT " + grant + " TO {}")
                    owner.execute(statement.format(sql.Identifier(schema), sql.Identifier(role)))
            owner.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            assert owner.execute("SELECT count(*) FROM projections.history").fetchone() != (0,)
            for table in ("names", "match_digests", "master_keys"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    owner.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier("identities", table)))
        finally:
            owner.execute("RESET ROLE")
            owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

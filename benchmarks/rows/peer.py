"""Another tool for the same work: Quix Streams with its PostgreSQL sink, on the same topic, in the same run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.checks import histories_hold
from benchmarks.children import in_child
from benchmarks.figures import Figure, Row, alternate, expect
from benchmarks.lab import SERVICES, Lab
from benchmarks.lives import A_LIFE, SERVICE, random_order, record
from benchmarks.peer import python_of_peer
from benchmarks.projecting import project
from benchmarks.publishing import expected, read_back, relay
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from shared.process.settings import Settings

PROGRAM = Path(__file__).parent.parent / "baselines" / "quix_streams.py"
"""Run by the interpreter of its own venv: nothing of it is imported here."""
PERSONS = 5_000
TABLE = """
CREATE TABLE persons (
    subject text PRIMARY KEY, version bigint, type text, recordedtime text, data jsonb)
"""


def quix(url: str, topics: Topics, python: Path, facts: int) -> float:
    """Seconds from the first fact until the commit of the last. Raise CheckFailedError where rows are missing."""
    parts = conninfo_to_dict(url)
    database = {name: str(parts.get(name) or "") for name in ("host", "dbname", "user", "password")}
    job = {
        "bootstrap": topics.bootstrap,
        "topic": topics.name(SERVICE),
        "group": f"{topics.prefix}-{uuid4().hex[:8]}",
        "facts": facts,
        "postgresql": database | {"port": parts.get("port") or "5432"},
    }
    with psycopg.connect(url) as connection:
        connection.execute(TABLE)
    command = [str(python), str(PROGRAM), json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    expect(done.returncode == 0, f"Quix Streams ended with {done.returncode}: {done.stderr[-500:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*), min(version), max(version) FROM persons").fetchone()
    wanted = (facts // A_LIFE, A_LIFE, A_LIFE)
    expect(found == wanted, f"Quix Streams' table holds {found} instead of {wanted}: persons, least and last version")
    expect(told["written"] == facts, f"Quix Streams has written {told['written']} of {facts} facts")
    return float(told["seconds"])


def measure(lab: Lab) -> Sequence[Figure]:
    python = python_of_peer()
    persons = lab.pick(PERSONS, 1_500, 60)
    facts = persons * A_LIFE
    with ExitStack() as stack:
        store_url, topics = stack.enter_context(lab.database()), stack.enter_context(lab.topics())
        _publish(store_url, topics, persons)

        def ours(number: int) -> float:
            with lab.database() as url:
                settings = Settings(
                    database_url=store_url,
                    projections_database_url=url,
                    kafka_bootstrap=topics.bootstrap,
                    topic_prefix=topics.prefix,
                )
                seconds = in_child(project, settings, facts)
                with psycopg.connect(url) as connection:
                    histories_hold(connection, facts)
            return facts / seconds

        def peer(_: int) -> float:
            with lab.database() as url:
                return facts / quix(url, topics, python, facts)

        compared = alternate(lab.pick(3, 1), ours, peer)
    check = f"{facts:,} facts: histories whole, every person's row has the last of them"
    title = "live projection through Kafka, all read tables ÷ Quix Streams, one row a person by upsert"
    return [compared.figure(title, "facts/s", None, check)]


def _publish(url: str, topics: Topics, persons: int) -> None:
    store = FactStore(url, SERVICE)
    store.create()
    record(store, random_order(persons))
    topics.ensure(SERVICES)
    made = in_child(relay, url, topics.bootstrap, topics.prefix)
    read_back(topics, made.ends, expected(store))
    store.close()


ROWS = (
    Row(
        "peer",
        "live projection through Kafka ÷ Quix Streams with its PostgreSQL sink",
        measure,
        "ours: processor time in Python for histories, folds and thirty tables; theirs: for each message, and for"
        " statements of 100 rows",
        group="peer",
        is_optional=True,
    ),
)

"""Where projections keep what they know: schema `projections` (history, subjects, places) beside the read sets.

`history` holds every fact that arrived, hash-partitioned by subject; nothing here is ever folded from anything else.
`subjects.version` grows with every change of what is to be folded; a read set's `folded` says up to where it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.postgres import connect_options
from shared.problems import UnavailableError

SCHEMA = "projections"
BUCKETS = 16
"""Hash partitions of `history`; a rebuild folds them side by side."""

FOLDING_LOCK = 7_226_001
"""Advisory lock: shared by every transaction that folds, exclusive for a promotion."""

FROZEN_S = 10
"""A transaction that does nothing for so long is ended by the server, so a frozen process cannot hold the others."""

_CREATE = """
CREATE SCHEMA IF NOT EXISTS projections;
CREATE TABLE IF NOT EXISTS projections.history (
    subject text NOT NULL, service text NOT NULL, sequence bigint NOT NULL, streamversion bigint NOT NULL,
    id text NOT NULL, type text NOT NULL, envelope bytea NOT NULL,
    PRIMARY KEY (subject, service, sequence)
) PARTITION BY HASH (subject);
CREATE INDEX IF NOT EXISTS history_log ON projections.history (service, sequence);
CREATE TABLE IF NOT EXISTS projections.subjects (
    subject text PRIMARY KEY, root text NOT NULL, version bigint NOT NULL DEFAULT 0,
    error text, since timestamptz, missing text);
CREATE INDEX IF NOT EXISTS subjects_root ON projections.subjects (root);
CREATE INDEX IF NOT EXISTS subjects_failed ON projections.subjects (since) WHERE error IS NOT NULL;
CREATE TABLE IF NOT EXISTS projections.places (
    feed text, service text, partition int, topic_id text NOT NULL, next_offset bigint NOT NULL,
    through bigint NOT NULL, PRIMARY KEY (feed, service, partition));
CREATE TABLE IF NOT EXISTS projections.dead_letters (
    feed text, service text, topic_id text, partition int, record_offset bigint, reason text NOT NULL,
    key bytea, value bytea, arrived_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (feed, service, topic_id, partition, record_offset));
CREATE TABLE IF NOT EXISTS projections.read_sets (
    name text PRIMARY KEY, code_hash text NOT NULL, state text NOT NULL DEFAULT 'building',
    created_at timestamptz NOT NULL DEFAULT now(), promoted_at timestamptz,
    CHECK (state IN ('building', 'current', 'previous')));
CREATE UNIQUE INDEX IF NOT EXISTS read_sets_current ON projections.read_sets (state) WHERE state = 'current';
"""


class Database:
    """A pool of connections to the projections' database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = ConnectionPool(
            url,
            kwargs={"autocommit": True, **_options("projections")},
            min_size=1,
            max_size=8,
            open=False,
            check=ConnectionPool.check_connection,
            timeout=1.5,
            reconnect_timeout=5,
        )

    def create(self) -> None:
        """Make the schema where it is missing. Several processes may do so at once."""
        with self.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
            connection.execute(_CREATE, prepare=False)
            for bucket in range(BUCKETS):
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {bucket_table(bucket)} PARTITION OF projections.history"
                    f" FOR VALUES WITH (MODULUS {BUCKETS}, REMAINDER {bucket})",
                    prepare=False,
                )

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Raise UnavailableError where the database cannot be reached or went away."""
        try:
            self._pool.open()
            with self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise UnavailableError(reason="database", detail=str(error).strip().partition("\n")[0]) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        with self.connection() as connection, connection.transaction():
            yield connection

    def alone(self) -> Connection[Any]:
        """A connection outside the pool, for long reads."""
        return psycopg.connect(self.url, **_options("rebuild"))

    def close(self) -> None:
        self._pool.close()


def bucket_table(bucket: int) -> str:
    return f"projections.history_{bucket:02d}"


def _options(purpose: str) -> dict[str, Any]:
    return connect_options(
        purpose,
        {
            "plan_cache_mode": "force_custom_plan",
            "idle_in_transaction_session_timeout": f"{FROZEN_S}s",
            "timezone": "UTC",
        },
    )

"""Where projections keep what they know: schema `projections` (history, subjects, places) beside the read sets.

`history` holds every fact that arrived, hash-partitioned by subject; nothing here is ever folded from anything else.
`subjects.version` grows with every change of what is to be folded; a read set's `folded` says up to where it has.
`put_off`: large subjects with facts that wait for their turn, and from which sequence of each service on.
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

STARTING_LOCK = 7_226_002
"""Advisory lock of a session: held by whoever sees to the current read set at its start."""

FROZEN_S = 10.0

_AWAY = (
    PoolTimeout,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,  # this process stood still, and its transaction was ended
)

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
CREATE INDEX IF NOT EXISTS subjects_missing ON projections.subjects (subject) WHERE missing IS NOT NULL;
CREATE TABLE IF NOT EXISTS projections.put_off (
    subject text, service text, sequence bigint NOT NULL, PRIMARY KEY (subject, service));
CREATE TABLE IF NOT EXISTS projections.places (
    feed text, service text, partition int, topic_id text NOT NULL, next_offset bigint NOT NULL,
    through bigint NOT NULL, highest bigint NOT NULL DEFAULT 0, PRIMARY KEY (feed, service, partition));
CREATE TABLE IF NOT EXISTS projections.dead_letters (
    feed text, service text, topic_id text, partition int, record_offset bigint, reason text NOT NULL,
    key bytea, value bytea, headers bytea, arrived_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (feed, service, topic_id, partition, record_offset));
CREATE TABLE IF NOT EXISTS projections.read_sets (
    name text PRIMARY KEY, code_hash text NOT NULL, state text NOT NULL DEFAULT 'building',
    created_at timestamptz NOT NULL DEFAULT now(), promoted_at timestamptz,
    CHECK (state IN ('building', 'current', 'previous')));
CREATE UNIQUE INDEX IF NOT EXISTS read_sets_current ON projections.read_sets (state) WHERE state = 'current';
"""


class Database:
    """A pool of connections to the projections' database. `frozen_s`: how long a transaction may do nothing before the
    server ends it, so that a frozen process cannot hold the others."""

    def __init__(self, url: str, *, frozen_s: float = FROZEN_S) -> None:
        self.url = url
        self._pool = ConnectionPool(
            url,
            kwargs={"autocommit": True, **_options("projections", frozen_s)},
            min_size=1,
            max_size=8,
            open=False,
            check=ConnectionPool.check_connection,
            timeout=1.5,
            reconnect_timeout=5,
        )

    def create(self) -> None:
        """Make the schema where it is missing. Several processes may do so at once, and others may be at work: where it
        is there no lock is taken."""
        with self.transaction() as connection:
            if _is_made(connection):
                return
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
        except _AWAY as error:
            raise UnavailableError(reason="database", detail=str(error).strip().partition("\n")[0]) from error

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        with self.connection() as connection, connection.transaction():
            yield connection

    def alone(self, *, autocommit: bool = False) -> Connection[Any]:
        """A connection outside the pool, for long reads and long locks; it may idle."""
        return psycopg.connect(self.url, autocommit=autocommit, **_options("rebuild", 0))

    def close(self) -> None:
        self._pool.close()


def bucket_table(bucket: int) -> str:
    return f"projections.history_{bucket:02d}"


def _is_made(connection: Connection[Any]) -> bool:
    """Whether the last thing that `create` makes is there; it makes all in one transaction."""
    row = connection.execute("SELECT to_regclass(%s)", [bucket_table(BUCKETS - 1)]).fetchone()
    return row is not None and row[0] is not None


def _options(purpose: str, frozen_s: float) -> dict[str, Any]:
    return connect_options(
        purpose,
        {
            "plan_cache_mode": "force_custom_plan",
            "idle_in_transaction_session_timeout": f"{round(frozen_s * 1000)}ms",
            "timezone": "UTC",
        },
    )

"""Where a reader of facts keeps what it has read: one schema with `history`, `subjects` and `places`.

`history` holds every fact that arrived, hash-partitioned by subject; nothing here is ever folded from anything else.
`subjects.version` grows with every change of what is to be folded. `put_off`: large subjects with facts that wait for
their turn, and from which sequence of each service on.

The connections' `search_path` is that schema, so the same statements serve every reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.process.embedded import connect_options
from shared.process.unavailable import UnavailableError

BUCKETS = 16
"""Hash partitions of `history`; a rebuild folds them side by side."""

FROZEN_S = 10.0
"""A transaction that does nothing for so long is ended by the server: it may hold rows that others wait for."""

_AWAY = (
    PoolTimeout,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,  # this process stood still, and its transaction was ended
)

_CREATE = """
CREATE TABLE IF NOT EXISTS history (
    subject text NOT NULL, service text NOT NULL, sequence bigint NOT NULL, streamversion bigint NOT NULL,
    id text NOT NULL, type text NOT NULL, envelope bytea NOT NULL,
    PRIMARY KEY (subject, service, sequence)
) PARTITION BY HASH (subject);
CREATE INDEX IF NOT EXISTS history_log ON history (service, sequence);
CREATE TABLE IF NOT EXISTS subjects (
    subject text PRIMARY KEY, root text NOT NULL, version bigint NOT NULL DEFAULT 0,
    error text, since timestamptz, missing text);
CREATE INDEX IF NOT EXISTS subjects_root ON subjects (root);
CREATE INDEX IF NOT EXISTS subjects_failed ON subjects (since) WHERE error IS NOT NULL;
CREATE INDEX IF NOT EXISTS subjects_missing ON subjects (subject) WHERE missing IS NOT NULL;
CREATE TABLE IF NOT EXISTS put_off (
    subject text, service text, sequence bigint NOT NULL, PRIMARY KEY (subject, service));
CREATE TABLE IF NOT EXISTS places (
    feed text, service text, partition int, topic_id text NOT NULL, next_offset bigint NOT NULL,
    through bigint NOT NULL, highest bigint NOT NULL DEFAULT 0, PRIMARY KEY (feed, service, partition));
CREATE TABLE IF NOT EXISTS dead_letters (
    feed text, service text, topic_id text, partition int, record_offset bigint, reason text NOT NULL,
    key bytea, value bytea, headers bytea, arrived_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (feed, service, topic_id, partition, record_offset));
"""


class HistoryDatabase:
    """A pool of connections to one schema. `more`: statements that make the tables a reader has beside these.

    `frozen_s`: how long a transaction may do nothing before the server ends it, so that a frozen process cannot hold
    the others.
    """

    def __init__(self, url: str, schema: str, *, more: str = "", frozen_s: float = FROZEN_S) -> None:
        self.url = url
        self.schema = schema
        self._more = more
        self._pool = ConnectionPool(
            url,
            kwargs={"autocommit": True, **_options(schema, schema, frozen_s)},
            min_size=1,
            max_size=8,  # requests of an API that read at once; a projector needs one
            open=False,  # at first use: making the object must not need a database
            check=ConnectionPool.check_connection,
            timeout=1.5,  # callers are promised an answer within 2 s, also that there is none
            reconnect_timeout=5,  # then the next request begins anew: a restart is noticed at once
        )

    def create(self) -> None:
        """Make the schema where it is missing. Several processes may do so at once, and others may be at work: where it
        is there no lock is taken."""
        with self.transaction() as connection:
            if _is_made(connection):
                return
            # IF NOT EXISTS is no lock: two that find nothing both make it, and one of them fails.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.schema)))
            connection.execute(_CREATE, prepare=False)  # several statements, which no prepared one can hold
            if self._more:
                connection.execute(self._more, prepare=False)
            for bucket in range(BUCKETS):
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {bucket_table(bucket)} PARTITION OF history"
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
        return psycopg.connect(self.url, autocommit=autocommit, **_options(f"{self.schema} alone", self.schema, 0))

    def close(self) -> None:
        self._pool.close()


def bucket_table(bucket: int) -> str:
    return f"history_{bucket:02d}"


def _is_made(connection: Connection[Any]) -> bool:
    """Whether the last thing that `create` makes is there; it makes all in one transaction."""
    row = connection.execute("SELECT to_regclass(%s)", [bucket_table(BUCKETS - 1)]).fetchone()
    return row is not None and row[0] is not None


def _options(purpose: str, schema: str, frozen_s: float) -> dict[str, Any]:
    return connect_options(
        purpose,
        {
            "search_path": schema,
            # A plan prepared while the tables were empty would stay, and scan them whole for ever.
            "plan_cache_mode": "force_custom_plan",
            "idle_in_transaction_session_timeout": f"{round(frozen_s * 1000)}ms",
            "timezone": "UTC",
        },
    )

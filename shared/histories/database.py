"""Where a reader of facts keeps what it has read: one schema, with the tables of the modules beside this one.

The connections' `search_path` is that schema, so the same statements serve every reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.deciding.refusals import DomainError
from shared.feeds.feed import EnsurePlaces, LoadPlaces
from shared.histories import dead_letters, history, places, skips, subjects
from shared.log.connections import check
from shared.log.place import Key, Place
from shared.process.connecting import LastRefusal
from shared.process.database_encoding import refuse_other_encodings
from shared.process.database_identity import database_identity
from shared.process.embedded import connect_options
from shared.process.unavailable import UnavailableError

FROZEN_S = 10.0
"""A transaction that does nothing for so long is ended by the server: it may hold rows that others wait for."""

_AWAY = (
    PoolTimeout,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,  # this process stood still, and its transaction was ended
)


class TookTooLongError(DomainError):
    code = "took_too_long"
    title = "This takes longer than an answer may; ask for less"
    title_fr = "Cette demande prend plus de temps qu'une réponse ne le permet ; demandez-en moins"
    instead = "Name a structure, a person or a narrower range of days, or ask for smaller pages (`limit`)."
    instead_fr = "Indiquez une structure, une personne ou une période plus courte, ou demandez des pages plus petites (« limit »)."
    status = 504


_IDENTITY = """
CREATE TABLE IF NOT EXISTS identity (one boolean PRIMARY KEY DEFAULT true CHECK (one), id uuid NOT NULL);
INSERT INTO identity VALUES (true, gen_random_uuid()) ON CONFLICT DO NOTHING;
"""

_CREATE = history.CREATE + subjects.CREATE + places.CREATE + dead_letters.CREATE + skips.CREATE + _IDENTITY
"""The tables that every reader has; the statements that use them stand in the same modules."""

_MADE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)")

_ADDED = {
    ("dead_letters", "number"): dead_letters.ADD_NUMBER,
    ("subjects", "traceback"): subjects.ADD_TRACEBACK,
    ("subjects", "linked"): subjects.ADD_LINKED,
}
"""Columns that tables made by an earlier version lack, and what adds them."""


class HistoryDatabase:
    """A pool of connections to one schema. `more`: statements that make the tables a reader has beside these.

    `frozen_s`: how long a transaction may do nothing before the server ends it, so that a frozen process cannot hold
    the others. `statement_s`: how long one statement of the pool may take, 0: any time; for who answers questions, and
    nobody who folds, rebuilds or verifies.
    """

    def __init__(
        self, url: str, schema: str, *, more: str = "", frozen_s: float = FROZEN_S, statement_s: float = 0
    ) -> None:
        self.url = url
        self.schema = schema
        self._more = more
        self._tables = _MADE.findall(_CREATE + more)
        self._refusal = LastRefusal()
        self._pool = ConnectionPool(
            url,
            connection_class=self._refusal.connection_class,
            kwargs={"autocommit": True, **_options(schema, schema, frozen_s, statement_s)},
            min_size=1,
            max_size=8,  # requests of an API that read at once; a projector needs one
            open=False,  # at first use: making the object must not need a database
            check=check,
            timeout=1.5,  # callers are promised an answer within 2 s, also that there is none
            reconnect_timeout=5,  # then the next request begins anew: a restart is noticed at once
        )

    def create(self) -> None:
        """Make the schema where it is missing. Several processes may do so at once, and others may be at work: where it
        is there no lock is taken."""
        with self.making() as connection:
            refuse_other_encodings(connection)
            if self._is_made(connection):
                _add_columns(connection)
                return
            # IF NOT EXISTS is no lock: two that find nothing both make it, and one of them fails.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.schema)))
            connection.execute(_CREATE, prepare=False)  # several statements, which no prepared one can hold
            if self._more:
                connection.execute(self._more, prepare=False)
            _add_columns(connection)

    def _is_made(self, connection: Connection[Any]) -> bool:
        """Whether every table is there, those that a later version added among them."""
        row = connection.execute(
            "SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) AS made (name)", [self._tables]
        ).fetchone()
        return bool(row and row[0])

    def bring_up_to_date(self) -> bool:
        """Add what a schema of an earlier version lacks. False where there is none: nobody has read anything here yet."""
        with self.transaction() as connection:
            if not is_there(connection, "history"):
                return False
        self.create()
        return True

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Raise UnavailableError where the database cannot be reached or went away, TookTooLongError where it was asked
        for more than it may be."""
        try:
            self._pool.open()
            with self._pool.connection() as connection:
                yield connection
        except psycopg.errors.QueryCanceled as error:  # an operational error too, and nobody is away
            raise TookTooLongError() from error
        except _AWAY as error:
            cause = self._refusal.behind(error)
            raise UnavailableError(reason="database", detail=str(cause).strip().partition("\n")[0]) from cause

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        with self.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def making(self) -> Iterator[Connection[Any]]:
        """A transaction that makes or changes tables: it may wait for others, and take its time."""
        with self.transaction() as connection:
            connection.execute("SET LOCAL statement_timeout = 0")
            yield connection

    def alone(self, *, autocommit: bool = False) -> Connection[Any]:
        """A connection outside the pool, for long reads and long locks; it may idle."""
        return psycopg.connect(self.url, autocommit=autocommit, **_options(f"{self.schema} alone", self.schema, 0))

    def pool_stats(self) -> dict[str, int]:
        """psycopg_pool's figures of its connections."""
        return self._pool.get_stats()

    def identity(self) -> str:
        """Names what is kept here: the same for ever, another one for another database, a restored dump of this one too.

        The groups in which readers share a topic are named by it: readers of two databases must not share one, since
        each would see only the facts that the other does not.
        """
        with self.connection() as connection:
            (own,) = connection.execute("SELECT id FROM identity").fetchall()[0]
            whole = f"{own} {database_identity(connection)}"
        return blake2b(whole.encode(), digest_size=6).hexdigest()

    def renew_identity(self) -> None:
        """Of a copy that nothing tells from its original: readers that start from now on share a group of their own."""
        with self.connection() as connection:
            connection.execute("UPDATE identity SET id = gen_random_uuid()")

    def places_of(self, feed: str) -> tuple[LoadPlaces, EnsurePlaces]:
        """How a feed finds the places stored here."""

        def load(keys: Iterable[Key]) -> dict[Key, Place]:
            with self.connection() as connection:
                return places.load_places(connection, feed, keys)

        def ensure(keys: Iterable[Key]) -> None:
            with self.connection() as connection:
                places.ensure_places(connection, feed, keys)

        return load, ensure

    def close(self) -> None:
        self._pool.close()


def is_there(connection: Connection[Any], table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
    return row is not None and row[0] is not None


def _add_columns(connection: Connection[Any]) -> None:
    # Looked up first: ADD COLUMN waits for whoever writes also where the column is there, and others behind it.
    for (table, column), statements in _ADDED.items():
        known = connection.execute(
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s", [table, column]
        ).fetchone()
        if known is None:
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
            connection.execute(statements, prepare=False)  # several statements, which no prepared one can hold


def _options(purpose: str, schema: str, frozen_s: float, statement_s: float = 0) -> dict[str, Any]:
    return connect_options(
        purpose,
        {
            "search_path": schema,
            # A plan prepared while the tables were empty would stay, and scan them whole for ever.
            "plan_cache_mode": "force_custom_plan",
            "idle_in_transaction_session_timeout": f"{round(frozen_s * 1000)}ms",
            **({"statement_timeout": f"{round(statement_s * 1000)}ms"} if statement_s else {}),
        },
    )

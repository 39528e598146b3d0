"""Read sets: one schema of read tables each, with the hash of the code that may write to it.

One is current: what schema `bi` shows. A rebuild makes another beside it; promotion passes from one to the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from random import random
from time import monotonic, sleep
from typing import Any

import psycopg
from psycopg import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, SetColumnComment, SetTableComment

from services.projections.folding.rows import read_schema
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import sql_tables
from services.projections.views import COMMENTS, create_views

READERS_MS = 300
"""How long readers and projectors are kept waiting by one try to promote."""

SHARE_CURRENT = "LOCK TABLE projections.read_sets IN ACCESS SHARE MODE"
"""First in a transaction that reads: no promotion until it ends. It takes no snapshot, so what is read is not older."""

_NAME = re.compile(r"^[a-z0-9_]{1,40}$")


class ReadSetError(Exception):
    """The read set asked for cannot be used so; the message says what to do."""


@dataclass(frozen=True, slots=True)
class ReadSet:
    """`state`: building, current or previous."""

    name: str
    code_hash: str
    state: str
    created_at: datetime
    promoted_at: datetime | None


_SELECT = "SELECT name, code_hash, state, created_at, promoted_at FROM projections.read_sets"


def read_sets(connection: Connection[Any]) -> list[ReadSet]:
    return [ReadSet(*row) for row in connection.execute(f"{_SELECT} ORDER BY created_at, name")]


def current(connection: Connection[Any]) -> ReadSet | None:
    row = connection.execute(f"{_SELECT} WHERE state = 'current'").fetchone()
    return ReadSet(*row) if row else None


def find(connection: Connection[Any], name: str) -> ReadSet | None:
    return next((one for one in read_sets(connection) if one.name == name), None)


def named(connection: Connection[Any], name: str) -> ReadSet:
    """Raise ReadSetError."""
    found = find(connection, name)
    if found is None:
        raise ReadSetError(f"there is no read set {name}; `parcours projections list` names them")
    return found


def unfinished(connection: Connection[Any], code_hash: str) -> str | None:
    """The latest that was begun by this code and may be gone on with."""
    begun = [one.name for one in read_sets(connection) if one.state == "building" and one.code_hash == code_hash]
    return begun[-1] if begun else None


def hold(connection: Connection[Any], name: str) -> None:
    """Keep those who build this read set away until the transaction ends; they do not lock subjects."""
    connection.execute("SELECT 1 FROM projections.read_sets WHERE name = %s FOR UPDATE", [name])


def share_building(connection: Connection[Any], name: str) -> None:
    """Keep a read set from being promoted until the transaction ends. Raise ReadSetError when it was already."""
    row = connection.execute(
        "SELECT 1 FROM projections.read_sets WHERE name = %s AND state = 'building' FOR SHARE", [name]
    ).fetchone()
    if row is None:
        raise ReadSetError(f"read set {name} was promoted or dropped meanwhile")


def next_name(connection: Connection[Any]) -> str:
    numbers = [int(one.name) for one in read_sets(connection) if one.name.isdigit()]
    return str(max(numbers, default=0) + 1)


def create(connection: Connection[Any], name: str, code_hash: str) -> None:
    """An empty read set; everybody is dirty in it. Raise ReadSetError for a name that cannot be one."""
    if not _NAME.match(name):
        raise ReadSetError(f"{name!r} cannot be a read set's name: use a-z, 0-9 and _")
    schema = read_schema(name)
    connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(f"CREATE TABLE {schema}.folded (root text PRIMARY KEY, version bigint NOT NULL)")
    for statement in _statements(f"read_{name}"):
        connection.execute(statement)
    connection.execute("INSERT INTO projections.read_sets (name, code_hash) VALUES (%s, %s)", [name, code_hash])


def _drop_views(connection: Connection[Any]) -> None:
    """In a moment when nobody reads them. To wait for one while holding others would stop readers half-way through
    their views, and then the server would pick somebody to fail."""
    views = ", ".join(f"bi.{name}" for name in (*READ_TABLES, *COMMENTS))
    deadline = monotonic() + READERS_MS / 1000
    while True:
        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '2ms'")
                connection.execute(f"DROP VIEW IF EXISTS {views} CASCADE")
            return
        except psycopg.errors.LockNotAvailable:
            if monotonic() > deadline:
                raise
        sleep(random() / 200)


def _statements(schema: str) -> list[str]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    made: list[str] = []
    for table in sql_tables(READ_TABLES.values(), schema).values():
        elements: list[Any] = [CreateTable(table), SetTableComment(table)]
        elements += [CreateIndex(index) for index in sorted(table.indexes, key=lambda index: str(index.name))]
        elements += [SetColumnComment(column) for column in table.columns]
        made += [str(element.compile(dialect=dialect)) for element in elements]
    return made


def analyze(connection: Connection[Any], name: str) -> None:
    """Tables filled at one go have no statistics, and the first queries on them bad plans."""
    connection.execute("ANALYZE " + ", ".join(f"{read_schema(name)}.{table}" for table in (*READ_TABLES, "folded")))


def make_current(connection: Connection[Any], name: str) -> None:
    """Repoint what everybody reads. To be called in a transaction that holds the folding lock alone.

    Nobody who reads sees an error or two read sets at once. Raise psycopg.errors.LockNotAvailable where they leave no
    pause: the transaction is then to be tried again.
    """
    connection.execute(f"SET LOCAL lock_timeout = '{READERS_MS}ms'")
    connection.execute("LOCK TABLE projections.read_sets IN ACCESS EXCLUSIVE MODE")
    _drop_views(connection)
    connection.execute("SET LOCAL lock_timeout = 0")
    connection.execute("UPDATE projections.read_sets SET state = 'previous' WHERE state = 'current'")
    connection.execute(
        "UPDATE projections.read_sets SET state = 'current', promoted_at = clock_timestamp() WHERE name = %s", [name]
    )
    for statement in create_views(f"read_{name}"):
        connection.execute(statement)

"""Whether the database can write: asked after it could not, since most of what reads works on a full disk too."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection, sql

from shared.process.unavailable import UnavailableError

_SIZE = 4_000
"""Times 32 characters that do not compress, 128 kB: what a batch of facts takes, and more than a page that has room."""


class _Undone(Exception):
    """Ends the transaction, of which nothing is to stay."""


def try_to_write(connection: Connection[Any], schema: str) -> None:
    """Write something in a transaction that is undone: a table of its own, whose file is gone with it, so that asking
    again and again takes no room. Raise psycopg.Error where it cannot be written."""
    probe = sql.Identifier(schema, "room_probe")
    fill = sql.SQL("CREATE TABLE {} AS SELECT md5(random()::text) FROM generate_series(1, {})").format(probe, _SIZE)
    try:
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '500ms'")  # another process of the service may be asking too
            connection.execute(fill)
            raise _Undone
    except _Undone:
        return


def why_not_written(error: UnavailableError) -> str:
    """In the server's words, where it said something: a full disk is told apart from a server that is away."""
    cause = error.__cause__
    said = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return f"database cannot write: {said}" if said else "database unreachable"

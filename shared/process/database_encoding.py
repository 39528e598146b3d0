"""A database that cannot hold every character, or whose server is too old, is refused before anything is recorded in it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
from psycopg import Connection


class DatabaseRefusedError(Exception):
    """Nothing is recorded in that database; the message says what to do."""


class DatabaseEncodingError(DatabaseRefusedError):
    """The database is not UTF-8."""

    def __init__(self, name: str, encoding: str) -> None:
        super().__init__(
            f"the database {name} keeps text as {encoding}, which has no place for every character: make one with "
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it in PARCOURS_DATABASE_URL"
        )


OLDEST_SERVER = 16
"""The first whose `pg_input_is_valid` lets a view say which day is none, in place of failing for whatever it reads."""


class ServerVersionError(DatabaseRefusedError):
    """The server is older than what is asked of it."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"the server runs PostgreSQL {version // 10_000}, and PostgreSQL {OLDEST_SERVER} or newer is needed: upgrade it "
            "(pg_upgrade, or dump and restore), or name another one in PARCOURS_DATABASE_URL"
        )


def refuse_old_servers(version: int) -> None:
    """`version` as `server_version_num` has it (160004). Raise ServerVersionError."""
    if version < OLDEST_SERVER * 10_000:
        raise ServerVersionError(version)


def refuse_other_encodings(connection: Connection[Any]) -> None:
    """Raise DatabaseEncodingError where the connection's database is not UTF-8, ServerVersionError where its server is too
    old. Asks the server nothing."""
    refuse_old_servers(connection.info.server_version)
    encoding = connection.info.parameter_status("server_encoding") or ""
    if encoding.upper() != "UTF8":
        raise DatabaseEncodingError(connection.info.dbname, encoding)


def check_encoding(url: str) -> None:
    """Raise DatabaseEncodingError or ServerVersionError; one that is away is found out by whoever needs it."""
    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(url, connect_timeout=2, client_encoding="UTF8") as connection,
    ):
        refuse_other_encodings(connection)

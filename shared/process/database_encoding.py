"""A database that cannot hold every character is refused before anything is recorded in it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg
from psycopg import Connection


class DatabaseEncodingError(Exception):
    """The database is not UTF-8."""

    def __init__(self, name: str, encoding: str) -> None:
        super().__init__(
            f"the database {name} keeps text as {encoding}, which has no place for every character: make one with "
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it in PARCOURS_DATABASE_URL"
        )


def refuse_other_encodings(connection: Connection[Any]) -> None:
    """Raise DatabaseEncodingError where the connection's database is not UTF-8. Asks the server nothing."""
    encoding = connection.info.parameter_status("server_encoding") or ""
    if encoding.upper() != "UTF8":
        raise DatabaseEncodingError(connection.info.dbname, encoding)


def check_encoding(url: str) -> None:
    """Raise DatabaseEncodingError; one that is away is found out by whoever needs it."""
    with (
        suppress(psycopg.OperationalError),
        psycopg.connect(url, connect_timeout=2, client_encoding="UTF8") as connection,
    ):
        refuse_other_encodings(connection)

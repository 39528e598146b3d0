"""The seal of a store: what its relay puts on each record, so that readers know the record without asking the store.

A record made by hand has none; one of another database, a restored dump of this one too, has another. Both are compared
with the store (`shared/feeds/sorting.py`). It guards against mistakes, not against whoever can read the store. See
docs/adr/0022.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from typing import Any

import psycopg
from psycopg import Connection

from shared.log.connections import Connections
from shared.log.schema import Schema
from shared.process.database_identity import database_identity

HEADER = "seal"
"""The header of a record that holds it."""


@dataclass(frozen=True, slots=True)
class Seal:
    key: bytes

    def of(self, value: bytes) -> bytes:
        """What stands in the header of a record with this value."""
        return blake2b(value, digest_size=16, key=self.key).digest()

    def is_on(self, headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> bool:
        """Whether a record was published from this store as it is."""
        for name, found in headers:
            if name == HEADER:
                return bool(found and value and compare_digest(found, self.of(value)))
        return False


class SealTable:
    """One row: a random key. With the identity of the database it makes the seal."""

    def __init__(self, connections: Connections, schema: Schema) -> None:
        self._connections = connections
        self._statement = schema.statement

    def create(self, connection: Connection[Any]) -> None:
        connection.execute(
            self._statement(
                "CREATE TABLE IF NOT EXISTS {seal} (one boolean PRIMARY KEY DEFAULT true CHECK (one), key uuid NOT NULL)"
            )
        )
        # Random enough: it comes from the server's strong source, and needs no extension.
        connection.execute(
            self._statement("INSERT INTO {seal} VALUES (true, gen_random_uuid()) ON CONFLICT DO NOTHING")
        )

    def load(self) -> Seal | None:
        """None where the store was made by older code."""
        with self._connections.connection() as connection:
            try:
                row = connection.execute(self._statement("SELECT key FROM {seal}")).fetchone()
            except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
                return None
            identity = database_identity(connection)
        return Seal(blake2b(f"{row[0]} {identity}".encode(), digest_size=32).digest()) if row else None

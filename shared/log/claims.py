"""Table `claims` of a service: what may be given once in the whole service, numbers for instance.

A row is for ever. What a sender brought by mistake is given back (`released`) once nothing that stands carries it: somebody
else may take it then, but it is never given anew in sequence. What the service gave itself is `lasting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from psycopg import Connection

from shared.deciding.claims import Taken
from shared.facts.fact import Recorded
from shared.log.arrays import text_array
from shared.log.connections import Connections
from shared.log.held import Rows
from shared.log.schema import Schema

ClaimsOf = Callable[[Iterable[Recorded]], set[str]]
"""What facts of one subject take of the whole service."""


class Claims:
    def __init__(self, connections: Connections, schema: Schema) -> None:
        self._connections = connections
        self._statement = schema.statement

    def create(self, connection: Connection[Any]) -> None:
        # Collation "C": `highest` compares byte by byte, whatever language the database was made for.
        connection.execute(
            self._statement(
                """
                CREATE TABLE IF NOT EXISTS {claims} (
                    claim text COLLATE "C" PRIMARY KEY, subject text NOT NULL,
                    lasting boolean NOT NULL DEFAULT true, released boolean NOT NULL DEFAULT false)
                """
            )
        )
        self._add_columns(connection)

    def _add_columns(self, connection: Connection[Any]) -> None:
        """To a table made by a version that gave nothing back: what it claimed lasts."""
        has_them = connection.execute(
            self._statement(
                "SELECT 1 FROM pg_attribute WHERE attrelid = {claims_name}::regclass AND attname = 'lasting'"
            )
        ).fetchone()
        # Looked up first: even ALTER … IF NOT EXISTS waits for whoever writes, and writers wait behind it.
        if has_them is None:
            connection.execute(
                self._statement(
                    "ALTER TABLE {claims} ADD COLUMN IF NOT EXISTS lasting boolean NOT NULL DEFAULT true,"
                    " ADD COLUMN IF NOT EXISTS released boolean NOT NULL DEFAULT false"
                )
            )

    def find(self, claim: str) -> Taken | None:
        """By whom it was taken; None where it never was."""
        with self._connections.connection() as connection:
            statement = self._statement("SELECT subject, lasting, released FROM {claims} WHERE claim = %s")
            row = connection.execute(statement, [claim]).fetchone()
        return None if row is None else Taken(*row)

    def of(self, claims: Sequence[str], subjects: Sequence[str]) -> dict[str, Taken]:
        """What these were taken by, and what these subjects took last."""
        statement = self._statement(
            "SELECT claim, subject, lasting, released FROM {claims}"
            " WHERE claim = ANY(%s::text[]) OR subject = ANY(%s::text[])"
        )
        with self._connections.connection() as connection:
            rows = connection.execute(statement, [text_array(claims), text_array(subjects)]).fetchall()
        return {claim: Taken(*taken) for claim, *taken in rows}

    def highest(self, prefix: str) -> str | None:
        """The last claim, byte by byte, of those that begin so and go on with digits."""
        # ':' stands right behind '9'. The collation is said here too: a table restored by hand may have lost it.
        statement = self._statement(
            """
            SELECT max(claim COLLATE "C") FROM {claims}
            WHERE claim COLLATE "C" > %s::text AND claim COLLATE "C" < %s::text || ':'
            """
        )
        with self._connections.connection() as connection:
            row = connection.execute(statement, [prefix, prefix]).fetchone()
        return row[0] if row else None


class ClaimsElsewhere:
    """What another service's facts have taken, asked of its store. Connects when first asked."""

    def __init__(self, database_url: str, service: str) -> None:
        self._connections = Connections(database_url, f"claims-{service}")
        self._claims = Claims(self._connections, Schema(service))

    def holder(self, claim: str) -> str | None:
        """The subject that has it; None where it is nobody's, given back too. Raise UnavailableError."""
        # A pool that is open is left as it is; without waiting, since the other database may be away.
        self._connections.pool.open(wait=False)
        try:
            taken = self._claims.find(claim)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            return None  # nothing was ever taken there
        return None if taken is None or taken.released else taken.subject

    def close(self) -> None:
        self._connections.close()


def held(service: str) -> Rows:
    """What facts of a person took."""
    source = f"{service}.claims WHERE subject = ANY(%(subjects)s::text[])"
    return Rows(f"{service}.claims", source, "to_jsonb(claims)", "claim")

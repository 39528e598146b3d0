"""Table `claims` of a service: what may be given once in the whole service and for ever, numbers for instance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Connection

from shared.log.arrays import text_array
from shared.log.connections import Connections
from shared.log.entries import ConflictError, NewFact
from shared.log.schema import Schema


class Claims:
    def __init__(self, connections: Connections, schema: Schema) -> None:
        self._connections = connections
        self._statement = schema.statement

    def create(self, connection: Connection[Any]) -> None:
        # Collation "C": `highest` compares byte by byte, whatever language the database was made for.
        connection.execute(
            self._statement(
                'CREATE TABLE IF NOT EXISTS {claims} (claim text COLLATE "C" PRIMARY KEY, subject text NOT NULL)'
            )
        )

    def insert(self, connection: Connection[Any], facts: Sequence[NewFact]) -> None:
        """Raise ConflictError where one was taken meanwhile."""
        claims = [(claim, new.fact.subject) for new in facts for claim in new.claims]
        if not claims:
            return
        columns = (text_array([claim for claim, _ in claims]), text_array([subject for _, subject in claims]))
        statement = self._statement("INSERT INTO {claims} SELECT * FROM unnest(%s::text[], %s::text[])")
        try:
            connection.execute(statement, columns)
        except psycopg.errors.UniqueViolation as error:
            raise ConflictError(error.diag.constraint_name) from error

    def is_taken(self, claim: str) -> bool:
        with self._connections.connection() as connection:
            statement = self._statement("SELECT 1 FROM {claims} WHERE claim = %s")
            return connection.execute(statement, [claim]).fetchone() is not None

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

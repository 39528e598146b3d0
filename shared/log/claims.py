"""Table `claims` of a service: what may be given once in the whole service, numbers for instance.

A row is for ever. What a sender brought by mistake is given back (`released`) once nothing that stands carries it: somebody
else may take it then, but it is never given anew in sequence. What the service gave itself is `lasting`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Connection

from shared.deciding.claims import Taken
from shared.log.arrays import text_array
from shared.log.connections import Connections
from shared.log.entries import ConflictError, NewFact
from shared.log.schema import Schema

Row = tuple[str, str, bool]
"""A claim, the subject of the fact that takes it, and whether it lasts."""


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

    def insert(self, connection: Connection[Any], facts: Sequence[NewFact]) -> None:
        """Give back and take, in the order of the facts: one group may give back what it takes again. Raise ConflictError
        where something was taken meanwhile."""
        rows: list[Row] = []
        for new in facts:
            if new.releases:
                self._take(connection, rows)
                rows = []
                self._release(connection, new.releases, new.fact.subject)
            rows += [(claim, new.fact.subject, new.lasting) for claim in new.claims]
        self._take(connection, rows)

    def _take(self, connection: Connection[Any], rows: Sequence[Row]) -> None:
        if not rows:
            return
        statement = self._statement(
            """
            INSERT INTO {claims} AS taken (claim, subject, lasting)
            SELECT * FROM unnest(%s::text[], %s::text[], %s::boolean[])
            ON CONFLICT (claim) DO UPDATE SET subject = excluded.subject, lasting = excluded.lasting, released = false
            WHERE taken.released
            """
        )
        columns = (
            text_array([claim for claim, _, _ in rows]),
            text_array([subject for _, subject, _ in rows]),
            [lasting for _, _, lasting in rows],
        )
        try:
            taken = connection.execute(statement, columns).rowcount
        except psycopg.errors.CardinalityViolation as error:  # one claim twice in one statement
            raise ConflictError("claims") from error
        # Somebody has one of them and has not given it back: the whole group is judged again.
        if taken < len(rows):
            raise ConflictError("claims")

    def _release(self, connection: Connection[Any], claims: Sequence[str], subject: str) -> None:
        statement = self._statement(
            "UPDATE {claims} SET released = true WHERE claim = ANY(%s::text[]) AND subject = %s AND NOT lasting"
        )
        connection.execute(statement, (text_array(claims), subject))

    def find(self, claim: str) -> Taken | None:
        """By whom it was taken; None where it never was."""
        with self._connections.connection() as connection:
            statement = self._statement("SELECT subject, lasting, released FROM {claims} WHERE claim = %s")
            row = connection.execute(statement, [claim]).fetchone()
        return None if row is None else Taken(*row)

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

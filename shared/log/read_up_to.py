"""Table `read_up_to` of a service that acts on others' facts: how far of each other service it ever acted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import Connection

from shared.log.arrays import integer_array, text_array
from shared.log.connections import Connections
from shared.log.schema import Schema


class ReadUpTo:
    """It stands beside the service's own facts, so that a restored copy of what it read of others shows as too old."""

    def __init__(self, connections: Connections, schema: Schema) -> None:
        self._connections = connections
        self._statement = schema.statement

    def create(self, connection: Connection[Any]) -> None:
        connection.execute(
            self._statement(
                "CREATE TABLE IF NOT EXISTS {read_up_to} (service text PRIMARY KEY, sequence bigint NOT NULL)"
            )
        )

    def note(self, sequences: Mapping[str, int]) -> None:
        """That this service may act on facts of others up to these sequences, before it does."""
        # Never back: who reads again from the beginning has acted on later facts all the same.
        statement = self._statement(
            """
            INSERT INTO {read_up_to} AS known SELECT * FROM unnest(%s::text[], %s::bigint[])
            ON CONFLICT (service) DO UPDATE SET sequence = excluded.sequence WHERE known.sequence < excluded.sequence
            """
        )
        with self._connections.connection() as connection:
            connection.execute(statement, (text_array(list(sequences)), integer_array(list(sequences.values()))))

    def lower(self, service: str, sequence: int) -> None:
        """That service's log was restored to what it was then: nothing beyond can be waited for any more."""
        statement = self._statement("UPDATE {read_up_to} SET sequence = %s WHERE service = %s AND sequence > %s")
        with self._connections.connection() as connection:
            connection.execute(statement, [sequence, service, sequence])

    def sequences(self) -> dict[str, int]:
        """Per service, the highest sequence this one ever acted on."""
        with self._connections.connection() as connection:
            return dict(connection.execute(self._statement("SELECT service, sequence FROM {read_up_to}")).fetchall())

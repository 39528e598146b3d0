"""Table `intake` of a service: one row per event for ever, with what it was and what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from shared.facts.fact import printed
from shared.log.arrays import text_array
from shared.log.connections import Connections
from shared.log.entries import FirstAnswer
from shared.log.held import Rows
from shared.log.schema import Schema


class IntakeTable:
    """So that a retry, however late, finds the first answer. A service's own facts have a row as well."""

    def __init__(self, connections: Connections, schema: Schema) -> None:
        self._connections = connections
        self._statement = schema.statement

    def create(self, connection: Connection[Any]) -> None:
        connection.execute(
            self._statement(
                """
                CREATE TABLE IF NOT EXISTS {intake} (
                    source text, id text, digest bytea NOT NULL, position bigint NOT NULL,
                    recordedtime timestamptz NOT NULL, effects jsonb NOT NULL, warnings jsonb,
                    PRIMARY KEY (source, id))
                """
            )
        )
        self._add_warnings(connection)

    def _add_warnings(self, connection: Connection[Any]) -> None:
        """To a table made by a version that gave none. Versions before go on beside this one: they write no warnings."""
        has_them = connection.execute(
            self._statement(
                "SELECT 1 FROM pg_attribute WHERE attrelid = {intake_name}::regclass AND attname = 'warnings'"
            )
        ).fetchone()
        # Looked up first: even ALTER … IF NOT EXISTS waits for whoever writes, and writers wait behind it.
        if has_them is None:
            connection.execute(self._statement("ALTER TABLE {intake} ADD COLUMN IF NOT EXISTS warnings jsonb"))

    def first_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], FirstAnswer]:
        """The first answer of each (source, id) that was ever recorded."""
        columns = (text_array([source for source, _ in keys]), text_array([event_id for _, event_id in keys]))
        statement = self._statement(
            """
            SELECT source, id, digest, position,
                (SELECT originator_version FROM {facts} WHERE notification_id = position), recordedtime, effects,
                warnings
            FROM {intake} JOIN unnest(%s::text[], %s::text[]) AS asked (source, id) USING (source, id)
            """
        )
        with self._connections.connection() as connection:
            rows = connection.execute(statement, columns).fetchall()
        return {
            (source, event_id): FirstAnswer(
                bytes(digest), position, version, printed(recordedtime), effects, warnings or []
            )
            for source, event_id, digest, position, version, recordedtime, effects, warnings in rows
        }


def held(service: str) -> Rows:
    """What was answered to events about a person."""
    return Rows(
        f"{service}.intake",
        # By what its primary key has; the position, which would be enough, has no index.
        "(SELECT convert_from(state, 'UTF8')::jsonb AS fact FROM"
        f" {service}.facts WHERE originator_id = ANY(%(subjects)s::text[])) AS facts"
        f" JOIN {service}.intake ON source = fact ->> 'source' AND id = fact ->> 'id'",
        "to_jsonb(intake)",
        "source, id",
    )

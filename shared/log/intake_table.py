"""Table `intake` of a service: one row per event for ever, with what it was and what was answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection

from shared.facts.fact import printed
from shared.log.arrays import integer_array, text_array
from shared.log.connections import Connections
from shared.log.entries import ConflictError, FirstAnswer, NewFact, listed_effects
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

    def insert(
        self, connection: Connection[Any], facts: Sequence[NewFact], positions: Sequence[int], recordedtime: datetime
    ) -> None:
        """`positions`: of each fact, the sequence of the last one it brought about. Raise ConflictError where an id was
        taken meanwhile."""
        columns = (
            recordedtime,
            text_array([new.fact.source for new in facts]),
            text_array([new.fact.id for new in facts]),
            text_array([new.digest.hex() for new in facts]),
            integer_array(positions),
            text_array([json.dumps(listed_effects(new)) if new.effects else "[]" for new in facts]),
            text_array([json.dumps(new.warnings) if new.warnings else "" for new in facts]),
        )
        statement = self._statement(
            """
            INSERT INTO {intake} (source, id, digest, position, effects, warnings, recordedtime)
            SELECT source, id, decode(digest, 'hex'), position, effects::jsonb, nullif(warnings, '')::jsonb, %s
            FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])
                AS new (source, id, digest, position, effects, warnings)
            """
        )
        try:
            connection.execute(statement, columns)
        except psycopg.errors.UniqueViolation as error:
            raise ConflictError(error.diag.constraint_name) from error

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

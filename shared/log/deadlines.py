"""Table `deadlines` of a service: on which day it will have something to record about whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from shared.facts.fact import Recorded
from shared.log.arrays import text_array
from shared.log.connections import Connections
from shared.log.held import Rows
from shared.log.schema import Schema


@dataclass(frozen=True, slots=True)
class Deadline:
    """Something a service will have to record about a subject on a day (Paris). `kind` tells several apart."""

    kind: str
    due_on: date


DeadlinesBySubject = Mapping[str, Sequence[Deadline]]
"""All that is due about each; they take the place of those known before."""

DeadlinesOf = Callable[[Sequence[Recorded]], Sequence[Deadline]]
"""What will be due about a subject, from its standing facts."""


class Deadlines:
    def __init__(self, connections: Connections, schema: Schema) -> None:
        self._connections = connections
        self._schema = schema
        self._statement = schema.statement

    def create(self, connection: Connection[Any]) -> None:
        connection.execute(
            self._statement(
                """
                CREATE TABLE IF NOT EXISTS {deadlines} (
                    subject text, kind text, due_on date NOT NULL, PRIMARY KEY (subject, kind, due_on));
                CREATE INDEX IF NOT EXISTS deadlines_due ON {deadlines} (due_on);
                """
            )
        )

    def of(self, subjects: Sequence[str]) -> dict[str, set[Deadline]]:
        """What is due about each of these, as it is written."""
        found: dict[str, set[Deadline]] = {subject: set() for subject in subjects}
        statement = self._statement("SELECT subject, kind, due_on FROM {deadlines} WHERE subject = ANY(%s::text[])")
        with self._connections.connection() as connection:
            for subject, kind, due_on in connection.execute(statement, [text_array(list(subjects))]):
                found[subject].add(Deadline(kind, due_on))
        return found

    def due(self, day: date, after: str, limit: int) -> list[str]:
        """Subjects about which something is due by `day`, in order, after the one given."""
        statement = self._statement(
            "SELECT DISTINCT subject FROM {deadlines} WHERE due_on <= %s AND subject > %s ORDER BY subject LIMIT %s"
        )
        with self._connections.connection() as connection:
            return [row[0] for row in connection.execute(statement, [day, after, limit])]

    def count_due(self, day: date) -> int:
        """About how many subjects something is due by `day`."""
        with self._connections.connection() as connection:
            return count_due(connection, self._schema, day)


def count_due(connection: Connection[Any], schema: Schema, day: date) -> int:
    """About how many subjects something is due by `day`."""
    statement = schema.statement("SELECT count(DISTINCT subject) FROM {deadlines} WHERE due_on <= %s")
    row = connection.execute(statement, [day]).fetchone()
    return int(row[0]) if row else 0


def held(service: str) -> Rows:
    """What is due about a person."""
    source = f"{service}.deadlines WHERE subject = ANY(%(subjects)s::text[])"
    return Rows(f"{service}.deadlines", source, "to_jsonb(deadlines)", "subject, kind, due_on")

"""Table `facts` of a service: the log. Its order is the order of the commits; `notification_id` is the sequence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg import Connection, sql

from shared.log.arrays import integer_array, text_array
from shared.log.connections import Connections
from shared.log.digests import Digests, digests_of
from shared.log.entries import LogEntry
from shared.log.held import Rows, growing
from shared.log.schema import Schema


class FactsTable:
    """The table is `eventsourcing`'s, from its recorder; the statements are ours, see docs/adr/0003."""

    def __init__(self, connections: Connections, schema: Schema, service: str) -> None:
        self._connections = connections
        self._service = service
        self._statement = schema.statement
        datastore = PostgresDatastore("", "", "", "", "", schema=service, originator_id_type="text")
        datastore.pool = cast(Any, connections.pool)
        # Making a recorder asks for a type: of a database that is away it raises PersistenceError.
        self._recorder = PostgresApplicationRecorder(datastore, events_table_name="facts")

    def create(self, connection: Connection[Any]) -> None:
        """The recorder's table and index, without its composite type and insert function, which nothing uses."""
        for statement in self._recorder.sql_create_statements:
            text = statement.as_string()
            if "CREATE TABLE" in text or "CREATE UNIQUE INDEX" in text:
                connection.execute(statement)

    def clocks(self) -> tuple[datetime, datetime | None]:
        """What the database's clock shows, and the instant of the last fact."""
        with self._connections.connection() as connection:
            statement = self._statement(
                """
                SELECT clock_timestamp(),
                    (SELECT convert_from(state, 'UTF8') FROM {facts} ORDER BY notification_id DESC LIMIT 1)
                """
            )
            row = connection.execute(statement).fetchone()
        assert row is not None
        database, last = row
        return database, None if last is None else datetime.fromisoformat(json.loads(last)["recordedtime"])

    def tails(self, versions: Mapping[str, int], limit: int | None) -> list[LogEntry]:
        """The facts of each subject after the version given, in stream order, in one query."""
        statement = self._statement(
            """
            SELECT notification_id, originator_id, originator_version, topic, state
            FROM unnest(%s::text[], %s::bigint[]) AS asked (subject, version)
            JOIN {facts} ON originator_id = subject AND originator_version > version
            ORDER BY originator_id, originator_version LIMIT %s
            """
        )
        with self._connections.connection() as connection:
            return [entry_of(row) for row in connection.execute(statement, [*_versions(versions), limit])]

    def tail(self, subject: str, version: int, limit: int) -> list[LogEntry]:
        """Up to `limit` facts of one subject after a version, in stream order."""
        statement = self._statement(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {facts}"
            " WHERE originator_id = %s AND originator_version > %s ORDER BY originator_version LIMIT %s"
        )
        with self._connections.connection() as connection:
            return [entry_of(row) for row in connection.execute(statement, [subject, version, limit])]

    def versions(self, subjects: Iterable[str]) -> dict[str, int]:
        """How many facts there are of each; 0 of whom there is none."""
        # The last of an index for each: a count would read them all.
        statement = self._statement(
            """
            SELECT subject, coalesce((SELECT max(originator_version) FROM {facts} WHERE originator_id = subject), 0)
            FROM unnest(%s::text[]) AS asked (subject)
            """
        )
        with self._connections.connection() as connection:
            return dict(connection.execute(statement, [text_array(list(subjects))]).fetchall())

    def log(self, after: int, limit: int, subject: str | None, type_name: str | None) -> list[LogEntry]:
        with self._connections.connection() as connection:
            return self.log_by(connection, after, limit, subject, type_name)

    def log_by(
        self,
        connection: Connection[Any],
        after: int,
        limit: int,
        subject: str | None = None,
        type_name: str | None = None,
    ) -> list[LogEntry]:
        parameters: list[object] = [after]
        conditions = "notification_id > %s"
        for column, value in (("originator_id", subject), ("topic", type_name)):
            if value is not None:
                conditions += f" AND {column} = %s"
                parameters.append(value)
        statement = self._statement(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {facts}"
            f" WHERE {conditions} ORDER BY notification_id LIMIT %s"
        )
        # In binary form, a fact's bytes come as they are, not as twice as many digits.
        with connection.cursor(binary=True) as cursor:
            # All rows at once: fetched one by one, each would cost as much again as what is made of it.
            return list(map(entry_of, cursor.execute(statement, [*parameters, limit]).fetchall()))

    def is_named(self, subject: str, name: str) -> bool:
        """Whether a fact of the subject has a text in it: looked for in what is stored, no fact is read."""
        statement = self._statement(
            "SELECT EXISTS (SELECT FROM {facts} WHERE originator_id = %s AND position(%s::bytea IN state) > 0)"
        )
        with self._connections.connection() as connection:
            return connection.execute(statement, [subject, name.encode()]).fetchall() == [(True,)]

    def index_types(self, connection: Connection[Any], names: Sequence[str]) -> None:
        """So that `of_types` finds facts of a few types among all others."""
        # Looked up first: where it is there, CREATE INDEX would all the same wait for whoever writes.
        for name in names:
            index = f"facts_of_{name.replace('.', '_')}"
            made = connection.execute("SELECT to_regclass(%s)", [f"{self._service}.{index}"]).fetchone()
            if made is None or made[0] is None:
                statement = sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} (notification_id) WHERE topic = {}").format(
                    sql.Identifier(index), sql.Identifier(self._service, "facts"), sql.Literal(name)
                )
                connection.execute(statement)

    def of_types(self, names: Sequence[str], after: int) -> list[LogEntry]:
        """The facts of these types (`index_types`) after a place, in the order of the log."""
        found: list[LogEntry] = []
        with self._connections.connection() as connection:
            for name in names:
                # As text in the statement: only then is it seen that the index, which is of this type alone, has them all.
                statement = self._statement(
                    "SELECT notification_id, originator_id, originator_version, topic, state FROM {facts}"
                    f" WHERE topic = '{name}' AND notification_id > %s ORDER BY notification_id"
                )
                found += [entry_of(row) for row in connection.execute(statement, [after])]
        return sorted(found, key=lambda entry: entry.sequence)

    def at(self, sequences: Sequence[int]) -> list[LogEntry]:
        """The facts at these places of the log, in its order; nothing of those where there is none."""
        statement = self._statement(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {facts}"
            " WHERE notification_id = ANY(%s::bigint[]) ORDER BY notification_id"
        )
        with self._connections.connection() as connection:
            return [entry_of(row) for row in connection.execute(statement, [integer_array(sequences)])]

    def digests(self, after: int, through: int) -> Digests:
        """Of each range of the log between these places, how many facts it holds, and a digest of all of them."""
        statement = self._statement(
            digests_of(
                "{facts}",
                "notification_id",
                "md5(convert_to(concat_ws(' ', originator_id, originator_version, topic,"
                " '{{\"sequence\":' || notification_id || ',\"streamversion\":' || originator_version || ','), 'UTF8')"
                " || substring(state FROM 2))",
                "notification_id > %s AND notification_id <= %s",
            )
        )
        with self._connections.connection() as connection:
            rows = connection.execute(statement, [after, through]).fetchall()
        return {number: (count, digest) for number, count, digest in rows}

    def subjects_of(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Sequence and subject of the facts after a place, without their content."""
        statement = self._statement(
            "SELECT notification_id, originator_id FROM {facts} WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
        )
        with self._connections.connection() as connection:
            return connection.execute(statement, [after, limit]).fetchall()

    def last_sequence(self) -> int:
        with self._connections.connection() as connection:
            statement = self._statement("SELECT coalesce(max(notification_id), 0) FROM {facts}")
            row = connection.execute(statement).fetchone()
        return int(row[0]) if row else 0

    def moved(self, connection: Connection[Any], versions: Mapping[str, int]) -> set[str]:
        """The subjects that have facts after the version given."""
        statement = self._statement(
            """
            SELECT subject FROM unnest(%s::text[], %s::bigint[]) AS asked (subject, version)
            WHERE EXISTS (SELECT FROM {facts} WHERE originator_id = subject AND originator_version > version)
            """
        )
        return {row[0] for row in connection.execute(statement, _versions(versions))}

    def subjects(self, after: str, limit: int) -> list[str]:
        """Those of whom anything is recorded or due."""
        # Each half has a limit of its own, or PostgreSQL would sort the whole log for the first few.
        statement = self._statement(
            """
            SELECT subject FROM (
                (SELECT DISTINCT originator_id AS subject FROM {facts} WHERE originator_id > %(after)s
                    ORDER BY 1 LIMIT %(limit)s)
                UNION
                (SELECT DISTINCT subject FROM {deadlines} WHERE subject > %(after)s ORDER BY 1 LIMIT %(limit)s)
            ) AS both_tables
            ORDER BY 1 LIMIT %(limit)s
            """
        )
        with self._connections.connection() as connection:
            return [row[0] for row in connection.execute(statement, {"after": after, "limit": limit})]


def _versions(versions: Mapping[str, int]) -> tuple[str, str]:
    return text_array(list(versions)), integer_array(list(versions.values()))


def entry_of(row: Sequence[Any]) -> LogEntry:
    """From sequence, subject, version, type and state, as the statements here name them."""
    sequence, subject, version, type_name, state = row
    return LogEntry(sequence, subject, version, type_name, bytes(state))


def held(service: str) -> Rows:
    """Facts of a person, whole, in the order of the log."""
    return Rows(
        f"{service}.facts",
        f"{service}.facts WHERE originator_id = ANY(%(subjects)s::text[])",
        "convert_from(state, 'UTF8')::jsonb"
        " || jsonb_build_object('sequence', notification_id, 'streamversion', originator_version)",
        growing("notification_id"),
    )

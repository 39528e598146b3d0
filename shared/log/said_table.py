"""Table `said` of a service: for whom each fact of the log was said, so that a caller's own log is read without the others'.

It follows from the log alone and is carried on when somebody asks, never while facts are recorded: intake pays nothing for
it, and facts from before are in it like any others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from time import monotonic
from typing import Any

import psycopg
from psycopg import Connection

from shared.log.arrays import integer_array, text_array
from shared.log.connections import Connections
from shared.log.entries import LogEntry
from shared.log.facts_table import entry_of
from shared.log.schema import Schema
from shared.process.unavailable import UnavailableError

SayerOf = Callable[[LogEntry], str | None]
"""For whom a stored fact was said; None for nobody, so that no caller's own log has it."""

PIECE = 1_000
"""Facts of one transaction: few enough that whoever waits for it soon has its turn."""
LONGEST_S = 1.0
"""How long one question carries the table on, below what a question may take (`connections.ANSWER_S`). After an update a
long log takes several: the asker is told to come again, and finds it further on."""
WAIT_MS = 500
"""For another process that carries it on just then."""


class SaidTable:
    """One row a fact: its sayer, its place, and its number among those of its subject said for the same."""

    def __init__(self, connections: Connections, schema: Schema) -> None:
        self._connections = connections
        self._statement = schema.statement

    def create(self, connection: Connection[Any]) -> None:
        connection.execute(
            self._statement(
                """
                CREATE TABLE IF NOT EXISTS {said} (
                    sayer text COLLATE "C", sequence bigint, subject text COLLATE "C" NOT NULL, number bigint NOT NULL,
                    PRIMARY KEY (sayer, sequence), UNIQUE (sayer, subject, sequence));
                CREATE TABLE IF NOT EXISTS {said_through} (
                    one boolean PRIMARY KEY DEFAULT true CHECK (one), sequence bigint NOT NULL);
                INSERT INTO {said_through} (sequence) VALUES (0) ON CONFLICT DO NOTHING
                """
            )
        )

    def log(
        self,
        sayer: str,
        after: int,
        limit: int,
        sayer_of: SayerOf,
        *,
        subjects: AbstractSet[str] | None = None,
        type_name: str | None = None,
    ) -> list[tuple[LogEntry, int]]:
        """Up to `limit` facts said for `sayer` after a place of the log, in its order, each with its number among those of
        its subject said for the same. `subjects`: those of which alone. Nothing of others' facts takes part, nor the time
        that those would take."""
        with self._connections.connection() as connection:
            self._carry_on(connection, sayer_of)
            rows = self._rows(connection, sayer, after, limit, subjects, type_name)
        found = [(entry_of(row[:5]), row[5]) for row in rows]
        # Asked of the fact itself once more: a table that was restored beside another log shows nobody others' facts.
        return [(entry, number) for entry, number in found if sayer_of(entry) == sayer]

    def _rows(
        self,
        connection: Connection[Any],
        sayer: str,
        after: int,
        limit: int,
        subjects: AbstractSet[str] | None,
        type_name: str | None,
    ) -> list[tuple[Any, ...]]:
        parameters: list[object] = [sayer, after]
        conditions = "sayer = %s AND sequence > %s"
        if subjects is not None:
            conditions += " AND subject = ANY(%s::text[])"
            parameters.append(text_array(sorted(subjects)))
        if type_name is not None:
            conditions += " AND topic = %s"
            parameters.append(type_name)
        statement = self._statement(
            "SELECT notification_id, originator_id, originator_version, topic, state, number"
            " FROM {said} JOIN {facts} ON notification_id = sequence AND originator_id = subject"
            f" WHERE {conditions} ORDER BY sequence LIMIT %s"
        )
        # In binary form, a fact's bytes come as they are, not as twice as many digits.
        with connection.cursor(binary=True) as cursor:
            return cursor.execute(statement, [*parameters, limit]).fetchall()

    def _carry_on(self, connection: Connection[Any], sayer_of: SayerOf) -> None:
        """Up to the end of the log. Raise UnavailableError where that takes longer than one question may."""
        until = monotonic() + LONGEST_S
        while not self._is_complete(connection):
            if monotonic() > until:
                raise UnavailableError(reason="log_not_ready")
            try:
                with connection.transaction():
                    self._carry_on_a_piece(connection, sayer_of)
            except psycopg.errors.LockNotAvailable:
                raise UnavailableError(reason="log_not_ready") from None

    def _is_complete(self, connection: Connection[Any]) -> bool:
        statement = self._statement(
            "SELECT (SELECT sequence FROM {said_through}) = coalesce((SELECT max(notification_id) FROM {facts}), 0)"
        )
        row = connection.execute(statement).fetchone()
        return row is not None and bool(row[0])

    def _carry_on_a_piece(self, connection: Connection[Any], sayer_of: SayerOf) -> None:
        connection.execute(f"SET LOCAL lock_timeout = {WAIT_MS}")
        # The row is the lock: of two who ask at once one carries on, and the other finds it done.
        (through,) = connection.execute(self._statement("SELECT sequence FROM {said_through} FOR UPDATE")).fetchall()[0]
        entries = self._after(connection, through)
        if entries:
            self._note(connection, [(said, entry) for entry in entries if (said := sayer_of(entry)) is not None])
            end = entries[-1].sequence
        else:
            # Further than the log: that was restored to an earlier day. What stands here may be of facts that are gone.
            end = self._end(connection)
            connection.execute(self._statement("DELETE FROM {said} WHERE sequence > %s"), [end])
        connection.execute(self._statement("UPDATE {said_through} SET sequence = %s"), [end])

    def _end(self, connection: Connection[Any]) -> int:
        row = connection.execute(self._statement("SELECT coalesce(max(notification_id), 0) FROM {facts}")).fetchone()
        return int(row[0]) if row else 0

    def _after(self, connection: Connection[Any], place: int) -> list[LogEntry]:
        statement = self._statement(
            "SELECT notification_id, originator_id, originator_version, topic, state FROM {facts}"
            " WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
        )
        with connection.cursor(binary=True) as cursor:
            return [entry_of(row) for row in cursor.execute(statement, [place, PIECE])]

    def _note(self, connection: Connection[Any], said: Sequence[tuple[str, LogEntry]]) -> None:
        # By sayer and subject, so that the numbers of each go on from the last one that is known.
        ordered = sorted(said, key=lambda one: (one[0], one[1].subject, one[1].sequence))
        names = [(sayer, subject) for (sayer, subject), _ in groupby(ordered, key=lambda one: (one[0], one[1].subject))]
        last = self._last_numbers(connection, names)
        numbers = []
        for sayer, entry in ordered:
            last[sayer, entry.subject] = number = last.get((sayer, entry.subject), 0) + 1
            numbers.append(number)
        connection.execute(
            self._statement(
                "INSERT INTO {said} (sayer, sequence, subject, number)"
                " SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[])"
            ),
            (
                text_array([sayer for sayer, _ in ordered]),
                integer_array([entry.sequence for _, entry in ordered]),
                text_array([entry.subject for _, entry in ordered]),
                integer_array(numbers),
            ),
        )

    def _last_numbers(
        self, connection: Connection[Any], names: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        statement = self._statement(
            """
            SELECT asked.sayer, asked.subject, last.number
            FROM unnest(%s::text[], %s::text[]) AS asked (sayer, subject)
            CROSS JOIN LATERAL (SELECT number FROM {said} AS said
                WHERE said.sayer = asked.sayer AND said.subject = asked.subject ORDER BY sequence DESC LIMIT 1) AS last
            """
        )
        columns = (text_array([sayer for sayer, _ in names]), text_array([subject for _, subject in names]))
        return {(sayer, subject): number for sayer, subject, number in connection.execute(statement, columns)}

"""How far a service's facts are in its topic: a row of the service's own schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection, sql


@dataclass(frozen=True, slots=True)
class Saved:
    """Facts up to `position` are in the topic with this id."""

    topic_id: str
    position: int
    moved_at: datetime | None = field(default=None, compare=False)


class PositionMovedError(Exception):
    """Somebody else moved the relay's position: two relays of one service work, or worked, at once."""


class RelayPosition:
    """One row per topic name, so that another prefix is published from the beginning."""

    def __init__(self, service: str, topic: str) -> None:
        self._topic = topic
        table = sql.Identifier(service, "relay")
        self._create = sql.SQL(
            "CREATE TABLE IF NOT EXISTS {} (topic text PRIMARY KEY, topic_id text NOT NULL,"
            " position bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now())"
        ).format(table)
        self._select = sql.SQL("SELECT topic_id, position, updated_at FROM {} WHERE topic = %s").format(table)
        self._insert = sql.SQL(
            "INSERT INTO {} (topic, topic_id, position) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
        ).format(table)
        self._update = sql.SQL(
            "UPDATE {} SET topic_id = %s, position = %s, updated_at = now()"
            " WHERE topic = %s AND topic_id = %s AND position = %s"
        ).format(table)

    def create(self, connection: Connection[Any]) -> None:
        connection.execute(self._create)

    def load(self, connection: Connection[Any]) -> Saved | None:
        """None before the first relay."""
        try:
            row = connection.execute(self._select, [self._topic]).fetchone()
        except psycopg.errors.UndefinedTable:
            return None
        return Saved(*row) if row else None

    def insert(self, connection: Connection[Any], first: Saved) -> None:
        connection.execute(self._insert, [self._topic, first.topic_id, first.position])

    def move(self, connection: Connection[Any], before: Saved, after: Saved) -> None:
        """Raise PositionMovedError where it is not `before` any more."""
        # Compare and set: whoever lost the lock while it was frozen finds another position than its own.
        parameters = [after.topic_id, after.position, self._topic, before.topic_id, before.position]
        if connection.execute(self._update, parameters).rowcount != 1:
            raise PositionMovedError(f"{self._topic} is not at {before.position} of {before.topic_id} any more")

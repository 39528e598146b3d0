"""Where a service's log ends, and since when what comes after a place waits there; over any connection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection

from shared.log.arrays import integer_array
from shared.log.schema import Schema


@dataclass(frozen=True, slots=True)
class Tail:
    """`now`: the database's clock. `last`: when the last fact was recorded. `first_after`: of places that were asked for,
    when the first fact after each was; absent where there is none."""

    now: datetime
    sequence: int = 0
    last: datetime | None = None
    first_after: Mapping[int, datetime] = field(default_factory=dict)

    def behind_s(self, place: int) -> float:
        """For how long the first fact after a place has been recorded; 0 where there is none."""
        first = self.first_after.get(place)
        return 0.0 if first is None else max(0.0, (self.now - first).total_seconds())


def tail(connection: Connection[Any], service: str, places: Iterable[int] = ()) -> Tail:
    """A log that nobody ever wrote ends at 0."""
    (now,) = connection.execute("SELECT clock_timestamp()").fetchall()[0]
    statement = Schema(service).statement(
        """
        SELECT NULL, notification_id, convert_from(state, 'UTF8')
        FROM (SELECT notification_id, state FROM {facts} ORDER BY notification_id DESC LIMIT 1) AS last
        UNION ALL
        SELECT place, first.notification_id, convert_from(first.state, 'UTF8')
        FROM unnest(%s::bigint[]) AS place
        CROSS JOIN LATERAL (SELECT notification_id, state FROM {facts} WHERE notification_id > place
            ORDER BY notification_id LIMIT 1) AS first
        """
    )
    try:
        rows = connection.execute(statement, [integer_array(sorted(set(places)))]).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return Tail(now)
    instants = {place: (sequence, _recorded_at(state)) for place, sequence, state in rows}
    sequence, last = instants.pop(None, (0, None))
    return Tail(now, sequence, last, {place: at for place, (_, at) in instants.items() if at is not None})


def _recorded_at(state: str) -> datetime | None:
    """None where nobody can read it: a log that was damaged still ends somewhere."""
    try:
        return datetime.fromisoformat(json.loads(state)["recordedtime"])
    except (ValueError, KeyError, TypeError):
        return None

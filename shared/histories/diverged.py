"""What a reader knows of a log that is another one by now: its store was restored from a backup, and goes on under numbers
that were used before. Found, given back, and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from shared.histories.database import HistoryDatabase, is_there
from shared.histories.history import highest_kept
from shared.histories.mentions import naming
from shared.histories.subjects import lock_subjects, touch
from shared.log.arrays import text_array
from shared.log.envelope import fact_in
from shared.log.store import FactStore

CHUNK = 1_000
"""Facts compared at once."""
TOGETHER = 200
"""Subjects whose facts are forgotten in one transaction: they stay locked until it ends."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A fact that is known and that the log does not hold any more at its place."""

    sequence: int
    source: str
    envelope: bytes


def last_common(connection: Connection[Any], store: FactStore) -> int:
    """The highest sequence at which the histories and the store hold the same fact; 0 where there is none.

    A restored log is the old one up to a point, and another one from there: so the search goes down from the end.
    """
    below = highest_kept(connection, [store.service])[store.service] + 1
    while known := _known_below(connection, store.service, below):
        first = min(known)
        there = {entry.sequence: entry.wire for entry in store.log(first - 1, max(known) - first + 1)}
        for sequence in sorted(known, reverse=True):
            fact = fact_in(store.service, there.get(sequence, b""))
            if fact is not None and (fact.subject, fact.id) == known[sequence]:
                return sequence
        below = first
    return 0


def lost_facts(connection: Connection[Any], service: str, after: int) -> Iterator[Lost]:
    """In the order of the log that was."""
    rows = connection.execute(
        "SELECT sequence, envelope FROM history WHERE service = %s AND sequence > %s ORDER BY sequence",
        [service, after],
        binary=True,
    )
    for sequence, envelope in rows:
        fact = fact_in(service, envelope)
        if fact is not None:  # what is in the histories could once be read
            yield Lost(sequence, fact.source, envelope)


def forget(
    database: HistoryDatabase, service: str, after: int, told: Callable[[int], None] = lambda facts: None
) -> int:
    """Forget the facts of a service after a sequence, and how far it was read; whoever they speak of is worked up anew.
    Return how many facts. Killed half-way it goes on where it was."""
    count = 0
    while True:
        with database.transaction() as connection:
            subjects = _subjects_after(connection, service, after)
            # Who names a structure decides on its facts too. Locked in one order, as whoever works them up does.
            people = naming(connection, set(subjects)) if is_there(connection, "named") else set()
            locked = lock_subjects(connection, {*subjects, *people})
            count += connection.execute(
                "DELETE FROM history WHERE service = %s AND sequence > %s AND subject = ANY(%s::text[])",
                [service, after, text_array(subjects)],
            ).rowcount
            touch(connection, locked.keys())
            if len(subjects) < TOGETHER:
                # In the last transaction: read from the beginning, nothing of the old log may come between.
                connection.execute("DELETE FROM put_off WHERE service = %s", [service])
                connection.execute("DELETE FROM places WHERE service = %s", [service])
                return count
        told(count)


def work_everybody_up(database: HistoryDatabase, table: str) -> None:
    """Whoever was worked up is to be looked at again: what was recorded of it may be lost."""
    with database.transaction() as connection:
        connection.execute(f"DELETE FROM {table}")


def _known_below(connection: Connection[Any], service: str, below: int) -> dict[int, tuple[str, str]]:
    rows = connection.execute(
        "SELECT sequence, subject, id FROM history WHERE service = %s AND sequence < %s AND sequence >= %s",
        [service, below, below - CHUNK],
    ).fetchall()
    if not rows:  # a hole longer than a chunk
        rows = connection.execute(
            "SELECT sequence, subject, id FROM history WHERE service = %s AND sequence < %s"
            " ORDER BY sequence DESC LIMIT 1",
            [service, below],
        ).fetchall()
    return {sequence: (subject, fact_id) for sequence, subject, fact_id in rows}


def _subjects_after(connection: Connection[Any], service: str, after: int) -> list[str]:
    rows = connection.execute(
        "SELECT DISTINCT subject FROM history WHERE service = %s AND sequence > %s ORDER BY subject LIMIT %s",
        [service, after, TOGETHER],
    )
    return [subject for (subject,) in rows]

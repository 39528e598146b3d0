"""Whether a program commits before it answers, and whether what it commits outlives a power cut.

A deferred trigger runs inside the program's own transaction, when it commits: there it notes the session's
`synchronous_commit`, which nobody can see from outside, and waits for a lock that the benchmark holds. While that is
held nothing is committed, so nothing may be answered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, sql

from benchmarks.figures import expect

LOCK = 4_711_001
HELD_S = 0.3
"""How long a commit is kept waiting once it was begun. Who answers early has answered by then."""
GAVE_UP_S = 15.0

CREATE = """
CREATE TABLE benchmark_commits (synchronous text);
CREATE FUNCTION benchmark_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.benchmark_commits VALUES (current_setting('synchronous_commit'));
    PERFORM pg_advisory_xact_lock_shared({lock});
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER benchmark_at_commit AFTER INSERT OR UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION benchmark_at_commit();
"""
DROP = "DROP FUNCTION benchmark_at_commit CASCADE; DROP TABLE benchmark_commits"
WAITS = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"


@contextmanager
def commits_of(url: str, *table: str) -> Iterator[Connection[Any]]:
    """A connection; while this is entered, every transaction that writes to the table is noted. Raise CheckFailedError
    at the end where one of them would be lost at a power cut, or none came."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(CREATE).format(lock=sql.Literal(LOCK), table=sql.Identifier(*table)))
        try:
            yield connection
            found = {row[0] for row in connection.execute("SELECT DISTINCT synchronous FROM benchmark_commits")}
        finally:
            connection.execute(DROP)
    expect(bool(found), f"nobody wrote to {'.'.join(table)}")
    expect(
        "off" not in found,
        f"what is written to {'.'.join(table)} may be lost at a power cut: synchronous_commit is off",
    )


def answers_after_commit(url: str, table: tuple[str, ...], post: Callable[[], object]) -> None:
    """`post` has one event recorded and returns when it is answered. Raise CheckFailedError where that happens while
    its commit waits, and as `commits_of`."""
    with commits_of(url, *table) as connection, ThreadPoolExecutor(1) as pool:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            answered = pool.submit(post)
            _wait_for_commit(connection, answered)
            early = _done_within(answered, HELD_S)
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        expect(not early, "an event was answered before it was committed")
        answered.result(GAVE_UP_S)


def _wait_for_commit(connection: Connection[Any], answered: Future[object]) -> None:
    deadline = time.monotonic() + GAVE_UP_S
    while not answered.done() and connection.execute(WAITS, [LOCK]).fetchone() is None:
        expect(time.monotonic() < deadline, f"an event was neither answered nor committed in {GAVE_UP_S:.0f} s")
        time.sleep(0.01)


def _done_within(answered: Future[object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not answered.done() and time.monotonic() < deadline:
        time.sleep(0.01)
    return answered.done()

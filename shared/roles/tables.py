"""Tables of schema `parcours`, in every database that a service has: who runs, and what is paused. All SQL about both.

Every instant is the database's own, so that no clock of another machine is compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection
from psycopg.types.json import Jsonb

from shared.process.database_encoding import refuse_other_encodings

PRESENCE_LOCK = 7_226_010
"""First number of an advisory lock that a process holds while it is connected; the second is the process's own. The
server frees it when the process ends, however it ends: what died is known at once, without waiting for its silence."""

State = Literal["working", "standby", "paused"]

_IS_THERE = "SELECT to_regclass('parcours.pauses') IS NOT NULL"
_IS_CONNECTED = """
EXISTS (SELECT FROM pg_locks l
    WHERE l.locktype = 'advisory' AND l.classid = %s::oid AND l.objid = h.presence::oid AND l.objsubid = 2 AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
"""Whether the process of a row `h` holds its lock."""
_CREATE = """
SELECT pg_advisory_xact_lock(hashtext('parcours schema'));
CREATE SCHEMA IF NOT EXISTS parcours;
CREATE TABLE IF NOT EXISTS parcours.heartbeats (
    role text, process text, host text NOT NULL, version text NOT NULL, presence int NOT NULL,
    state text NOT NULL, position jsonb NOT NULL, problem text,
    since timestamptz NOT NULL, started timestamptz NOT NULL, at timestamptz NOT NULL,
    PRIMARY KEY (role, process)) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS parcours.pauses (
    role text PRIMARY KEY, since timestamptz NOT NULL, by text NOT NULL, reason text NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Pause:
    """Somebody wants a role to stand still. `since`: UTC; `reason`: empty where none was given."""

    role: str
    since: datetime
    by: str
    reason: str

    def __str__(self) -> str:
        because = f": {self.reason}" if self.reason else ""
        return f"paused since {self.since:%Y-%m-%d %H:%M:%S} UTC by {self.by}{because}"


@dataclass(frozen=True, slots=True)
class Beat:
    """What a loop says of itself after a step. `position`: up to where it is, as its role counts that."""

    role: str
    process: str
    host: str
    version: str
    presence: int
    state: State
    position: Mapping[str, Any]
    problem: str | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A row. `since`: since when its state is this one, with or without a problem. `age_s`: seconds since it was
    written. `is_connected`: whether its process still holds its connection to the database."""

    role: str
    process: str
    host: str
    version: str
    state: State
    position: Mapping[str, Any]
    problem: str | None
    since: datetime
    started: datetime
    at: datetime
    age_s: float
    is_connected: bool


def create(connection: Connection[Any]) -> None:
    """Several processes may do so at once; where the tables are there no lock is taken. In a transaction of its own.

    Raise DatabaseRefusedError: a heartbeat is often the first that a process writes."""
    refuse_other_encodings(connection)
    if not connection.execute(_IS_THERE).fetchone()[0]:  # type: ignore[index]
        with connection.transaction():
            connection.execute(_CREATE, prepare=False)  # several statements, which no prepared one can hold


def hold_presence(connection: Connection[Any], presence: int) -> None:
    # Tried and not waited for: after a reconnection the session before may still hold it for a while.
    connection.execute("SELECT pg_try_advisory_lock(%s, %s)", [PRESENCE_LOCK, presence])


def write_beat(connection: Connection[Any], beat: Beat) -> Pause | None:
    """Write it, and return whether the role is paused: one statement, since loops do this every second."""
    row = connection.execute(
        """
        WITH beat AS (
            INSERT INTO parcours.heartbeats AS known
                (role, process, host, version, presence, state, position, problem, since, started, at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, now(), now(), now())
            ON CONFLICT (role, process) DO UPDATE SET
                state = excluded.state, position = excluded.position, problem = excluded.problem, at = excluded.at,
                since = CASE WHEN known.state = excluded.state AND (known.problem IS NULL) = (excluded.problem IS NULL)
                    THEN known.since ELSE excluded.since END)
        SELECT role, since, by, reason FROM parcours.pauses WHERE role = %s
        """,
        [
            beat.role,
            beat.process,
            beat.host,
            beat.version,
            beat.presence,
            beat.state,
            Jsonb(beat.position),
            beat.problem,
            beat.role,
        ],
    ).fetchone()
    return Pause(*row) if row else None


def forget_process(connection: Connection[Any], process: str) -> None:
    """One that stopped in order is no longer expected to say anything, nor are those that died before it had its roles."""
    connection.execute(
        f"""
        DELETE FROM parcours.heartbeats h USING parcours.heartbeats mine
        WHERE mine.process = %s AND h.role = mine.role
        AND (h.process = mine.process OR (h.started < mine.started AND NOT {_IS_CONNECTED}))
        """,
        [process, PRESENCE_LOCK],
    )


def end_process(connection: Connection[Any], process: str, problem: str) -> None:
    """One that ends by an error: its rows stay, with the cause, until another process has its roles."""
    connection.execute(
        "UPDATE parcours.heartbeats SET problem = %s, since = now(), at = now() WHERE process = %s", [problem, process]
    )


def forget_old(connection: Connection[Any], role: str) -> None:
    """Rows of processes that died more than a day ago: by then it has been seen, or another one works."""
    connection.execute("DELETE FROM parcours.heartbeats WHERE role = %s AND at < now() - interval '1 day'", [role])


def heartbeats(connection: Connection[Any]) -> list[Heartbeat]:
    """All of this database, the latest started first."""
    rows = connection.execute(
        f"""
        SELECT role, process, host, version, state, position, problem, since, started, at,
            greatest(extract(epoch FROM clock_timestamp() - at), 0)::float8, {_IS_CONNECTED}
        FROM parcours.heartbeats h ORDER BY started DESC, process
        """,
        [PRESENCE_LOCK],
    )
    return [Heartbeat(*row) for row in rows]


def pauses(connection: Connection[Any]) -> dict[str, Pause]:
    rows = connection.execute("SELECT role, since, by, reason FROM parcours.pauses")
    return {row[0]: Pause(*row) for row in rows}


def pause(connection: Connection[Any], role: str, by: str, reason: str) -> bool:
    """Return whether it was not paused before; where it was, by whom and why are those of now, since when is kept."""
    row = connection.execute(
        "INSERT INTO parcours.pauses (role, since, by, reason) VALUES (%s, now(), %s, %s)"
        " ON CONFLICT (role) DO UPDATE SET by = excluded.by, reason = excluded.reason RETURNING xmax = 0",
        [role, by, reason],
    ).fetchone()
    return bool(row and row[0])


def resume(connection: Connection[Any], role: str) -> bool:
    """Return whether it was paused."""
    return connection.execute("DELETE FROM parcours.pauses WHERE role = %s", [role]).rowcount == 1

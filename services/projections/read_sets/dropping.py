"""Read sets taken away: by hand, and those older than the last two by the projector; never while somebody reads them."""

from __future__ import annotations

from time import sleep
from typing import Any

import psycopg
import structlog
from psycopg import Connection, sql

from services.projections.database import Database
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.recipe import ReadSetError

log = structlog.get_logger(__name__)

KEPT = 1
"""Read sets kept beside the current one: the one before it, to go back to."""

LOCK_MS = 100
"""How long one try waits for readers. They must not queue behind it for longer than nobody notices, and it gives up
before the server looks for deadlocks (1 s): it would fail the reader."""

TRIES = 20
"""Of a command: with the pauses some 6 s."""

PAUSE_S = 0.2


def drop(database: Database, name: str, tries: int = TRIES) -> None:
    """Take a read set's rows away. Raise ReadSetError: it is current or frozen, or somebody reads or builds it."""
    for _ in range(tries):
        if _try_to_drop(database, name):
            return
        sleep(PAUSE_S)
    with database.connection() as connection:
        users = _users(connection, name)
    raise ReadSetError(
        f"read set {name} is being read or built{f' by {users}' if users else ''}: nothing was dropped; wait until that"
        " is over, or end it, and drop again"
    )


def drop_old(database: Database) -> list[str]:
    """Take away those older than the current one and the one before it; return their names.

    Frozen ones and those being built stay, and for now those that somebody reads or builds upon.
    """
    with database.connection() as connection:
        old = read_sets_table.previous(connection)[KEPT:]
    return [read_set.name for read_set in old if _is_dropped(database, read_set.name)]


def _is_dropped(database: Database, name: str) -> bool:
    try:
        is_dropped = _try_to_drop(database, name)
    except ReadSetError as refusal:  # frozen, promoted or dropped meanwhile, or others' views need it
        log.warning("read_set_not_dropped", read_set=name, reason=str(refusal))
        return False
    if is_dropped:
        log.info("read_set_dropped", read_set=name)
    return is_dropped


def _try_to_drop(database: Database, name: str) -> bool:
    """False where somebody was in the way."""
    with database.connection() as connection:
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL lock_timeout = '{LOCK_MS}ms'")
                read_sets_table.choose_alone(connection)
                found = read_sets_table.held(connection, name)
                if found.state == "current":
                    raise ReadSetError(
                        f"read set {name} is current: promote another one, or roll back, before dropping it"
                    )
                read_sets_table.refuse_kept(found)
                _drop_schema(connection, f"read_{name}")
                read_sets_table.mark_dropped(connection, name)
        except psycopg.errors.LockNotAvailable:
            return False
        except psycopg.errors.DependentObjectsStillExist as error:
            raise ReadSetError(
                f"others built upon read set {name}, which dropping it would take away too ({error.diag.message_detail}):"
                " views of one's own stand upon schema bi"
            ) from error
    return True


def _drop_schema(connection: Connection[Any], schema: str) -> None:
    """All its tables at once, since some may refer to others; without CASCADE, which would take others' views along."""
    rows = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'p')",
        [schema],
    )
    tables = [sql.Identifier(schema, table) for (table,) in rows]
    if tables:
        connection.execute(sql.SQL("DROP TABLE {}").format(sql.SQL(", ").join(tables)))
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {}").format(sql.Identifier(schema)))


def _users(connection: Connection[Any], name: str) -> str:
    """Who holds locks on its tables, to be named to an operator."""
    rows = connection.execute(
        "SELECT DISTINCT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
        " JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND n.nspname = %s"
        " ORDER BY 1",
        [f"read_{name}"],
    )
    return ", ".join(f"process {pid} ({application or 'no name'})" for pid, application in rows)

"""Installations of before: what they lack is added to the table of read sets and to the read sets themselves.

Statements add and keep; code of before goes on reading and writing beside them.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from services.projections.read_sets import read_sets_table
from services.projections.read_sets.set_schema import failed_in

_VERSIONS = """
ALTER TABLE read_sets ADD COLUMN rows_version int, ADD COLUMN settings jsonb, ALTER COLUMN code_hash SET DEFAULT '';
UPDATE read_sets SET rows_version = 0, settings = '{}', code_hash = CASE state WHEN 'building' THEN '' ELSE code_hash END;
ALTER TABLE read_sets ALTER COLUMN rows_version SET NOT NULL, ALTER COLUMN settings SET NOT NULL;
"""
"""From the table as it was before versions, which told read sets apart by a hash of the code.

Code from before goes on reading and writing until a versioned read set is promoted. It can make no read set any more: it
names no version when it inserts one, and there is no default; nor can it go on with one it had begun, whose hash is
taken away here. Otherwise its supervisor and the new code would take turns rebuilding.
"""

_LIVES = """
ALTER TABLE read_sets ADD COLUMN IF NOT EXISTS replaced_at timestamptz,
    ADD COLUMN IF NOT EXISTS frozen_at timestamptz, ADD COLUMN IF NOT EXISTS dropped_at timestamptz;
UPDATE read_sets AS earlier SET replaced_at =
    (SELECT min(later.promoted_at) FROM read_sets later WHERE later.promoted_at > earlier.promoted_at)
WHERE state = 'previous';
"""
"""A read set was current until the next one was promoted."""


def is_due(connection: Connection[Any]) -> bool:
    """Whether there is something to add; takes no lock. False where there is no table yet."""
    if not _has_table(connection):
        return False
    return not _columns(connection) >= {"rows_version", "dropped_at"} or bool(_without_failures(connection))


def upgrade(connection: Connection[Any]) -> None:
    """In a transaction in which nobody folds. Errors of folds stood in `subjects`: they are of the current read set."""
    read_sets_table.choose_alone(connection)
    columns = _columns(connection)
    if "rows_version" not in columns:
        connection.execute(_VERSIONS, prepare=False)
    if "dropped_at" not in columns:
        connection.execute(_LIVES, prepare=False)
    for name, state in _without_failures(connection).items():
        failed = failed_in(name)
        connection.execute(failed.create)
        if state == "current":
            connection.execute(
                f"INSERT INTO {failed.table} (root, version, error, since, traceback)"
                " SELECT subject, version, error, coalesce(since, now()), coalesce(traceback, '')"
                " FROM subjects WHERE error IS NOT NULL"
            )
            connection.execute(
                "UPDATE subjects SET error = NULL, since = NULL, traceback = NULL WHERE error IS NOT NULL"
            )


def _has_table(connection: Connection[Any]) -> bool:
    return connection.execute("SELECT to_regclass('read_sets')").fetchone() != (None,)


def _columns(connection: Connection[Any]) -> set[str]:
    rows = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'read_sets'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    return {name for (name,) in rows}


def _without_failures(connection: Connection[Any]) -> dict[str, str]:
    """Read sets whose schema has no table `failed`, with their state."""
    rows = connection.execute(
        "SELECT s.name, s.state FROM read_sets s JOIN pg_namespace n ON n.nspname = 'read_' || s.name"
        " WHERE NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'failed')"
    )
    return dict(rows.fetchall())

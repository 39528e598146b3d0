"""The table `projections.read_sets`: which read sets there are, what each was made by and when; all SQL about it.

Rows of read sets that were ever current are never deleted, also when their schema is dropped: the table is the history
of what people were shown, and by which version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from services.projections.read_sets.recipe import (
    OlderCodeError,
    OtherSettingsError,
    OutdatedError,
    ReadSetError,
    Recipe,
)

CREATE = """
CREATE TABLE IF NOT EXISTS read_sets (
    name text PRIMARY KEY, rows_version int NOT NULL, settings jsonb NOT NULL,
    state text NOT NULL DEFAULT 'building', created_at timestamptz NOT NULL DEFAULT now(), promoted_at timestamptz,
    replaced_at timestamptz, frozen_at timestamptz, dropped_at timestamptz,
    CHECK (state IN ('building', 'current', 'previous')));
CREATE UNIQUE INDEX IF NOT EXISTS read_sets_current ON read_sets (state) WHERE state = 'current';
"""

SHARE_CURRENT = "LOCK TABLE projections.read_sets IN ACCESS SHARE MODE"
"""First in a transaction that reads: no promotion until it ends. Unlike a SELECT it takes no snapshot, so that what is
read afterwards is not older than the lock."""

SHUT_OUT_READERS = "LOCK TABLE projections.read_sets IN ACCESS EXCLUSIVE MODE"
"""The other side of SHARE_CURRENT: no reader is in the middle of its statements while the views change."""

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('parcours read sets'))"
"""Whoever is about to insert a read set; two would choose the same next name."""


@dataclass(frozen=True, slots=True)
class ReadSet:
    """`state`: building, current, previous, or dropped (it was previous). `rows_version` 0: from before there were
    versions, settings unknown.

    `promoted_at`, `replaced_at`: since when it was current last, and until when. `frozen_at`: since when its rows stay
    as they are, and nobody drops it; None: they do not.
    """

    name: str
    rows_version: int
    settings: Mapping[str, Any]
    state: str
    created_at: datetime
    promoted_at: datetime | None
    replaced_at: datetime | None
    frozen_at: datetime | None


_SELECT = (
    "SELECT name, rows_version, settings, CASE WHEN dropped_at IS NULL THEN state ELSE 'dropped' END, created_at,"
    " promoted_at, replaced_at, frozen_at FROM projections.read_sets"
)


def all_read_sets(connection: Connection[Any]) -> list[ReadSet]:
    return [ReadSet(*row) for row in connection.execute(f"{_SELECT} ORDER BY created_at, name")]


def current(connection: Connection[Any]) -> ReadSet | None:
    row = connection.execute(f"{_SELECT} WHERE state = 'current'").fetchone()
    return ReadSet(*row) if row else None


def writable(connection: Connection[Any], recipe: Recipe) -> ReadSet:
    """The current read set, where it is of this recipe.

    Raise OlderCodeError or OtherSettingsError where it is another's, OutdatedError where it is to be made anew.
    """
    found = current(connection)
    if found is None or found.rows_version < recipe.version:
        refuse_older(connection, recipe)  # what is being built may be newer than both: its turn, not ours
        raise OutdatedError(recipe.version, found.name if found else None, found.rows_version if found else 0)
    if found.rows_version > recipe.version:
        raise OlderCodeError(recipe.version, found.rows_version, found.name)
    if differences := recipe.differences(found.settings):
        raise OtherSettingsError(found.name, differences)
    return found


def refuse_older(connection: Connection[Any], recipe: Recipe) -> None:
    """Raise OlderCodeError where a read set of newer code is current, or is being built and soon will be.

    For those who build or promote. Who only keeps the current read set goes on while newer code builds beside it.
    """
    row = connection.execute(
        "SELECT rows_version, name FROM projections.read_sets"
        " WHERE state <> 'previous' AND frozen_at IS NULL AND rows_version > %s"
        " ORDER BY rows_version DESC LIMIT 1",
        [recipe.version],
    ).fetchone()
    if row is not None:
        raise OlderCodeError(recipe.version, *row)


def find(connection: Connection[Any], name: str) -> ReadSet | None:
    row = connection.execute(f"{_SELECT} WHERE name = %s", [name]).fetchone()
    return ReadSet(*row) if row else None


def named(connection: Connection[Any], name: str) -> ReadSet:
    """Raise ReadSetError."""
    found = find(connection, name)
    if found is None:
        raise ReadSetError(f"there is no read set {name}; `parcours projections list` names them")
    return found


def unfinished(connection: Connection[Any], recipe: Recipe) -> str | None:
    """The latest that was begun by this recipe and may be gone on with."""
    begun = [
        read_set.name
        for read_set in all_read_sets(connection)
        if read_set.state == "building"
        and read_set.frozen_at is None
        and recipe.made(read_set.rows_version, read_set.settings)
    ]
    return begun[-1] if begun else None


def choose_alone(connection: Connection[Any]) -> None:
    """Until the transaction ends nobody else makes a read set."""
    connection.execute(_ONE_AT_A_TIME)


def next_name(connection: Connection[Any]) -> str:
    numbers = [int(read_set.name) for read_set in all_read_sets(connection) if read_set.name.isdigit()]
    return str(max(numbers, default=0) + 1)


def insert(connection: Connection[Any], name: str, recipe: Recipe) -> None:
    connection.execute(
        "INSERT INTO projections.read_sets (name, rows_version, settings) VALUES (%s, %s, %s)",
        [name, recipe.version, Jsonb(recipe.settings)],
    )


def hold(connection: Connection[Any], name: str) -> ReadSet:
    """Keep those who build, freeze or drop this read set away until the transaction ends; they do not lock subjects.

    Raise ReadSetError where it may not be written to.
    """
    found = held(connection, name)
    refuse_kept(found)
    return found


def held(connection: Connection[Any], name: str) -> ReadSet:
    """As `hold` does, whether it may be written to or not. Raise ReadSetError where there is none."""
    row = connection.execute(f"{_SELECT} WHERE name = %s FOR UPDATE", [name]).fetchone()
    return ReadSet(*row) if row else named(connection, name)


def refuse_kept(found: ReadSet) -> None:
    """Raise ReadSetError where the rows of a read set are not there any more, or are to stay as they are."""
    if found.state == "dropped":
        raise ReadSetError(f"read set {found.name} was dropped: its rows are gone; rebuild them under another name")
    if found.frozen_at is not None:
        raise ReadSetError(
            f"read set {found.name} is frozen, its rows stay as they are: `parcours projections unfreeze {found.name}`"
            " takes that away"
        )


def share_building(connection: Connection[Any], name: str) -> None:
    """Keep a read set from being promoted until the transaction ends. Raise ReadSetError when it was already."""
    row = connection.execute(
        "SELECT 1 FROM projections.read_sets WHERE name = %s AND state = 'building' AND frozen_at IS NULL FOR SHARE",
        [name],
    ).fetchone()
    if row is None:
        raise ReadSetError(f"read set {name} was promoted, frozen or dropped meanwhile")


def mark_current(connection: Connection[Any], name: str) -> None:
    (row,) = connection.execute("SELECT clock_timestamp()").fetchall()
    # Before the other: only one may be current, which an index sees to.
    connection.execute(
        "UPDATE projections.read_sets SET state = 'previous', replaced_at = %s WHERE state = 'current'", row
    )
    connection.execute(
        "UPDATE projections.read_sets SET state = 'current', promoted_at = %s, replaced_at = NULL WHERE name = %s",
        [*row, name],
    )


def mark_frozen(connection: Connection[Any], name: str, *, is_frozen: bool) -> None:
    """Since when is kept where it is frozen already."""
    frozen_at = "coalesce(frozen_at, clock_timestamp())" if is_frozen else "NULL"
    connection.execute(f"UPDATE projections.read_sets SET frozen_at = {frozen_at} WHERE name = %s", [name])


def mark_dropped(connection: Connection[Any], name: str) -> None:
    """One that nobody was ever shown is forgotten: newer code that only began it holds nobody back any more."""
    connection.execute("DELETE FROM projections.read_sets WHERE name = %s AND state = 'building'", [name])
    connection.execute("UPDATE projections.read_sets SET dropped_at = clock_timestamp() WHERE name = %s", [name])


def previous(connection: Connection[Any]) -> list[ReadSet]:
    """Those that were current and can be again, the last first; no frozen ones."""
    rows = connection.execute(
        f"{_SELECT} WHERE state = 'previous' AND dropped_at IS NULL AND frozen_at IS NULL"
        " ORDER BY replaced_at DESC NULLS LAST, created_at DESC"
    )
    return [ReadSet(*row) for row in rows]


def readers_of_views(connection: Connection[Any]) -> list[str]:
    """Who holds the views of schema bi in a transaction now, the oldest first; of others' sessions the server may keep all
    but their process to itself."""
    rows = connection.execute(
        "SELECT DISTINCT ON (xact_start, pid) pid, usename, application_name, xact_start, state"
        " FROM pg_locks JOIN pg_class ON pg_class.oid = relation JOIN pg_stat_activity USING (pid)"
        " WHERE relnamespace = to_regnamespace('bi') AND granted AND pid <> pg_backend_pid()"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " ORDER BY xact_start, pid LIMIT 5"
    ).fetchall()
    return [
        f"process {pid} of {user or 'another user'}{f' ({name})' if name else ''}"
        f"{f', since {since:%Y-%m-%d %H:%M:%S%z}, {state}' if since else ''}"
        for pid, user, name, since, state in rows
    ]

"""Folding everybody into a read set that is being built: hash buckets side by side, in subject order, with COPY.

Nothing is locked but the read set, and that only against its promotion: who is in `folded` first wins, so a rebuild that
was killed, or runs twice, goes on where it is. What changes meanwhile is dirty afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.folding.folder import Folder, fold_all_dirty, halves
from services.projections.folding.giving_way import Pieces
from services.projections.folding.set_rows import Rows, copy_rows
from services.projections.folding.side_by_side import side_by_side
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.recipe import Recipe
from services.projections.read_sets.set_schema import failed_in, folded_in
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import Row
from shared.histories.history import BUCKETS, load_bucket
from shared.histories.subjects import count_all, count_changes
from shared.process.processors import processors

CHUNK = 3_000
"""Facts folded per transaction, at least one subject's: its rows keep the database busy for some hundredths of a second."""

SMALL = 200_000
"""Facts up to which a rebuild is not worth more processes."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Which read set to fill, by which recipe. It is sent to other processes."""

    database_url: str
    read_set: str
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class _Projected:
    subject: str
    version: int
    rows: Rows


def fold_everybody(
    database: Database, rebuild: Rebuild, progress: Callable[[int, int], None], workers: int | None = None
) -> None:
    """Every subject that the read set does not have yet; those that fail stay dirty."""
    with database.connection() as connection:
        total = count_all(connection)
        workers = workers or workers_for(count_changes(connection))
    if workers == 1:
        for bucket in range(BUCKETS):
            fold_bucket(rebuild, bucket)
            # Buckets are about alike, so that nothing has to be counted for the progress.
            progress(total * (bucket + 1) // BUCKETS, total)
    else:
        tasks = [(rebuild, bucket) for bucket in range(BUCKETS)]
        side_by_side(fold_bucket, tasks, workers, lambda: progress(min(_folded(database, rebuild), total), total))
    progress(total, total)


def fold_changed(database: Database, rebuild: Rebuild) -> None:
    """Then, with locks, whoever changed meanwhile or failed. Where there is much, in a process that steps back too."""
    with database.connection() as connection:
        workers = workers_for(count_changes(connection))
    if workers == 1:
        _fold_changed(rebuild)
    else:
        side_by_side(_fold_changed, [(rebuild,)], 1, lambda: None)


def _fold_changed(rebuild: Rebuild) -> None:
    database = Database(rebuild.database_url)
    try:
        fold_all_dirty(database, rebuild.read_set, Folder(CATALOGUE, rebuild.recipe))
    finally:
        database.close()


def workers_for(facts: int) -> int:
    return 1 if facts <= SMALL else min(processors(), BUCKETS)


def _folded(database: Database, rebuild: Rebuild) -> int:
    with database.connection() as connection:
        return folded_in(rebuild.read_set).count(connection)


def fold_bucket(rebuild: Rebuild, bucket: int) -> None:
    """One hash bucket; memory is one chunk's. Raise ReadSetError when the read set is not being built any more."""
    folder = Folder(CATALOGUE, rebuild.recipe)
    database = Database(rebuild.database_url)
    try:
        # A connection of its own, outside the pool: its cursor stays open for as long as the bucket takes.
        with database.alone() as reader:
            pieces = Pieces()
            for chunk in _chunks(reader, rebuild.read_set, bucket, folder):
                _copy(database, rebuild.read_set, chunk)
                pieces.done(reader)
    finally:
        database.close()


def _chunks(reader: Connection[Any], read_set: str, bucket: int, folder: Folder) -> Iterator[list[_Projected]]:
    chunk: list[_Projected] = []
    facts = 0
    for subject, version, history in load_bucket(reader, bucket, folded_in(read_set), folder.catalogue):
        with suppress(Exception):  # it stays dirty: the pass over dirty subjects tries again, and says why it fails
            chunk.append(_Projected(subject, version, folder.rows(subject, history)))
        facts += len(history)
        if facts >= CHUNK:
            yield chunk
            chunk, facts = [], 0
    yield chunk


def _copy(database: Database, read_set: str, chunk: Sequence[_Projected]) -> None:
    """Subjects whose rows the database refuses stay dirty too."""
    try:
        with database.transaction() as connection:
            connection.execute("SET LOCAL synchronous_commit = off")  # lost in a crash, it is folded again
            read_sets_table.share_building(connection, read_set)
            _insert(connection, read_set, chunk)
    except (psycopg.DataError, psycopg.IntegrityError):
        if len(chunk) == 1:
            return
        for half in halves(chunk):
            _copy(database, read_set, half)


def _insert(connection: Connection[Any], read_set: str, chunk: Sequence[_Projected]) -> None:
    # First: rows of a subject that another process has copied would be there twice.
    ours = folded_in(read_set).claim(connection, {projected.subject: projected.version for projected in chunk})
    failed_in(read_set).clear(connection, sorted(ours))  # it failed when this was begun, and does so no more
    by_table: dict[str, list[Row]] = {}
    for projected in chunk:
        if projected.subject in ours:
            for name, rows in projected.rows.items():
                by_table.setdefault(name, []).extend(rows)
    for name, rows in by_table.items():
        if rows:
            copy_rows(connection, read_set, READ_TABLES[name], rows)

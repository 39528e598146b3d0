"""Folding everybody into a read set that is being built: hash buckets side by side, in subject order, with COPY.

Nothing is locked but the read set, and that only against its promotion: who is in `folded` first wins, so a rebuild that
was killed, or runs twice, goes on where it is. What changes meanwhile is dirty afterwards.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.folding.fold import Folder, halves
from services.projections.folding.rows import Rows, copy_rows, read_schema
from services.projections.read_sets import sets as read_sets
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import Row
from shared.histories.database import BUCKETS, bucket_table
from shared.histories.history import History
from shared.log.arrays import integer_array, text_array
from shared.process.settings import Settings

log = structlog.get_logger(__name__)

CHUNK = 10_000
"""Facts folded per transaction, at least one subject's."""

SMALL = 200_000
"""Facts up to which a rebuild is not worth more processes."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Which read set to fill, with which settings."""

    database_url: str
    read_set: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class _Projected:
    subject: str
    version: int
    rows: Rows


def fold_everybody(
    database: Database, rebuild: Rebuild, progress: Callable[[int, int], None], workers: int | None = None
) -> None:
    """Every subject that the read set does not have yet; those that fail stay dirty."""
    total = _count(database, "SELECT count(*) FROM projections.subjects")
    workers = workers or _workers(database)
    if workers == 1:
        for bucket in range(BUCKETS):
            fold_bucket(rebuild, bucket)
            progress(total * (bucket + 1) // BUCKETS, total)
    else:
        folded = f"SELECT count(*) FROM {read_schema(rebuild.read_set)}.folded"
        _side_by_side(rebuild, workers, lambda: progress(min(_count(database, folded), total), total))
    progress(total, total)


def _workers(database: Database) -> int:
    facts = _count(database, "SELECT coalesce(sum(version), 0) FROM projections.subjects")
    return 1 if facts <= SMALL else max(1, min(os.cpu_count() or 1, BUCKETS))


def fold_bucket(rebuild: Rebuild, bucket: int) -> None:
    """One hash bucket; memory is one chunk's. Raise ReadSetError when the read set is not being built any more."""
    folder = Folder(CATALOGUE, rebuild.settings)
    database = Database(rebuild.database_url)
    try:
        with database.alone() as reader:
            for chunk in _chunks(reader, rebuild.read_set, bucket, folder):
                _copy(database, rebuild.read_set, chunk)
    finally:
        database.close()


def _chunks(reader: Connection[Any], read_set: str, bucket: int, folder: Folder) -> Iterator[list[_Projected]]:
    chunk: list[_Projected] = []
    facts = 0
    for subject, version, history in _histories(reader, read_set, bucket, folder):
        try:
            chunk.append(_Projected(subject, version, folder.rows(subject, history)))
        except Exception as error:  # it stays dirty: the pass over dirty subjects marks it
            log.warning("fold_failed", subject=subject, read_set=read_set, error=repr(error)[:500])
        facts += len(history)
        if facts >= CHUNK:
            yield chunk
            chunk, facts = [], 0
    yield chunk


def _histories(
    reader: Connection[Any], read_set: str, bucket: int, folder: Folder
) -> Iterator[tuple[str, int, History]]:
    """Subject, version and whole history, of those the read set does not have; one snapshot."""
    query = (
        "SELECT h.subject, s.version, h.service, h.streamversion, h.type, h.envelope"
        f" FROM {bucket_table(bucket)} h JOIN projections.subjects s USING (subject)"
        f" LEFT JOIN {read_schema(read_set)}.folded f ON f.root = h.subject"
        " WHERE f.root IS NULL ORDER BY h.subject, h.service, h.sequence"
    )
    with reader.cursor(f"bucket_{bucket}", binary=True) as cursor:
        cursor.itersize = 2_000
        cursor.execute(query)
        for (subject, version), rows in groupby(cursor, key=lambda row: (row[0], row[1])):
            history = History()
            for _, _, service, streamversion, name, envelope in rows:
                history.add(folder.catalogue, service, streamversion, name, envelope)
            yield subject, version, history


def _copy(database: Database, read_set: str, chunk: Sequence[_Projected]) -> None:
    """Subjects whose rows the database refuses stay dirty too."""
    try:
        with database.transaction() as connection:
            connection.execute("SET LOCAL synchronous_commit = off")  # lost in a crash, it is folded again
            read_sets.share_building(connection, read_set)
            _insert(connection, read_set, chunk)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if len(chunk) == 1:
            log.warning("rows_refused", subject=chunk[0].subject, read_set=read_set, error=repr(error)[:500])
            return
        for half in halves(chunk):
            _copy(database, read_set, half)


def _insert(connection: Connection[Any], read_set: str, chunk: Sequence[_Projected]) -> None:
    first = connection.execute(
        f"INSERT INTO {read_schema(read_set)}.folded (root, version)"
        " SELECT * FROM unnest(%s::text[], %s::bigint[]) ON CONFLICT DO NOTHING RETURNING root",
        [text_array([one.subject for one in chunk]), integer_array([one.version for one in chunk])],
    )
    ours = {root for (root,) in first}
    rows: dict[str, list[Row]] = {}
    for one in chunk:
        if one.subject in ours:
            for name, its in one.rows.items():
                rows.setdefault(name, []).extend(its)
    for name, its in rows.items():
        if its:
            copy_rows(connection, read_set, READ_TABLES[name], its)


def _side_by_side(rebuild: Rebuild, workers: int, progress: Callable[[], None]) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        waiting = {pool.submit(fold_bucket, rebuild, bucket) for bucket in range(BUCKETS)}
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=1)
                for one in done:
                    one.result()
                progress()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _begin() -> None:
    """In a worker: end with the parent, which may be killed (a pool's workers would wait for ever)."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _count(database: Database, query: str) -> int:
    with database.connection() as connection:
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0

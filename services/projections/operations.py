"""What ops engineers do to read sets: list, rebuild, promote. Everything keeps serving meanwhile."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from psycopg import Connection

from services.projections import read_sets
from services.projections.catalogue import CATALOGUE
from services.projections.database import BUCKETS, FOLDING_LOCK, Database, bucket_table
from services.projections.folding import Folder, copy_rows, read_schema
from services.projections.histories import History, lock_subjects
from services.projections.project import code_hash
from services.projections.projector import CATCH_UP, dirty
from services.projections.read_sets import ReadSet, ReadSetError
from services.projections.tables import READ_TABLES, Row
from shared.settings import Settings

Progress = Callable[[int, int], None]
"""Subjects done, subjects in all."""

CHUNK = 1_000
"""Subjects copied per transaction of a rebuild."""

SMALL = 2_000
"""Subjects up to which a rebuild is not worth more processes."""


def list_read_sets(database_url: str) -> list[ReadSet]:
    with _database(database_url) as database, database.connection() as connection:
        return read_sets.read_sets(connection)


def rebuild(
    database_url: str, into: str | None, progress: Progress = lambda done, total: None, settings: Settings | None = None
) -> ReadSet:
    """Fold everybody into a new read set, or go on with one that a kill left half-built. It is not current yet.

    Raise ReadSetError where the name belongs to a read set that is finished or was made by other code.
    """
    settings = settings or Settings()
    with _database(database_url) as database:
        name = _prepare(database, into, code_hash(settings))
        total = _count(database, "projections.subjects")
        workers = 1 if total <= SMALL else max(1, min(os.cpu_count() or 1, BUCKETS))
        jobs = [Bucket(database_url, name, bucket, settings) for bucket in range(BUCKETS)]
        if workers == 1:
            for done, job in enumerate(jobs, start=1):
                fold_bucket(job)
                progress(total * done // BUCKETS, total)
        else:
            _fold_side_by_side(database, jobs, workers, lambda done: progress(min(done, total), total))
        fold_dirty(database, name, settings)
        progress(total, total)
        with database.connection() as connection:
            finished = read_sets.named(connection, name)
    assert finished is not None
    return finished


def promote(database_url: str, name: str, settings: Settings | None = None) -> ReadSet:
    """Make a read set the current one: fold what is dirty in it, repoint the views, one transaction.

    Raise ReadSetError where there is no such set, or where other code made it.
    """
    settings = settings or Settings()
    with _database(database_url) as database:
        with database.connection() as connection:
            found = read_sets.named(connection, name)
        if found is None:
            raise ReadSetError(f"there is no read set {name}; `parcours projections list` names them")
        if found.code_hash != code_hash(settings):
            raise ReadSetError(f"read set {name} was made by other code or settings: rebuild it before promoting it")
        fold_dirty(database, name, settings)  # most of the work before anybody has to wait
        with database.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING_LOCK])
            _fold_dirty_in(connection, name, Folder(CATALOGUE, settings))
            read_sets.make_current(connection, name)
            promoted = read_sets.named(connection, name)
    assert promoted is not None
    return promoted


def ensure_current(database_url: str, settings: Settings, announce: Callable[[str], None] = lambda text: None) -> None:
    """At the start of a projector: schema, and a current read set of this code; another code's set is rebuilt."""
    with _database(database_url) as database:
        database.create()
        with database.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING_LOCK])
            found = read_sets.current(connection)
            if found is None:
                name = read_sets.next_name(connection)
                read_sets.create(connection, name, code_hash(settings))
                read_sets.make_current(connection, name)
                return
    if found.code_hash != code_hash(settings):
        announce(f"the rows were made by another version ({found.name}); rebuilding them from history")
        made = rebuild(database_url, None, settings=settings)
        promote(database_url, made.name, settings)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One hash partition of the history, to be folded into a read set."""

    database_url: str
    read_set: str
    number: int
    settings: Settings


def fold_bucket(job: Bucket) -> int:
    """Fold the subjects of one bucket that the read set has not, in subject order; memory is one chunk's."""
    folder = Folder(CATALOGUE, job.settings)
    done = 0
    with _database(job.database_url) as database, database.alone() as reader:
        histories = _histories(reader, job, folder)
        while chunk := list(islice(histories, CHUNK)):
            _copy_chunk(database, job.read_set, folder, chunk)
            done += len(chunk)
    return done


def _histories(reader: Connection[Any], job: Bucket, folder: Folder) -> Iterator[tuple[str, int, History]]:
    """Subject, version and whole history, of those with nothing in the read set; one snapshot."""
    query = (
        "SELECT h.subject, s.version, h.service, h.streamversion, h.type, h.envelope"
        f" FROM {bucket_table(job.number)} h JOIN projections.subjects s USING (subject)"
        f" LEFT JOIN {read_schema(job.read_set)}.folded f ON f.root = h.subject"
        " WHERE f.root IS NULL ORDER BY h.subject, h.service, h.sequence"
    )
    with reader.cursor(f"bucket_{job.number}", binary=True) as cursor:
        cursor.itersize = 5_000
        cursor.execute(query)
        for (subject, version), rows in groupby(cursor, key=lambda row: (row[0], row[1])):
            history = History.empty()
            for _, _, service, streamversion, name, envelope in rows:
                history.add(service, streamversion, folder.catalogue.decode(name, envelope))
            yield subject, version, history


def _copy_chunk(database: Database, read_set: str, folder: Folder, chunk: Sequence[tuple[str, int, History]]) -> None:
    rows: dict[str, list[Row]] = {name: [] for name in READ_TABLES}
    folded: list[tuple[str, int]] = []
    for subject, version, history in chunk:
        try:
            projected = folder.rows(subject, history)
        except Exception:  # it stays dirty: the pass over dirty subjects marks it with its error
            continue
        for name, new in projected.items():
            rows[name] += new
        folded.append((subject, version))
    with database.transaction() as connection:
        for name, new in rows.items():
            if new:
                copy_rows(connection, f"{read_schema(read_set)}.{name}", READ_TABLES[name], new)
        with connection.cursor().copy(f"COPY {read_schema(read_set)}.folded (root, version) FROM STDIN") as copy:
            for row in folded:
                copy.write_row(row)


def _fold_side_by_side(
    database: Database, jobs: Sequence[Bucket], workers: int, progress: Callable[[int], None]
) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = {pool.submit(fold_bucket, job) for job in jobs}
        while waiting:
            done, waiting = wait(waiting, timeout=0.5)
            for one in done:
                one.result()
            progress(_count(database, f"{read_schema(jobs[0].read_set)}.folded"))


def fold_dirty(database: Database, read_set: str, settings: Settings) -> int:
    """Fold, in small transactions, whatever the read set has not folded up to where it is."""
    folder = Folder(CATALOGUE, settings)
    done = 0
    after = ""
    while True:
        with database.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [FOLDING_LOCK])
            names = dirty(connection, read_set, after, CATCH_UP)
            if not names:
                return done
            folder.fold(connection, read_set, lock_subjects(connection, names), {})
        after = names[-1]
        done += len(names)


def _fold_dirty_in(connection: Connection[Any], read_set: str, folder: Folder) -> None:
    after = ""
    while names := dirty(connection, read_set, after, CATCH_UP):
        folder.fold(connection, read_set, lock_subjects(connection, names), {})
        after = names[-1]


def _prepare(database: Database, into: str | None, hash_now: str) -> str:
    database.create()
    with database.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING_LOCK])
        name = into or read_sets.next_name(connection)
        found = read_sets.named(connection, name)
        if found is None:
            read_sets.create(connection, name, hash_now)
        elif found.state != "building":
            raise ReadSetError(f"read set {name} is {found.state}: choose another name")
        elif found.code_hash != hash_now:
            raise ReadSetError(f"read set {name} was begun by other code or settings: choose another name")
        return name


def _count(database: Database, table: str) -> int:
    with database.connection() as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _database(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()

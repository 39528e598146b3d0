"""What ops engineers do to read sets: list, rebuild, promote. Everything keeps serving meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep

import psycopg

from services.projections.catalogue import CATALOGUE
from services.projections.database import FOLDING_LOCK, STARTING_LOCK, Database
from services.projections.folding.fold import Folder, fold_some_dirty
from services.projections.folding.project import code_hash
from services.projections.folding.rebuilding import Rebuild, fold_everybody
from services.projections.read_sets import sets as read_sets
from services.projections.read_sets.sets import ReadSet, ReadSetError
from shared.process.settings import Settings

Progress = Callable[[int, int], None]
"""Subjects done, subjects in all."""

PROMOTE_TRIES = 60


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
        fold_everybody(database, Rebuild(database_url, name, settings), progress)
        _fold_dirty(database, name, Folder(CATALOGUE, settings))
        with database.connection() as connection:
            read_sets.analyze(connection, name)
            return read_sets.named(connection, name)


def promote(database_url: str, name: str, settings: Settings | None = None) -> ReadSet:
    """Make a read set the current one: fold what is dirty in it, repoint the views, one transaction.

    Raise ReadSetError where there is no such set, where other code made it, or where somebody reads without end.
    """
    settings = settings or Settings()
    folder = Folder(CATALOGUE, settings)
    with _database(database_url) as database:
        with database.connection() as connection:
            found = read_sets.named(connection, name)
        if found.code_hash != code_hash(settings):
            raise ReadSetError(f"read set {name} was made by other code or settings: rebuild it before promoting it")
        for _ in range(PROMOTE_TRIES):
            _fold_dirty(database, name, folder)  # most of the work before anybody has to wait
            if _is_promoted(database, name, folder):
                break
            sleep(read_sets.READERS_MS / 1000)  # let those who wait behind us go first
        else:
            raise ReadSetError(
                f"read set {name} is ready, but somebody keeps reading from schema bi in one long transaction: end it"
                " (it is in pg_stat_activity), then promote again"
            )
        with database.connection() as connection:
            return read_sets.named(connection, name)


def ensure_current(database_url: str, settings: Settings, announce: Callable[[str], None] = lambda text: None) -> None:
    """At the start of a projector: schema, and a current read set of this code; another code's set is rebuilt.

    Of several processes that start at once, one does it and the others wait.
    """
    with _database(database_url) as database:
        database.create()
        with database.alone(autocommit=True) as turn:
            turn.execute("SELECT pg_advisory_lock(%s)", [STARTING_LOCK])
            found = read_sets.current(turn)
            if found is None:
                _make_first(database, code_hash(settings))
            elif found.code_hash != code_hash(settings):
                announce(f"the rows were made by another version ({found.name}); rebuilding them from history")
                begun = read_sets.unfinished(turn, code_hash(settings))
                made = rebuild(database_url, begun, settings=settings)
                promote(database_url, made.name, settings)


def _prepare(database: Database, into: str | None, hash_now: str) -> str:
    """The read set to fold into, made where it is missing."""
    database.create()
    with database.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours read sets'))")
        name = into or read_sets.next_name(connection)
        found = read_sets.find(connection, name)
        if found is None:
            read_sets.create(connection, name, hash_now)
        elif found.state != "building":
            raise ReadSetError(f"read set {name} is {found.state}: choose another name")
        elif found.code_hash != hash_now:
            raise ReadSetError(f"read set {name} was begun by other code or settings: choose another name")
        return name


def _make_first(database: Database, hash_now: str) -> None:
    with database.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING_LOCK])
        name = read_sets.next_name(connection)
        read_sets.create(connection, name, hash_now)
        read_sets.make_current(connection, name)


def _fold_dirty(database: Database, read_set: str, folder: Folder) -> None:
    """Fold, in small transactions, whatever the read set has not folded up to where it is."""
    names = [""]
    while names:
        with database.transaction() as connection:
            read_sets.hold(connection, read_set)
            names = fold_some_dirty(connection, read_set, folder, names[-1])


def _is_promoted(database: Database, name: str, folder: Folder) -> bool:
    """Whether the last subjects were folded and the views repointed, while nobody folds; False where readers were
    in the way: they are not made to fail."""
    with database.connection() as connection:
        try:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING_LOCK])
                read_sets.hold(connection, name)
                names = [""]
                while names:
                    names = fold_some_dirty(connection, name, folder, names[-1])
                connection.execute("DELETE FROM projections.put_off")
                read_sets.make_current(connection, name)
        except psycopg.errors.LockNotAvailable:
            return False
    return True


@contextmanager
def _database(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()

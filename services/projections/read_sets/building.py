"""Read sets made: by hand (`parcours projections rebuild`), and by a projector of newer code when it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

from services.projections.database import FOLDING_LOCK, STARTING_LOCK, Database
from services.projections.folding.everybody import Rebuild, fold_changed, fold_everybody
from services.projections.read_sets import promoting, read_sets_table, set_schema
from services.projections.read_sets.read_sets_table import ReadSet
from services.projections.read_sets.recipe import OutdatedError, ReadSetError, Recipe, StoppedError
from shared.process.progress import Progress


def list_read_sets(database_url: str) -> list[ReadSet]:
    """All there are and were, oldest first."""
    with opened(database_url) as database, database.connection() as connection:
        return read_sets_table.all_read_sets(connection)


def rebuild(
    database_url: str, into: str | None, recipe: Recipe, progress: Progress = lambda done, total: None
) -> ReadSet:
    """Fold everybody into a new read set, or go on with one that a kill left half-built. It is not current yet.

    Subjects that cannot be folded are in its table `failed`, and tried again when it is called again.

    Raise OlderCodeError where newer code has made or is making rows, ReadSetError where the name belongs to a read set
    that is finished or was made by another recipe.
    """
    with opened(database_url) as database:
        database.create()
        name = _prepare(database, into, recipe)
        # Without locks first, while facts go on coming; then, with locks, whoever changed meanwhile.
        wanted = Rebuild(database_url, name, recipe)
        fold_everybody(database, wanted, progress)
        fold_changed(database, wanted)
        with database.connection() as connection:
            set_schema.analyze(connection, name)
            return read_sets_table.named(connection, name)


def promote(
    database_url: str,
    name: str,
    recipe: Recipe,
    *,
    with_failures: bool = False,
    progress: Progress = lambda done, total: None,
) -> ReadSet:
    """Make a read set the current one: see `promoting.promote`. `with_failures`: however many subjects fail in it."""
    with opened(database_url) as database:
        most_failures = None if with_failures else 0
        return promoting.promote(database, name, recipe, most_failures=most_failures, progress=progress)


def ensure_current(
    database_url: str,
    recipe: Recipe,
    announce: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda done, total: None,
) -> str | None:
    """At the start of a projector: schema, and a current read set of this recipe; one of older code is rebuilt.

    Return, and announce, why this process may not write: newer code's rows, other settings, or too many subjects that
    it cannot fold. None: all is well. Of several processes that start at once, one does it and the others wait.
    """
    with opened(database_url) as database:
        database.create()
        with database.alone(autocommit=True) as turn:
            # Waited for without an end: whoever holds it rebuilds, and there is nothing to do before that is over.
            turn.execute("SELECT pg_advisory_lock(%s)", [STARTING_LOCK])
            try:
                if _is_outdated(turn, recipe):
                    _replace(database, recipe, announce, progress)
            except StoppedError as refusal:
                announce(str(refusal))
                return str(refusal)
    return None


def _is_outdated(connection: Connection[Any], recipe: Recipe) -> bool:
    try:
        read_sets_table.writable(connection, recipe)
    except OutdatedError:
        return True
    return False


def _replace(database: Database, recipe: Recipe, announce: Callable[[str], None], progress: Progress) -> None:
    with database.connection() as connection:
        found = read_sets_table.current(connection)
        begun = read_sets_table.unfinished(connection, recipe)
    if found is None:
        _make_first(database, recipe)
        return
    announce(
        f"the rows are of version {found.rows_version} ({found.name}), this is code of version {recipe.version}:"
        " rebuilding them from history"
    )
    rebuilt = rebuild(database.url, begun, recipe, progress)
    with database.connection() as connection:
        most_failures = promoting.most_failures_at_start(connection)
    promoting.promote(database, rebuilt.name, recipe, most_failures=most_failures)


def _prepare(database: Database, into: str | None, recipe: Recipe) -> str:
    """The read set to fold into, made where it is missing."""
    with database.transaction() as connection:
        read_sets_table.choose_alone(connection)
        read_sets_table.refuse_older(connection, recipe)
        name = into or read_sets_table.next_name(connection)
        found = read_sets_table.find(connection, name)
        if found is None:
            set_schema.create(connection, name, recipe)
        elif found.state != "building":
            raise ReadSetError(f"read set {name} is {found.state}: choose another name")
        elif found.frozen_at is not None:
            read_sets_table.refuse_kept(found)
        elif not recipe.made(found.rows_version, found.settings):
            raise ReadSetError(f"read set {name} was begun by other code or settings: choose another name")
        return name


def _make_first(database: Database, recipe: Recipe) -> None:
    with database.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING_LOCK])
        read_sets_table.choose_alone(connection)
        read_sets_table.refuse_older(connection, recipe)
        name = read_sets_table.next_name(connection)
        set_schema.create(connection, name, recipe)
        promoting.make_current(connection, name)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The projections' database, brought up to date where it is there, for as long as one piece of work takes."""
    database = Database(url)
    try:
        database.bring_up_to_date()
        yield database
    finally:
        database.close()

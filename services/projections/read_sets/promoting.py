"""From one read set to the next: the views of schema `bi` repointed, in one transaction and without an error to anybody."""

from __future__ import annotations

from dataclasses import asdict
from time import sleep
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from services.projections.catalogue import CATALOGUE
from services.projections.database import FOLDING_LOCK, Database
from services.projections.folding.folder import Folder, fold_all_dirty, fold_some_dirty
from services.projections.read_sets import read_sets_table, schema_bi
from services.projections.read_sets.carrying import Carried, carry_over
from services.projections.read_sets.read_sets_table import ReadSet
from services.projections.read_sets.recipe import FailuresError, NotCurrentYetError, OutdatedError, ReadSetError, Recipe
from services.projections.read_sets.set_schema import failed_in
from shared.histories.places import all_took_turn
from shared.histories.subjects import count_all
from shared.process.progress import Progress

log = structlog.get_logger(__name__)

READERS_MS = 300
"""How long readers and projectors are kept waiting by one try to promote: less than anybody notices."""

PROMOTE_TRIES = 60
"""Then the reader in the way is named to the operator: with the pauses between tries, some 40 s."""

FEW_FAILURES = 10
"""Subjects of which a start takes the last good rows over without asking; in a large installation one in a hundred."""


def promote(
    database: Database,
    name: str,
    recipe: Recipe,
    *,
    most_failures: int | None = 0,
    progress: Progress = lambda done, total: None,
) -> ReadSet:
    """Make a read set the current one: fold what is dirty in it, repoint the views, one transaction.

    `most_failures`: of how many subjects that cannot be folded the last good rows are taken over from the current read
    set (`carry_over`); None: however many. Raise FailuresError where there are more, OlderCodeError where newer code
    has made or is making rows, ShapeError where views would lose a column, ReadSetError where there is no such set, where it
    is of another recipe, frozen or dropped, or where somebody reads without end.
    """
    with database.connection() as connection:
        found = read_sets_table.named(connection, name)
        read_sets_table.refuse_older(connection, recipe)
    read_sets_table.refuse_kept(found)
    if not recipe.made(found.rows_version, found.settings):
        raise ReadSetError(f"read set {name} was made by other code or settings: rebuild it before promoting it")
    if found.state == "current":
        return found  # asked for twice: there is nothing to do, nor to refuse
    with database.connection() as connection:
        schema_bi.refuse_another_shape(connection, read_sets_table.current(connection), found)
    folder = Folder(CATALOGUE, recipe)
    for _ in range(PROMOTE_TRIES):
        fold_all_dirty(database, name, folder, progress)  # most of the work before anybody has to wait
        if try_to_promote(database, name, folder, recipe, most_failures):
            break
        sleep(READERS_MS / 1000)  # let those who wait behind us go first
    else:
        with database.connection() as connection:
            who = "; ".join(read_sets_table.readers_of_views(connection)) or "nobody at this moment"
        raise ReadSetError(
            f"read set {name} is ready, but somebody keeps reading from schema bi in one long transaction: end it, then"
            f" promote again. Reading now: {who}"
        )
    with database.connection() as connection:
        return read_sets_table.named(connection, name)


def make_current(connection: Connection[Any], name: str) -> None:
    """Repoint what everybody reads. To be called in a transaction that holds the folding lock alone.

    Nobody who reads sees an error or two read sets at once. Raise psycopg.errors.LockNotAvailable where they leave no
    pause: the transaction is then to be tried again.
    """
    before, after = read_sets_table.current(connection), read_sets_table.named(connection, name)
    connection.execute(f"SET LOCAL lock_timeout = '{READERS_MS}ms'")
    connection.execute(read_sets_table.SHUT_OUT_READERS)
    schema_bi.take_views(connection, before, after, READERS_MS)
    # Everything is locked that has to be: what comes now must not be given up for being slow.
    connection.execute("SET LOCAL lock_timeout = 0")
    read_sets_table.mark_current(connection, name)
    schema_bi.point(connection, before, after)


def try_to_promote(
    database: Database, name: str, folder: Folder, recipe: Recipe, most_failures: int | None = 0
) -> bool:
    """Whether the last subjects were folded and the views repointed, while nobody folds; False where readers were in
    the way: they are not made to fail. Raise FailuresError."""
    taken_over = None
    with database.connection() as connection:
        try:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [FOLDING_LOCK])
                read_sets_table.choose_alone(connection)
                # Under both locks: newer code that began or promoted since the first look is seen here.
                read_sets_table.refuse_older(connection, recipe)
                read_sets_table.hold(connection, name)
                # Those that failed were tried a moment ago; everybody waits for us now.
                failed = failed_in(name).versions(connection)
                subjects = [""]
                while subjects:
                    subjects = fold_some_dirty(connection, name, folder, subjects[-1], failed)
                taken_over = _take_over(connection, name, most_failures)
                # All of them are folded or failed by now: nobody waits for a turn in the new set.
                all_took_turn(connection)
                make_current(connection, name)
        except psycopg.errors.LockNotAvailable:
            return False
    if taken_over is not None:
        log.error("promoted_with_failures", read_set=name, **asdict(taken_over))
    return True


def usable(connection: Connection[Any], recipe: Recipe) -> ReadSet:
    """The current read set, where it is of this recipe. Raise as `read_sets_table.writable`; where rows of this recipe are
    built or being built, and not current yet, FailuresError or NotCurrentYetError in the place of OutdatedError: to end
    and be started again would change nothing."""
    try:
        return read_sets_table.writable(connection, recipe)
    except OutdatedError:
        built = read_sets_table.unfinished(connection, recipe)
        if built is not None:
            _refuse_failures(connection, built, most_failures_at_start(connection))
            raise NotCurrentYetError(built) from None
        raise


def most_failures_at_start(connection: Connection[Any]) -> int:
    """With how many failing subjects a start promotes the rows it built, where nobody can be asked.

    Few: an upgrade that waited for the last of a million would keep the rows of before for everybody. Many: the code is
    broken, and the rows of before, which older code may still keep, are better than none.
    """
    return max(FEW_FAILURES, count_all(connection) // 100)


def _refuse_failures(connection: Connection[Any], name: str, most: int | None) -> int:
    """How many subjects fail in a read set. Raise FailuresError where they are too many."""
    failed = failed_in(name)
    count = failed.count(connection)
    if most is not None and count > most:
        raise FailuresError(name, count, failed.first(connection, 1)[0].error)
    return count


def _take_over(connection: Connection[Any], name: str, most_failures: int | None) -> Carried | None:
    """Last good rows of those that cannot be folded, from the read set that is current so far; None where nobody fails.
    Raise FailuresError."""
    if not _refuse_failures(connection, name, most_failures):
        return None
    before = read_sets_table.current(connection)
    if before is None or before.name == name:
        return Carried(0, ())
    return carry_over(connection, before.name, name)

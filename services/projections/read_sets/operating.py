"""What operators do with read sets by hand, beside making and promoting them (`building`): `parcours projections …`."""

from __future__ import annotations

from services.projections.read_sets import dropping, listing, promoting, read_sets_table, rolling_back
from services.projections.read_sets.building import opened
from services.projections.read_sets.listing import Described, Failures
from services.projections.read_sets.read_sets_table import ReadSet
from services.projections.read_sets.recipe import ReadSetError, Recipe
from services.projections.read_sets.rolling_back import Plan
from shared.process.progress import Progress


def described(database_url: str) -> list[Described]:
    """All read sets there are and were, oldest first."""
    with opened(database_url) as database, database.transaction() as connection:
        return listing.described(connection)


def failures(database_url: str, name: str, limit: int) -> Failures:
    """The subjects that fail in a read set, at most so many. Raise ReadSetError where there is none."""
    with opened(database_url) as database, database.transaction() as connection:
        found = read_sets_table.named(connection, name)
        return Failures(0, []) if found.state == "dropped" else listing.failures(connection, name, limit)


def plan_rollback(database_url: str, to: str | None, recipe: Recipe) -> Plan:
    """What a rollback would do: see `rolling_back.plan`."""
    with opened(database_url) as database, database.transaction() as connection:
        return rolling_back.plan(connection, recipe, to)


def rollback(
    database_url: str,
    to: str,
    recipe: Recipe,
    *,
    with_failures: bool = False,
    progress: Progress = lambda done, total: None,
) -> ReadSet:
    """Make a read set that was current before current again, once its rows are up to date; see `promoting.promote`."""
    with opened(database_url) as database:
        with database.transaction() as connection:
            rolling_back.plan(connection, recipe, to)
        most_failures = None if with_failures else 0
        return promoting.promote(database, to, recipe, most_failures=most_failures, progress=progress)


def drop(database_url: str, name: str) -> None:
    """Take a read set's rows away: see `dropping.drop`."""
    with opened(database_url) as database:
        dropping.drop(database, name)


def freeze(database_url: str, name: str, *, is_frozen: bool = True) -> ReadSet:
    """Keep a read set's rows as they are, and from being dropped; or (False) no longer.

    Raise ReadSetError where there is none, or where it is current: that one changes with every fact.
    """
    with opened(database_url) as database, database.transaction() as connection:
        found = read_sets_table.held(connection, name)
        if found.state == "dropped":
            read_sets_table.refuse_kept(found)
        if found.state == "current" and is_frozen:
            raise ReadSetError(
                f"read set {name} is current, and changes with every fact: rebuild and promote another one, then freeze it"
            )
        read_sets_table.mark_frozen(connection, name, is_frozen=is_frozen)
        return read_sets_table.named(connection, name)

"""Back to a read set that was current before: its rows brought up to date, then promoted as any other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from services.projections.read_sets import read_sets_table
from services.projections.read_sets.read_sets_table import ReadSet
from services.projections.read_sets.recipe import ReadSetError, Recipe
from services.projections.read_sets.set_schema import folded_in
from shared.histories.subjects import count_all


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rollback would do. `replaced_at`: until when the target was current; `behind`: subjects, of those `known`,
    that have changed since or fail in it, and are folded first."""

    current: str | None
    target: str
    replaced_at: datetime | None
    behind: int
    known: int


def plan(connection: Connection[Any], recipe: Recipe, to: str | None) -> Plan:
    """Back to `to`; None: the last one that was current before. Raise ReadSetError where that cannot be."""
    read_sets_table.refuse_older(connection, recipe)
    target = read_sets_table.named(connection, to) if to is not None else _last(connection)
    if target.state == "current":
        raise ReadSetError(f"read set {target.name} is current already")
    if target.state == "building":
        raise ReadSetError(
            f"read set {target.name} was never current: `parcours projections promote {target.name}` makes it so"
        )
    read_sets_table.refuse_kept(target)
    _refuse_other_rules(target, recipe)
    current = read_sets_table.current(connection)
    return Plan(
        current.name if current else None,
        target.name,
        target.replaced_at,
        folded_in(target.name).count_behind(connection),
        count_all(connection),
    )


def _last(connection: Connection[Any]) -> ReadSet:
    found = read_sets_table.previous(connection)
    if not found:
        raise ReadSetError(
            "there is no read set to go back to: only those before the current one that are neither dropped nor frozen;"
            " see `parcours projections list`"
        )
    return found[0]


def _refuse_other_rules(target: ReadSet, recipe: Recipe) -> None:
    if target.rows_version != recipe.version:
        raise ReadSetError(
            f"read set {target.name} is of version {target.rows_version}, this is code of version {recipe.version},"
            " which cannot bring its rows up to date: release the earlier rules under a higher version, and they make"
            " their own rows"
        )
    if differences := recipe.differences(target.settings):
        raise ReadSetError(
            f"read set {target.name} was made with other settings ({differences}): give every process these settings"
            " again, this command too"
        )

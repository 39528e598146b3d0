"""`python -m tests.services.projections.bi_lock`: `bi.lock`, the columns of schema `bi` that others build upon.

A view may get columns at its end, and `bi` a view. Another shape is another name; the one before stays for a release and
is then taken out of the file by hand, with its line under *Contract* in the CHANGELOG (ADR 0049).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import Connection

from services.projections.read_sets import building, schema_bi
from services.projections.read_sets.recipe import Recipe
from shared.process.settings import Settings
from tests.parts import postgres
from tests.services.projections.rows_lock import LOCK as ROWS_LOCK

LOCK = ROWS_LOCK.with_name("bi.lock")
COMMAND = "python -m tests.services.projections.bi_lock"
HEAD = f"# Columns of schema bi that others build upon; written by `{COMMAND}`, which only adds.\n"

Shapes = Mapping[str, Sequence[str]]


def shapes(connection: Connection[Any]) -> Shapes:
    return dict(sorted(schema_bi.shapes(connection, "bi").items()))


def read() -> Shapes:
    found: dict[str, list[str]] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines()[1:]:
        name, _, column = line.partition(": ")
        found.setdefault(name, []).append(column)
    return found


def text(of: Shapes) -> str:
    return HEAD + "".join(f"{name}: {column}\n" for name, columns in of.items() for column in columns)


def main() -> str:
    """What to tell; ends with SystemExit where a column would go, move or change."""
    with postgres.own_postgres() as server:
        building.ensure_current(server.url, Recipe.of(Settings()))
        with psycopg.connect(server.url) as connection:
            now = shapes(connection)
    if LOCK.exists() and (lost := list(schema_bi.differences(read(), now))):
        raise SystemExit(f"others build upon these columns, another shape is another name: {'; '.join(lost)}")
    LOCK.write_text(text(now), encoding="utf-8")
    return f"{LOCK.name}: {len(now)} views and functions"


if __name__ == "__main__":
    print(main())

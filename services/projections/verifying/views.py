"""Whether schema `bi`, which everybody reads, shows the read set that is current, whole and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import sleep
from typing import Any

from psycopg import Connection

from services.projections.read_sets import read_sets_table
from services.projections.read_tables import READ_TABLES
from services.projections.views import NAMES, listed
from shared.log.comparison import LIMIT, Comparison, Difference

NAME = "views of schema bi over the current read set"

TRIES = 5
BETWEEN_S = 0.5
"""The server tells the text of a view as it is now, whatever instant the transaction sees: a promotion in between is
another answer the next time."""


def compare_views(connection: Connection[Any], limit: int = LIMIT) -> Comparison:
    """`connection`: in autocommit."""
    comparison = Comparison(NAME, limit)
    differences: list[Difference] = []
    for attempt in range(TRIES):
        if attempt:
            sleep(BETWEEN_S)
        current = read_sets_table.current(connection)
        differences = list(_differing(current.name, _shown(connection))) if current else []
        if not differences:
            break
    comparison.rows = len(NAMES)
    comparison.add(differences)
    return comparison


def _shown(connection: Connection[Any]) -> dict[str, str]:
    """The text of each view, on one line, its columns without the name of their table."""
    rows = connection.execute(
        "SELECT c.relname, pg_get_viewdef(c.oid, true) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'bi' AND c.relkind = 'v'"
    )
    return {name: _plain(name, text) for name, text in rows}


def _differing(read_set: str, shown: Mapping[str, str]) -> Iterator[Difference]:
    for name in NAMES:
        wanted = listed(READ_TABLES[name], f"read_{read_set}") if name in READ_TABLES else None
        found = shown.get(name)
        if found is None or (wanted is not None and found != wanted):
            yield Difference(
                what="view",
                kind="missing" if found is None else "changed",
                where=f"bi.{name}",
                key={"view": name},
                expected=None if wanted is None else {"text": wanted},
                found=None if found is None else {"text": found},
                reason=f"`parcours projections promote` points the views to a read set; {read_set} is current",
            )


def _plain(name: str, text: str) -> str:
    return " ".join(text.replace('"', "").replace(f" {name}.", " ").split()).removesuffix(";")

"""Read sets as operators see them: what each was made by, since when, its size, and how many subjects fail in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from services.projections.read_sets import read_sets_table
from services.projections.read_sets.failures import Failure
from services.projections.read_sets.read_sets_table import ReadSet
from services.projections.read_sets.set_schema import failed_in

_BYTES = """
SELECT substr(n.nspname, 6), sum(pg_total_relation_size(c.oid))::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND starts_with(n.nspname, 'read_') GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Described:
    """A read set with its size on disk, indexes included, and its failing subjects; None once it is dropped."""

    read_set: ReadSet
    bytes: int | None
    failed: int | None


@dataclass(frozen=True, slots=True)
class Failures:
    """How many subjects fail in a read set, and the first of them."""

    count: int
    first: list[Failure]


def described(connection: Connection[Any]) -> list[Described]:
    """All there are and were, oldest first. In a transaction."""
    read_sets_table.choose_alone(connection)  # so that none is dropped between being found and being looked at
    sizes: dict[str, int] = dict(connection.execute(_BYTES).fetchall())
    return [
        Described(
            read_set,
            sizes.get(read_set.name),
            failed_in(read_set.name).count(connection) if read_set.name in sizes else None,
        )
        for read_set in read_sets_table.all_read_sets(connection)
    ]


def failures(connection: Connection[Any], name: str, limit: int) -> Failures:
    """Those of a read set that is there."""
    failed = failed_in(name)
    return Failures(failed.count(connection), failed.first(connection, limit))

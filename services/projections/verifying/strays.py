"""What stands in the database of subjects that nobody knows: rows, marks and facts that no pass over subjects meets.

One statement a table, each of one instant: subjects, facts and rows come in one transaction, so none is ever without the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from psycopg import Connection

from services.projections.read_sets.recipe import Recipe
from services.projections.read_sets.set_schema import read_schema
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable, Row
from services.projections.verifying.rows import differing
from services.projections.verifying.snapshot import at_one_instant
from shared.histories.history import BUCKETS, in_buckets
from shared.log.comparison import LIMIT, Comparison, Difference, FactName, Rest, no_rest

NAME = "rows and facts of subjects that nobody knows"

MOST = 1_000
"""Of one table that are read: with an emptied `subjects`, all would be strays."""


def find_strays(
    connection: Connection[Any],
    recipe: Recipe,
    limit: int = LIMIT,
    buckets: Sequence[int] = range(BUCKETS),
    rest: Rest = no_rest,
) -> Comparison:
    """`connection`: as `snapshot.reader` gives it. Raise ReadSetError."""
    comparison = Comparison(NAME, limit)
    questions: list[Callable[[str], list[Difference]]] = [
        *(_rows(connection, table, buckets) for table in READ_TABLES.values()),
        lambda read_set: list(_folded(connection, read_set, buckets)),
        lambda _: list(_facts(connection, buckets)),
    ]
    for question in questions:
        comparison.add(at_one_instant(connection, recipe, question))
        rest()
    return comparison


def _rows(connection: Connection[Any], table: ReadTable, buckets: Sequence[int]) -> Callable[[str], list[Difference]]:
    def found(read_set: str) -> list[Difference]:
        names = ", ".join(f"t.{column.name}" for column in table.columns)
        subject = f"'{table.subject_kind}/' || t.{table.columns[0].name}"
        rows: list[Row] = connection.execute(
            f"SELECT {names} FROM {read_schema(read_set)}.{table.name} t"
            f" LEFT JOIN subjects s ON s.subject = {subject}"
            f" WHERE s.subject IS NULL AND {in_buckets(subject, buckets)} LIMIT {MOST}"
        ).fetchall()
        return list(differing(table, f"read_{read_set}.{table.name}", (), rows, {}))

    return found


def _folded(connection: Connection[Any], read_set: str, buckets: Sequence[int]) -> Iterator[Difference]:
    rows = connection.execute(
        f"SELECT f.root, f.version FROM {read_schema(read_set)}.folded f LEFT JOIN subjects s ON s.subject = f.root"
        f" WHERE s.subject IS NULL AND {in_buckets('f.root', buckets)} LIMIT {MOST}"
    )
    for root, version in rows:
        yield Difference(
            what="subject",
            kind="surplus",
            where=f"read_{read_set}.folded",
            subject=root,
            key={"root": root},
            found={"root": root, "version": version},
        )


def _facts(connection: Connection[Any], buckets: Sequence[int]) -> Iterator[Difference]:
    """Facts of a subject that has no row in `subjects`: nothing would ever fold them."""
    rows = connection.execute(
        "SELECT h.subject, h.service, h.sequence, h.id, h.type FROM history h LEFT JOIN subjects s USING (subject)"
        f" WHERE s.subject IS NULL AND {in_buckets('h.subject', buckets)} LIMIT {MOST}"
    )
    for subject, service, sequence, fact_id, type_name in rows:
        yield Difference(
            what="subject",
            kind="missing",
            where="projections.subjects",
            subject=subject,
            key={"subject": subject},
            facts=[FactName(service, sequence, fact_id, type_name)],
            facts_behind=1,
            reason="this fact is in the histories, and its subject is not known",
        )

"""Last good rows taken over at a promotion: of subjects that the new read set cannot fold, from the one current so far.

What is taken over may be rows of other rules, or of fewer facts. So it is marked in `failed` (`rows_of`), the subject is
shown as incomplete, and its rows are replaced as soon as it can be folded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from services.projections.folding.set_rows import ids_by_kind
from services.projections.read_sets.set_schema import failed_in, folded_in, read_schema
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable
from shared.log.arrays import text_array

_BETTER_THERE = """
SELECT failing.root FROM {failed} failing
JOIN {folded_there} there USING (root)
LEFT JOIN {folded} here USING (root)
WHERE coalesce(here.version, 0) = 0 OR there.version > here.version
"""
"""Who failed here and has rows there of more facts than here; 0 stands for no rows of one's own."""

_COLUMNS = """
SELECT a.attname, a.atttypid, a.attnotnull FROM pg_attribute a
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True, slots=True)
class Carried:
    """How many subjects have their rows from another read set now; and from which tables that has none that fit."""

    subjects: int
    tables_without: tuple[str, ...]


def carry_over(connection: Connection[Any], source: str, target: str) -> Carried:
    """Give subjects that `target` cannot fold the rows that `source` has of them, by the columns that both have.

    In the transaction of a promotion, in which nobody folds. A read set of older code may lack a table, or a column
    that must have a value: of these tables nothing is taken over.
    """
    subjects = _better_there(connection, source, target)
    if not subjects:
        return Carried(0, ())
    ids = ids_by_kind(subjects)
    tables_without = tuple(
        table.name
        for table in READ_TABLES.values()
        if table.subject_kind in ids and not _carry_table(connection, source, target, table, ids[table.subject_kind])
    )
    # Version 0 keeps them dirty, and says that there are rows to be replaced.
    folded_in(target).mark(connection, dict.fromkeys(subjects, 0))
    there = failed_in(source).table
    connection.execute(
        f"UPDATE {failed_in(target).table} AS failing SET rows_of = coalesce(there.rows_of, %(source)s),"
        " since = least(failing.since, there.since)"
        f" FROM unnest(%(subjects)s::text[]) AS name LEFT JOIN {there} there ON there.root = name"
        " WHERE failing.root = name",
        {"source": source, "subjects": text_array(subjects)},
    )
    return Carried(len(subjects), tables_without)


def _better_there(connection: Connection[Any], source: str, target: str) -> list[str]:
    query = _BETTER_THERE.format(
        failed=failed_in(target).table, folded=folded_in(target).table, folded_there=folded_in(source).table
    )
    return [root for (root,) in connection.execute(query)]


def _carry_table(connection: Connection[Any], source: str, target: str, table: ReadTable, ids: list[str]) -> bool:
    """Whether the rows could be taken over."""
    here, there = (f"{read_schema(read_set)}.{table.name}" for read_set in (target, source))
    subject_column = table.columns[0].name
    types_here, types_there = _types(connection, here), _types(connection, there)
    common = [name for name, (sql_type, _) in types_here.items() if types_there.get(name, (None,))[0] == sql_type]
    needed = {name for name, (_, is_needed) in types_here.items() if is_needed}
    if not {subject_column, *needed} <= set(common):
        return False
    names = ", ".join(common)
    asked = [text_array(ids)]
    connection.execute(f"DELETE FROM {here} WHERE {subject_column} = ANY(%s::uuid[])", asked)
    connection.execute(
        f"INSERT INTO {here} ({names}) SELECT {names} FROM {there} WHERE {subject_column} = ANY(%s::uuid[])"
        " ON CONFLICT DO NOTHING",  # rows of older code may have had a longer key
        asked,
    )
    return True


def _types(connection: Connection[Any], table: str) -> Mapping[str, tuple[int, bool]]:
    """Of each column its type, and whether it must have a value; none where there is no such table."""
    return {name: (sql_type, is_needed) for name, sql_type, is_needed in connection.execute(_COLUMNS, [table])}

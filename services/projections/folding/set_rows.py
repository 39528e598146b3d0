"""Rows in a read set: what it holds of some subjects, and writing only what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg import Connection

from services.projections.read_sets.set_schema import read_schema
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable, Row
from shared.log.arrays import text_array

Rows = dict[str, list[Row]]
"""By read table."""

FEW = 100
"""Rows up to which they are inserted, each by a statement: beyond, copying them is cheaper, though it waits once a table."""

_SQL_NAMES = {"UUID": "uuid", "date": "date", "str": "text", "int": "bigint", "float": "float8", "bool": "bool"}


@dataclass(slots=True)
class Difference:
    """What has to change in the read tables: keys to delete (changed rows too), rows to insert."""

    deleted: dict[str, list[Row]] = field(default_factory=dict)
    inserted: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: ReadTable, old: Sequence[Row], new: Sequence[Row]) -> None:
        if old == new:
            return
        if not old:  # most of those who wait were never folded
            self.inserted.setdefault(table.name, []).extend(new)
            return
        # By key, not by place in the list: a row in front of all would else rewrite every row behind it.
        before = {row[: table.key]: row for row in old}
        after = {row[: table.key]: row for row in new}
        gone = [key for key, row in before.items() if after.get(key) != row]
        come = [row for key, row in after.items() if before.get(key) != row]
        if gone:
            self.deleted.setdefault(table.name, []).extend(gone)
        if come:
            self.inserted.setdefault(table.name, []).extend(come)

    @property
    def is_small(self) -> bool:
        return sum(map(len, (*self.deleted.values(), *self.inserted.values()))) <= FEW

    def together(self, connection: Connection[Any], subjects: int) -> AbstractContextManager[Any]:
        """Around `write`, and the marks of so many subjects: of little the database is waited for once, not after each
        statement, and what it refuses is raised at the end. Large statements may hang in a pipeline."""
        return connection.pipeline() if self.is_small and subjects <= FEW else nullcontext()

    def write(self, connection: Connection[Any], read_set: str) -> None:
        # Deletions before insertions: a changed row is deleted and inserted under one key.
        for name, keys in self.deleted.items():
            _delete(connection, read_set, READ_TABLES[name], keys)
        for name, rows in self.inserted.items():
            (_insert if self.is_small else copy_rows)(connection, read_set, READ_TABLES[name], rows)


def stored_rows(connection: Connection[Any], read_set: str, table: ReadTable, ids: Sequence[str]) -> Iterator[Row]:
    """What a read set holds of some subjects of the table's kind."""
    names = ", ".join(column.name for column in table.columns)
    yield from connection.execute(
        f"SELECT {names} FROM {read_schema(read_set)}.{table.name} WHERE {table.columns[0].name} = ANY(%s::uuid[])",
        [text_array(ids)],
    )


def copy_rows(connection: Connection[Any], read_set: str, table: ReadTable, rows: Iterable[Row]) -> None:
    names = ", ".join(column.name for column in table.columns)
    target = f"{read_schema(read_set)}.{table.name}"
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _insert(connection: Connection[Any], read_set: str, table: ReadTable, rows: Iterable[Row]) -> None:
    names = ", ".join(column.name for column in table.columns)
    target = f"{read_schema(read_set)}.{table.name}"
    values = ", ".join(["%s"] * len(table.columns))
    with connection.cursor() as cursor:
        # As text, as `COPY` has it: a statement would else be another one for each place where a row has nothing.
        texts = [tuple(None if value is None else str(value) for value in row) for row in rows]
        cursor.executemany(f"INSERT INTO {target} ({names}) VALUES ({values})", texts)


def _delete(connection: Connection[Any], read_set: str, table: ReadTable, keys: Sequence[Row]) -> None:
    columns = table.columns[: table.key]
    arrays = ", ".join(f"%s::{_SQL_NAMES[column.type.__name__]}[]" for column in columns)
    names = ", ".join(f"k{place}" for place in range(len(columns)))
    match = " AND ".join(f"t.{column.name} = k{place}" for place, column in enumerate(columns))
    query = (
        f"DELETE FROM {read_schema(read_set)}.{table.name} AS t USING unnest({arrays}) AS gone ({names}) WHERE {match}"
    )
    connection.execute(query, [text_array([str(key[place]) for key in keys]) for place in range(len(columns))])


def ids_by_kind(subjects: Iterable[str]) -> dict[str, list[str]]:
    """Of those that can have rows: a subject may be any text that a topic held."""
    ids: dict[str, list[str]] = {}
    for subject in subjects:
        kind, _, name = subject.partition("/")
        try:
            ids.setdefault(kind, []).append(str(UUID(name)))
        except ValueError:
            continue
    return ids

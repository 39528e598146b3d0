"""The schema of one read set, `read_<name>`: every read table, and beside them `folded`, which says how far each subject
is, and `failed`, which says who cannot be folded."""

from __future__ import annotations

import re
from typing import Any

from psycopg import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable, SetColumnComment, SetTableComment

from services.projections.read_sets import read_sets_table
from services.projections.read_sets.failures import Failed
from services.projections.read_sets.recipe import ReadSetError, Recipe
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import sql_tables
from shared.histories.subjects import WorkedUp

_NAME = re.compile(r"^[a-z0-9_]{1,40}$")


def read_schema(read_set: str) -> str:
    """The schema of a read set, quoted."""
    return f'"read_{read_set}"'


def folded_in(read_set: str) -> WorkedUp:
    """Up to which version of its history each subject's rows are in a read set: behind, it is dirty."""
    return WorkedUp(f"{read_schema(read_set)}.folded", key="root")


def failed_in(read_set: str) -> Failed:
    """Who cannot be folded into a read set, and why."""
    return Failed(f"{read_schema(read_set)}.failed")


def create(connection: Connection[Any], name: str, recipe: Recipe) -> None:
    """An empty read set; everybody is dirty in it. Raise ReadSetError for a name that cannot be one."""
    if not _NAME.match(name):
        raise ReadSetError(f"{name!r} cannot be a read set's name: use a-z, 0-9 and _")
    schema = read_schema(name)
    connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(folded_in(name).create)
    connection.execute(failed_in(name).create)
    # One by one: they come from SQLAlchemy, which prints single statements.
    for statement in _statements(f"read_{name}"):
        connection.execute(statement)
    read_sets_table.insert(connection, name, recipe)


def analyze(connection: Connection[Any], name: str) -> None:
    """Tables filled at one go have no statistics, and the first queries on them bad plans."""
    connection.execute("ANALYZE " + ", ".join(f"{read_schema(name)}.{table}" for table in (*READ_TABLES, "folded")))


def _statements(schema: str) -> list[str]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statements: list[str] = []
    for table in sql_tables(READ_TABLES.values(), schema).values():
        elements: list[Any] = [CreateTable(table), SetTableComment(table)]
        elements += [CreateIndex(index) for index in sorted(table.indexes, key=lambda index: str(index.name))]
        elements += [SetColumnComment(column) for column in table.columns]
        statements += [str(element.compile(dialect=dialect)) for element in elements]
    return statements

"""The schema of one read set, `read_<name>`: every read table, and beside them `folded`, which says how far each subject
is, and `failed`, which says who cannot be folded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from psycopg import Connection

from services.projections.read_sets import read_sets_table
from services.projections.read_sets.failures import Failed
from services.projections.read_sets.recipe import ReadSetError, Recipe
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadTable
from services.projections.views.literals import identifier, literal
from shared.histories.subjects import WorkedUp
from shared.log.held import Holding, Rows

SQL_TYPES = {UUID: "uuid", date: "date", str: "text", int: "integer", float: "double precision", bool: "boolean"}

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
    # At one go: some hundred statements, most of them comments, would each cost a way to the server and back.
    connection.execute(";\n".join(create_tables(f"read_{name}")))
    read_sets_table.insert(connection, name, recipe)


def analyze(connection: Connection[Any], name: str) -> None:
    """Tables filled at one go have no statistics, and the first queries on them bad plans."""
    connection.execute("ANALYZE " + ", ".join(f"{read_schema(name)}.{table}" for table in (*READ_TABLES, "folded")))


def create_tables(schema: str, tables: Iterable[ReadTable] = tuple(READ_TABLES.values())) -> Iterator[str]:
    """The statements that make read tables in a schema, with their indexes and comments; they hold no placeholders."""
    for table in tables:
        name = f"{identifier(schema)}.{table.name}"
        columns = [
            f"{column.name} {SQL_TYPES[column.type]}{'' if column.nullable else ' NOT NULL'}"
            for column in table.columns
        ]
        yield f"CREATE TABLE {name} ({', '.join(columns)}, PRIMARY KEY ({', '.join(table.key_columns)}))"
        yield f"COMMENT ON TABLE {name} IS {literal(table.comment)}"
        for indexed in table.indexes:
            yield f"CREATE INDEX {table.name}_{'_'.join(indexed)} ON {name} ({', '.join(indexed)})"
        for column in table.columns:
            yield f"COMMENT ON COLUMN {name}.{column.name} IS {literal(column.comment)}"


def held(connection: Connection[Any], name: str) -> Iterator[Holding]:
    """Of a person every row that a read set has, whatever its code made, and why it could not be folded."""
    of_persons = connection.execute(
        "SELECT table_name, (array_agg(column_name ORDER BY ordinal_position) FILTER (WHERE data_type = 'date'))[1]"
        " FROM information_schema.columns WHERE table_schema = %s GROUP BY 1 HAVING bool_or(column_name = 'person_id')"
        " ORDER BY 1",
        [f"read_{name}"],
    ).fetchall()
    for table, day in of_persons:
        source = f"{read_schema(name)}.{identifier(table)} AS row WHERE person_id = ANY(%(ids)s::uuid[])"
        yield Rows(f"read_{name}.{table}", source, "to_jsonb(row)", f"{identifier(day or 'person_id')}, md5(row::text)")
    source = f"{read_schema(name)}.failed AS row WHERE root = ANY(%(subjects)s::text[])"
    yield Rows(f"read_{name}.failed", source, "to_jsonb(row)", "root")

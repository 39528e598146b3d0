"""A read set with its views on a real PostgreSQL, as tests of views fill and read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from services.projections.read_sets.set_schema import create_tables, failed_in
from services.projections.read_tables import READ_TABLES
from services.projections.views import create_views
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import settle
from tests.services.projections.facts import ACI, AI, EI, ETTI, OASP, ORDER, recorded, rows_of, structure_registered

KINDS: dict[UUID, Any] = {ACI: "ACI", AI: "AI", EI: "EI", ETTI: "ETTI", OASP: "OASP"}


class ReadSet:
    """A read set in one schema, filled by `project`, with its views. `read_1` and its views are there (`conftest.py`)."""

    def __init__(self, connection: Connection, schema: str = "read_1") -> None:
        self.connection, self.schema = connection, schema

    @classmethod
    def made(cls, connection: Connection, schema: str) -> ReadSet:
        """An empty one, without views."""
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        connection.exec_driver_sql(";".join(create_tables(schema)))
        connection.exec_driver_sql(failed_in(schema.removeprefix("read_")).create)
        return cls(connection, schema)

    def add(self, kind: str, subject_id: UUID, *facts: Fact) -> None:
        self.insert(rows_of([recorded(fact, subject=subject_id) for fact in facts], kind))

    def insert(self, rows_by_table: Mapping[str, Sequence[Any]]) -> None:
        for name, rows in rows_by_table.items():
            if rows:
                values = ", ".join(f"%({column.name})s" for column in READ_TABLES[name].columns)
                statement = f"INSERT INTO {self.schema}.{name} VALUES ({values})"
                self.connection.exec_driver_sql(statement, [row._asdict() for row in rows])

    def known_structures(self, *structures: UUID) -> None:
        for structure_id in structures:
            self.add("structure", structure_id, structure_registered(KINDS[structure_id], "2015-01-01"))

    def show(self, schema: str = "bi") -> None:
        self.connection.exec_driver_sql(";".join(create_views(self.schema, schema)))

    def read(self, view: str, columns: str = "*", where: str = "true") -> list[Any]:
        return list(self.connection.execute(text(f"SELECT {columns} FROM bi.{view} WHERE {where} ORDER BY 1, 2")))


def see(connection: Connection, on: date | str) -> None:
    connection.exec_driver_sql(f"SET LOCAL parcours.today = '{on}'")


def read(read_set: ReadSet, on: str, view: str, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    see(read_set.connection, on)
    return [tuple(str(it) if isinstance(it, date) else it for it in row) for row in read_set.read(view, columns, where)]


def add(filled: ReadSet, subject: str, facts: list[Recorded]) -> list[Recorded]:
    kind = subject.partition("/")[0]
    mine = [fact.model_copy(update={"subject": subject}) for fact in facts]
    filled.insert(rows_of(mine, kind))
    return list(settle(mine, ORDER))

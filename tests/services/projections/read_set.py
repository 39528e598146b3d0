"""A read set with its views on a real PostgreSQL, as tests of views fill and read it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.schema import CreateSchema

from services.projections.read_sets.set_schema import failed_in
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import sql_tables
from services.projections.views import create_views
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import settle
from shared.histories import skips, subjects
from tests.services.projections.facts import ACI, AI, EI, ETTI, OASP, ORDER, recorded, rows_of, structure_registered

KINDS: dict[UUID, Any] = {ACI: "ACI", AI: "AI", EI: "EI", ETTI: "ETTI", OASP: "OASP"}


class ReadSet:
    """A read set in one schema, filled by `project`, with its views."""

    def __init__(self, connection: Connection, schema: str = "read_1") -> None:
        self.connection, self.schema = connection, schema
        metadata = MetaData()
        self.tables = sql_tables(READ_TABLES.values(), schema, metadata)
        connection.execute(CreateSchema(schema))
        metadata.create_all(connection)
        connection.exec_driver_sql(failed_in(schema.removeprefix("read_")).create)
        connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS projections")
        connection.exec_driver_sql(f"SET LOCAL search_path = projections; {subjects.CREATE} {skips.CREATE}")
        connection.exec_driver_sql("SET LOCAL search_path = public")

    def add(self, kind: str, subject_id: UUID, *facts: Fact) -> None:
        rows = rows_of([recorded(fact, subject=subject_id) for fact in facts], kind)
        for name, its in rows.items():
            if its:
                self.connection.execute(self.tables[name].insert(), [row._asdict() for row in its])

    def known_structures(self, *structures: UUID) -> None:
        for structure_id in structures:
            self.add("structure", structure_id, structure_registered(KINDS[structure_id], "2015-01-01"))

    def show(self, schema: str = "bi") -> None:
        for statement in create_views(self.schema, schema):
            self.connection.exec_driver_sql(statement)

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
    for name, rows in rows_of(mine, kind).items():
        if rows:
            filled.connection.execute(filled.tables[name].insert(), [row._asdict() for row in rows])
    return list(settle(mine, ORDER))

"""The read tables: what each is made of, and as SQL. A read set is one schema that holds them all.

One list (`READ_TABLES`) says for each table whose facts it comes from, its row type, the function that gives its rows,
and its key; columns, types, comments and visibility come from the row type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, Double, Index, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.types import TypeEngine

from services.projections.alerts import person_alerts
from services.projections.alerts.alert import PersonAlert
from services.projections.alerts.structures import StructureAlert, structure_alerts
from services.projections.tables.agrements import (
    Agrement,
    AgrementPeriod,
    ProlongationRequest,
    agrement_periods,
    agrements,
    prolongation_requests,
)
from services.projections.tables.annexes import Annex, annexes
from services.projections.tables.certifications import Certification, certifications
from services.projections.tables.clients import (
    Client,
    ClientPeriod,
    EconomicDismissal,
    client_periods,
    clients,
    economic_dismissals,
)
from services.projections.tables.contracts import Contract, contracts
from services.projections.tables.derogations import Derogation, derogations
from services.projections.tables.exits import Exit, exits
from services.projections.tables.follow_ups import FollowUp, follow_ups
from services.projections.tables.groups import Group, Membership, groups, memberships
from services.projections.tables.handovers import Handover, handovers
from services.projections.tables.history import History
from services.projections.tables.hours import MonthOfHours, hours_by_month
from services.projections.tables.hours_entries import HoursEntry, hours_entries
from services.projections.tables.immersions import Immersion, immersions
from services.projections.tables.networks import Network, networks
from services.projections.tables.pathways import Pathway, pathways
from services.projections.tables.persons import Person, persons
from services.projections.tables.placements import Placement, placements
from services.projections.tables.steps import Step, steps
from services.projections.tables.structures import Structure, StructurePeriod, structure_periods, structures
from services.projections.tables.support import Skill, Support, skills, support_actions
from services.projections.tables.trainings import Training, trainings
from services.projections.tables.welcomes import Welcome, welcomes
from services.projections.tables.workforce import Workforce, workforce
from shared.facts.fact import Visibility

Row = tuple[Any, ...]

SQL_TYPES: dict[Any, type[TypeEngine[Any]]] = {
    UUID: Uuid,
    date: Date,
    str: Text,
    int: Integer,
    float: Double,
    bool: Boolean,
}


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """One column: its Python type, whether it may be NULL, what it says, and who may see it."""

    name: str
    type: Any
    nullable: bool
    comment: str
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class ReadTable:
    """One read table. Its first column is the subject's id, its first `key` columns name a row."""

    name: str
    subject_kind: str
    row: type[Row]
    rows: Callable[[History], Sequence[Row]]
    key: int
    indexes: tuple[tuple[str, ...], ...] = ()

    @property
    def comment(self) -> str:
        return " ".join((self.row.__doc__ or "").split())

    @property
    def columns(self) -> tuple[ReadColumn, ...]:
        return _columns(self.row)

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """Those that may leave the trust boundary."""
        return tuple(column.name for column in self.columns if column.visibility is not Visibility.STRUCTURE)

    @property
    def key_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns[: self.key])


@cache
def _columns(row: type[Row]) -> tuple[ReadColumn, ...]:
    return tuple(_column(name, hint) for name, hint in get_type_hints(row, include_extras=True).items())


def _column(name: str, hint: Any) -> ReadColumn:
    marks: list[Any] = []
    nullable = False
    while get_origin(hint) in (Annotated, Union, UnionType):
        if get_origin(hint) is Annotated:
            hint, *outer = get_args(hint)
            marks += outer
        else:
            nullable = True
            hint = next(part for part in get_args(hint) if part is not type(None))
    comment = next(mark for mark in marks if isinstance(mark, str) and not isinstance(mark, Visibility))
    visibility = next((mark for mark in marks if isinstance(mark, Visibility)), Visibility.GROUP)
    if get_origin(hint) is Literal:
        hint = type(get_args(hint)[0])
    return ReadColumn(name, hint, nullable, comment, visibility)


READ_TABLES: dict[str, ReadTable] = {
    table.name: table
    for table in (
        ReadTable("structures", "structure", Structure, structures, 1, (("successor_id",),)),
        ReadTable("structure_periods", "structure", StructurePeriod, structure_periods, 2),
        ReadTable("annexes", "structure", Annex, annexes, 2),
        ReadTable("certifications", "structure", Certification, certifications, 2),
        ReadTable("derogations", "structure", Derogation, derogations, 2),
        ReadTable("networks", "structure", Network, networks, 3),
        ReadTable("workforce", "structure", Workforce, workforce, 2),
        ReadTable("structure_alerts", "structure", StructureAlert, structure_alerts, 4),
        ReadTable("groups", "group", Group, groups, 1),
        ReadTable("memberships", "group", Membership, memberships, 3, (("structure_id", "group_id"),)),
        ReadTable("clients", "client", Client, clients, 1, (("structure_id",),)),
        ReadTable("client_periods", "client", ClientPeriod, client_periods, 2),
        ReadTable("economic_dismissals", "client", EconomicDismissal, economic_dismissals, 3),
        ReadTable("persons", "person", Person, persons, 1),
        ReadTable("contracts", "person", Contract, contracts, 2, (("structure_id",),)),
        ReadTable("steps", "person", Step, steps, 2, (("structure_id", "starts_on"),)),
        ReadTable("pathways", "person", Pathway, pathways, 2),
        ReadTable("trainings", "person", Training, trainings, 2, (("structure_id",),)),
        ReadTable("skills", "person", Skill, skills, 4, (("structure_id",),)),
        ReadTable("immersions", "person", Immersion, immersions, 2, (("structure_id",),)),
        ReadTable("support_actions", "person", Support, support_actions, 2, (("structure_id", "done_on"),)),
        ReadTable("welcomes", "person", Welcome, welcomes, 3, (("structure_id", "received_on"),)),
        ReadTable("exits", "person", Exit, exits, 2, (("structure_id", "exited_on"),)),
        ReadTable("follow_ups", "person", FollowUp, follow_ups, 3, (("structure_id", "due_on"), ("due_on",))),
        ReadTable("handovers", "person", Handover, handovers, 2, (("from_structure_id",), ("to_structure_id",))),
        ReadTable("agrements", "person", Agrement, agrements, 2, (("ends_on",),)),
        ReadTable("agrement_periods", "person", AgrementPeriod, agrement_periods, 4, (("structure_id",),)),
        ReadTable("prolongation_requests", "person", ProlongationRequest, prolongation_requests, 3),
        ReadTable("person_alerts", "person", PersonAlert, person_alerts, 5, (("structure_id",),)),
        ReadTable("placements", "person", Placement, placements, 2, (("structure_id",), ("client_id",))),
        ReadTable("hours_by_month", "person", MonthOfHours, hours_by_month, 2, (("structure_id", "month"),)),
        ReadTable("hours_entries", "person", HoursEntry, hours_entries, 3),
    )
}


def read_tables(schema: str, metadata: MetaData | None = None) -> dict[str, Table]:
    """The tables of one read set; `info["visibility"]` of a column says who may see it."""
    metadata = metadata or MetaData()
    return {name: _table(table, schema, metadata) for name, table in READ_TABLES.items()}


def _table(table: ReadTable, schema: str, metadata: MetaData) -> Table:
    columns = [
        Column(
            column.name,
            SQL_TYPES[column.type](),
            primary_key=place < table.key,
            autoincrement=False,
            nullable=column.nullable,
            comment=column.comment,
            info={"visibility": column.visibility.value},
        )
        for place, column in enumerate(table.columns)
    ]
    indexes = [Index(f"{table.name}_{'_'.join(names)}", *names) for names in table.indexes]
    return Table(table.name, metadata, *columns, *indexes, schema=schema, comment=table.comment)

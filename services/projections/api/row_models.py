"""Rows of the read tables as models, made of their columns when the OpenAPI document is asked for: they describe answers in
it, so that a client can be generated, and check none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, create_model

from services.projections.api.list_rights import LISTS
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadColumn
from shared.facts.docstrings import docstring

NEXT = "Cursor of the next page; null on the last"


def _row(name: str, columns: Iterable[ReadColumn], doc: str) -> type[BaseModel]:
    fields: dict[str, Any] = {column.name: _field(column) for column in columns}
    return create_model(name, __doc__=doc, **fields)


def _field(column: ReadColumn) -> tuple[Any, Any]:
    if not column.is_listed:
        return (column.type | None, Field(None, description=f"{column.comment} (for local callers only)"))
    kind = column.type | None if column.nullable else column.type
    return (kind, Field(description=column.comment))


@cache
def page_of(row: type[BaseModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {"items": (list[row], ...), "next": (str | None, Field(description=NEXT))}  # type: ignore[valid-type]
    return create_model(f"{row.__name__}Page", __doc__=f"A page of: {docstring(row)}", **fields)


def _as_seen(name: str, columns: Iterable[ReadColumn]) -> list[ReadColumn]:
    """Null to callers with rights of their own, where others' facts move them or only the structure itself sees them."""
    never_whole = LISTS[name].not_whole
    return [
        replace(column, nullable=True, comment=f"{column.comment} (null to whom it is not to be shown)")
        if column.name in never_whole
        else column
        for column in columns
    ]


@cache
def listed_row(table: str) -> type[BaseModel]:
    """The columns that lists show."""
    columns = READ_TABLES[table]
    return _row(columns.row.__name__, _as_seen(table, columns.listed_columns), columns.comment)


@cache
def step_of_structure() -> type[BaseModel]:
    return create_model(
        "StepOfStructure",
        __base__=listed_row("steps"),
        __doc__="A step in a structure, or in one that it took over.",
        asked_id=(UUID | None, Field(None, description="with_predecessors only: the structure asked for")),
        depth=(
            int | None,
            Field(None, description="with_predecessors only: 0 there, 1 in one it took over, 2 before that"),
        ),
    )


class SeenAgrement(BaseModel):
    """The agrément a hire would be about; nothing of who asked for it, nor why anything moved it."""

    agrement_id: UUID
    number: str | None
    state: str = Field(description="valid, suspended, future, expired")
    starts_on: date
    ends_on: date
    remaining_days: int = Field(description="Days still usable")
    window_opens_on: date = Field(description="First day on which a prolongation may be asked for")
    window_closes_on: date = Field(description="The last one")


@cache
def timeline() -> type[BaseModel]:
    """Rows of every read table of persons, with what local callers see too."""
    tables = [table for table in READ_TABLES.values() if table.subject_kind == "person"]
    rows: dict[str, Any] = {
        table.name: (
            list[_row(f"{table.row.__name__}OfTimeline", table.columns, table.comment)],  # type: ignore[misc]
            Field(description=table.comment),
        )
        for table in tables
    }
    return create_model(
        "Timeline",
        __doc__="One person's pathway, today or as it was true on a day, or known at an instant.",
        person_id=(UUID, Field(description="Whose rows they are")),
        merged_into=(UUID | None, Field(description="The same, where another id of that person was asked for")),
        limited=(
            bool,
            Field(description="Whether processing of its data is limited today: in no list, no figure, nothing shared"),
        ),
        complete=(bool, Field(description="Whether every fact that should be there is, and is in the rows")),
        error=(str | None, Field(description="Why the rows cannot be brought up to date; null: they can")),
        since=(datetime | None, Field(description="Since when they cannot")),
        missing=(str | None, Field(description="Services whose facts have a hole, with how many; null: none")),
        as_of=(date | None, ...),
        known_at=(datetime | None, ...),
        agrement=(
            SeenAgrement | None,
            Field(description="The agrément that counts, reckoned on all facts; null: none, or not yours to see"),
        ),
        **rows,
        items=(list[dict[str, Any]], Field(description="The standing facts (CloudEvents), in the order of truth")),
        next=(str | None, Field(description="Cursor of the facts after these; null: there are none")),
    )

"""What the query API answers, as models: they describe it in the OpenAPI document, so that a client can be generated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, get_args
from uuid import UUID

from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo

from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import ReadColumn, ReadTable
from shared.facts.fact import Visibility
from shared.web.query_parameters import say_meanings

NEXT = "Cursor of the next page; null on the last"


class GroupPathway(BaseModel):
    """A step of a person in a member of the group, cut to the days of the membership."""

    group_id: UUID
    person_id: UUID
    step: int
    pathway: int
    structure_id: UUID
    kind: str | None = Field(description="Of the structure, on the first day of the step; null: not known that day")
    stage: int | None = Field(description="Of that kind: 1 is the furthest from an ordinary job")
    starts_on: date | None = Field(description="First day inside the membership; null: only the exit is known yet")
    ends_on: date | None = Field(description="Last day inside the membership; null: open")
    step_starts_on: date | None
    step_ends_on: date | None
    joined_on: date = Field(description="First day of the membership")
    left_on: date | None
    step_hours: float | None = Field(description="Hours of the whole step")
    step_contracts: int
    exit_reason: str | None
    exit_id: UUID | None


class Moves(BaseModel):
    """How many went from one kind of structure, or one structure, to another, inside the group."""

    from_: str | None = Field(alias="from", description="Kind or structure left; null: a kind not known that day")
    to: str | None = Field(description="Kind or structure entered; null: a kind not known that day")
    transitions: int
    persons: int
    forward: int = Field(description="Transitions towards an ordinary job")
    level: int
    back: int
    inside: int = Field(description="Transitions inside the group: all of these")
    median_days_between: float | None = Field(description="Negative where steps overlap; null: no days known")
    from_name: str | None = Field(None, description="by=structure only")
    to_name: str | None = Field(None, description="by=structure only")


class Alert(BaseModel):
    """Something to look at about a person or a structure, begun by the day asked for."""

    subject: str
    person_id: UUID | None = Field(description="Null: about a structure")
    kind: str = Field(description="A code of the table of alerts")
    about_id: UUID = Field(description="What it is about: a contract, an agrément, a placement, an exit…, by kind")
    since: date
    until: date | None = Field(description="Last day on which it holds; null: until something is done")
    current: bool = Field(description="Whether it holds on that day")
    severity: str = Field(description="high, medium, low")
    article: str = Field(description="Article of the code du travail, or what else it rests on")
    structure_id: UUID | None = Field(description="Of a gap: the employer before it, who may suspend")
    structure_kind: str | None = Field(description="On the first day; null: not known")
    next_structure_id: UUID | None = Field(description="Of a gap: the next employer; null: none yet")
    agrement_id: UUID | None
    contract_id: UUID | None
    suspension_id: UUID | None
    request_id: UUID | None
    placement_id: UUID | None
    reminder_days: int | None = Field(description="Of a request: days after which it is recalled")
    suspend_from: date | None = Field(description="Of a gap: first day of the suspension that would stop the count")
    suspend_until: date | None = Field(description="Of a gap: its last day; null: until the next hire")
    group_id: UUID | None = Field(
        None, description="In the structures that are members of that group on that day; only where it was asked for"
    )


class Standing(BaseModel):
    """Up to where each service's log has been applied, and what is not as it should be."""

    feed: str
    positions: dict[str, int]
    read_set: str | None
    subjects: int
    failed_subjects: int = Field(description="Cannot be folded; they keep their last good rows")
    incomplete_subjects: int = Field(description="Facts are missing in between")
    dead_letters: int


def _row(name: str, columns: Iterable[ReadColumn], doc: str) -> type[BaseModel]:
    fields: dict[str, Any] = {column.name: _field(column) for column in columns}
    return create_model(name, __doc__=doc, **fields)


def _field(column: ReadColumn) -> tuple[Any, Any]:
    if column.visibility is Visibility.STRUCTURE:
        return (column.type | None, Field(None, description=f"{column.comment} (for local callers only)"))
    kind = column.type | None if column.nullable else column.type
    return (kind, Field(description=column.comment))


def _shown(table: ReadTable) -> list[ReadColumn]:
    return [column for column in table.columns if column.visibility is not Visibility.STRUCTURE]


def page_of(row: type[BaseModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {"items": (list[row], ...), "next": (str | None, Field(description=NEXT))}  # type: ignore[valid-type]
    return create_model(f"{row.__name__}Page", __doc__=f"A page of: {row.__doc__}", **fields)


ROWS: Mapping[str, type[BaseModel]] = {
    name: _row(table.row.__name__, _shown(table), table.comment) for name, table in READ_TABLES.items()
}
"""By read table: the columns that lists show."""

StepOfStructure = create_model(
    "StepOfStructure",
    __base__=ROWS["steps"],
    __doc__="A step in a structure, or in one that it took over.",
    asked_id=(UUID | None, Field(None, description="with_predecessors only: the structure asked for")),
    depth=(
        int | None,
        Field(None, description="with_predecessors only: 0 there, 1 in one it took over, 2 before that"),
    ),
)


def _timeline() -> type[BaseModel]:
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
        person_id=(UUID, ...),
        complete=(bool, Field(description="Whether every fact that should be there is, and is in the rows")),
        error=(str | None, Field(description="Why the rows cannot be brought up to date; null: they can")),
        since=(datetime | None, Field(description="Since when they cannot")),
        missing=(str | None, Field(description="Services whose facts have a hole, with how many; null: none")),
        as_of=(date | None, ...),
        known_at=(datetime | None, ...),
        **rows,
        items=(list[dict[str, Any]], Field(description="The standing facts (CloudEvents), in the order of truth")),
        next=(str | None, Field(description="Cursor of the facts after these; null: there are none")),
    )


Timeline = _timeline()

AFTER = [
    {
        "name": "After-Position",
        "in": "header",
        "description": "Answer once this has been applied, as `pathways:123, structures:4`; else 503",
        "schema": {"type": "string"},
    },
    {
        "name": "Prefer",
        "in": "header",
        "description": "How long to wait for that, as `wait=5` (seconds)",
        "schema": {"type": "string"},
    },
]

_JSON_TYPES: dict[Any, dict[str, str]] = {
    UUID: {"type": "string", "format": "uuid"},
    date: {"type": "string", "format": "date"},
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
}


def filters_of(table: str, *, but: str | None = None) -> list[dict[str, Any]]:
    """Query parameters: one for each column shown."""
    return [
        {"name": one.name, "in": "query", "description": one.comment, "schema": _JSON_TYPES[one.type]}
        for one in _shown(READ_TABLES[table])
        if one.name != but
    ]


def filters_of_model(row: type[BaseModel]) -> list[dict[str, Any]]:
    """Query parameters: one for each field of a row."""
    return [
        {"name": name, "in": "query", "description": field.description or "", "schema": _JSON_TYPES[_bare(field)]}
        for name, field in row.model_fields.items()
    ]


def _bare(field: FieldInfo) -> Any:
    kinds = get_args(field.annotation) or (field.annotation,)
    return next(kind for kind in kinds if kind is not type(None))


def add_problems(openapi: dict[str, Any]) -> dict[str, Any]:
    """What any operation may answer instead, in FastAPI's document."""
    say_meanings(openapi)
    schemas = openapi.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in openapi["paths"].values():
        for operation in operations.values():
            operation["responses"] |= {status: _problem(text) for status, text in _PROBLEMS.items()}
    return openapi


def _problem(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


_PROBLEMS = {
    "401": "no token or a bad one",
    "404": "there is nothing at this address, or it is not yours to see",
    "422": "malformed; `errors` says where",
    "503": "not now; send the same request again after `Retry-After` seconds",
}

_TEXT = {"type": "string"}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457, with `code` and more data beside the standard members",
    "required": ["type", "code", "title", "status"],
    "properties": {
        **dict.fromkeys(("type", "code", "title", "title_fr"), _TEXT),
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": dict.fromkeys(("pointer", "code", "message"), _TEXT),
            },
        },
    },
}

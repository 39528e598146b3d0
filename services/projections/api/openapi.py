"""How the OpenAPI document tells routes: their answers, filters, headers, and the problems that any may answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, get_args
from uuid import UUID

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core.core_schema import CoreSchema, any_schema, definitions_schema

from services.projections.api.row_models import page_of
from services.projections.read_tables import READ_TABLES
from shared.web.problems import PROBLEM_SCHEMA
from shared.web.query_parameters import say_meanings

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
    {
        "name": "Acting-For",
        "in": "header",
        "description": "For which of the token's structures this is read, as `structure/<id>`; needed where it has several",
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
        {"name": column.name, "in": "query", "description": column.comment, "schema": _JSON_TYPES[column.type]}
        for column in READ_TABLES[table].listed_columns
        if column.name != but
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
    _say_published_names(openapi)
    schemas = openapi.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    # FastAPI describes errors it would give itself; ours have another form (RFC 9457).
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operations in openapi["paths"].values():
        for operation in operations.values():
            operation["responses"] |= {status: _problem(text) for status, text in _PROBLEMS.items()}
    return openapi


def _say_published_names(openapi: dict[str, Any]) -> None:
    """A schema is called by its class, which may have a better name than the one published: its title."""
    components = openapi.setdefault("components", {})
    schemas = components.get("schemas", {})
    called = {name: schema.get("title", name) for name, schema in schemas.items()}
    components["schemas"] = {called[name]: schemas[name] for name in sorted(schemas, key=lambda name: called[name])}
    # In the whole document: a schema is named wherever another refers to it.
    text = re.sub(r'(?<="#/components/schemas/)\w+', lambda name: called.get(name[0], name[0]), json.dumps(openapi))
    openapi |= json.loads(text)


def _problem(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


_PROBLEMS = {
    "401": "no token or a bad one",
    "403": "the role never sees this, or the token does not name the structure it reads for",
    "404": "there is nothing at this address, or it is not yours to see",
    "422": "malformed; `errors` says where",
    "429": "more than one caller may ask in a minute; `Retry-After` says when to come again",
    "503": "not now; send the same request again after `Retry-After` seconds",
    "504": "the question takes longer than an answer may; ask for less",
}


Answer = type[BaseModel] | Callable[[], type[BaseModel]]
"""A model, or what makes it when it is asked for."""


@dataclass(frozen=True, slots=True)
class _ModelOfDocument:
    """Stands for an answer's model until the document is asked for: no answer is checked by it, and the models of all rows,
    with what would check by them, take a quarter of the CPU in which a process that answers gets ready."""

    model: Answer

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return any_schema()

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        # As a definition of the document, not in place: of what a handler is given itself it forgets the name.
        return handler(definitions_schema(_made(self.model).__pydantic_core_schema__, []))


def _made(model: Answer) -> type[BaseModel]:
    return model if isinstance(model, type) else model()


def described(model: Answer, parameters: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """What describes a route in the OpenAPI document."""
    return {
        "responses": {200: {"model": Annotated[Any, _ModelOfDocument(model)]}},
        "openapi_extra": {"parameters": [*parameters, *AFTER]},
    }


def page_described(row: Answer, parameters: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return described(lambda: page_of(_made(row)), parameters)

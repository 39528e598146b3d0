"""The OpenAPI document: what any operation may answer instead, and headers that all take."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from shared.web.problems import PROBLEM_SCHEMA
from shared.web.query_parameters import say_meanings
from shared.web.request_ids import describe_request_ids

_ACTING_FOR = {
    "name": "Acting-For",
    "in": "header",
    "description": "For which of the token's structures, as `structure/<id>`; needed where it has several, and without a token",
    "schema": {"type": "string"},
}
_PROBLEMS = {
    "401": "no token or a bad one",
    "403": "the role never sees this, or the token does not name the structure",
    "404": "there is nothing at this address, or it is not yours to see",
    "409": "refused by a rule; `code` says which",
    "413": "larger than accepted",
    "415": "content type not read here",
    "422": "malformed; `errors` says where, and quotes nothing",
    "429": "more than one caller may ask in a minute; `Retry-After` says when to come again",
    "503": "not now; send the same request again after `Retry-After` seconds",
}
_OF_BODIES = ("413", "415")


def describe(app: FastAPI) -> None:
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe_request_ids(_with_problems(plain()))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    say_meanings(document)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own, which nothing answers
        schemas.pop(name, None)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in document["paths"].values():
        for method, operation in path.items():
            operation.setdefault("parameters", []).append(_ACTING_FOR)
            operation["responses"] |= {
                status: {"description": text, "content": content}
                for status, text in _PROBLEMS.items()
                if ("requestBody" in operation or status not in _OF_BODIES) and (method == "put" or status != "409")
            }
    return document

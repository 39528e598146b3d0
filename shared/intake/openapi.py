"""The OpenAPI of a write service: every fact as a schema, with a worked example, so that a client can be generated."""

from __future__ import annotations

from typing import Any

from shared.facts.catalogue import Catalogue
from shared.facts.docstrings import docstring
from shared.facts.fact import Fact
from shared.web.query_parameters import say_meanings

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_EXAMPLE_ID = "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d"
_OUTCOMES = ["recorded", "duplicate", "refused", "malformed"]


def describe_intake(openapi: dict[str, Any], service: str, catalogue: Catalogue) -> dict[str, Any]:
    """Add bodies, answers and problems of `POST /<service>/v1/events` to FastAPI's document."""
    say_meanings(openapi)
    schemas = openapi.setdefault("components", {}).setdefault("schemas", {})
    for fact in catalogue.facts.values():
        _add_schemas(schemas, fact)
    schemas["Event"] = {
        "oneOf": [{"$ref": f"#/components/schemas/{fact.__name__}Event"} for fact in catalogue.facts.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {fact.type: f"#/components/schemas/{fact.__name__}Event" for fact in catalogue.facts.values()},
        },
    }
    schemas.update(_ANSWERS)
    openapi["paths"][f"/{service}/v1/events"]["post"].update(_post(catalogue))
    _add_problems(openapi)
    return openapi


def event_example(fact: type[Fact]) -> dict[str, Any]:
    """A whole event around the fact's worked example, ready to be posted."""
    return {
        "specversion": "1.0",
        "id": f"{fact.type.split('.')[1]}-0001",
        "source": "https://software.example/structures/1000-services",
        "type": fact.type,
        "subject": f"{fact.subjects[0]}/{_EXAMPLE_ID}",
        "time": "2026-03-02T09:30:00+01:00",
        "datacontenttype": "application/json",
        "data": fact.example,
    }


def event_schema(fact: type[Fact]) -> dict[str, Any]:
    """JSON Schema of one event with this fact."""
    text = {"type": "string", "minLength": 1, "maxLength": 256}
    return {
        "title": f"{fact.__name__}Event",
        "description": docstring(fact),
        "type": "object",
        "additionalProperties": False,
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0", "type": "string"},
            "id": {**text, "description": "the sender's, unique per source for ever"},
            "source": {
                "type": "string",
                "format": "uri-reference",
                "minLength": 1,
                "maxLength": 512,
                "description": "URI of the sending software",
            },
            "type": {"const": fact.type, "type": "string"},
            "subject": {"type": "string", "pattern": f"^({'|'.join(fact.subjects)})/{_UUID}$"},
            "time": {"type": "string", "format": "date-time", "description": "instant at the sender, with its offset"},
            "datacontenttype": {"const": "application/json", "type": "string"},
            "data": {"$ref": f"#/components/schemas/{fact.__name__}"},
            "replaces": {
                **text,
                "description": "id of the event of the same source that this one corrects, whose time it keeps unless it "
                "was decided only then",
            },
            "expectedversion": {
                "type": "integer",
                "minimum": 0,
                "description": "the subject's streamversion in this service before this event; 0 for none",
            },
            "correlationid": text,
            "causationid": text,
            "saidfor": {
                "type": "string",
                "pattern": f"^(structure/{_UUID}|role/[a-z_]{{1,40}})$",
                "description": "for which structure it is said, where its data name none and the token several",
            },
        },
    }


def _add_schemas(schemas: dict[str, Any], fact: type[Fact]) -> None:
    schema = fact.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[fact.__name__] = {**schema, "examples": [fact.example]}
    schemas[f"{fact.__name__}Event"] = event_schema(fact)


def _post(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "summary": "Record one event, a batch, or a stream of lines",
        "description": (
            "An event comes in CloudEvents' structured mode (the whole of it is the body) or in binary mode (attributes as "
            "headers `ce-id`, `ce-source`, …, percent-encoded; the body is `data`, as `application/json`). Attributes "
            "that are null are absent; `traceparent` and `tracestate` are taken and not kept. The same event may be sent again for ever: it is recorded once and answered the same. "
            "`?atomic=true` records a batch whole or not at all. `If-Match` or `expectedversion` make a change "
            "conditional. `Prefer: return=minimal` answers a stream with its refusals, its warnings and a summary, "
            "whose `position` is that of the last fact these lines recorded. `warnings` come with what is recorded "
            "and looks mistaken. A stream that must end before its last line is answered `503` with `last_line`, the last "
            "one answered, and the `outcomes` up to it; go on behind it. `After-Position` with positions of earlier answers, such as "
            "`pathways:123`, and `Prefer: wait=5`: judged once those have been acted upon here. Without them agrement and "
            "placements wait by themselves, at most 2 s and only where a rule asks, for what other services have recorded; "
            "what has not come then is `503 not_yet_known`."
        ),
        "parameters": [
            {"name": "atomic", "in": "query", "schema": {"type": "boolean", "default": False}},
            {"name": "If-Match", "in": "header", "schema": {"type": "string"}},
            {"name": "After-Position", "in": "header", "schema": {"type": "string"}},
            {"name": "Prefer", "in": "header", "schema": {"type": "string"}},
        ],
        "requestBody": _request_body(catalogue),
        "responses": _responses(),
    }


def _request_body(catalogue: Catalogue) -> dict[str, Any]:
    event = {"$ref": "#/components/schemas/Event"}
    examples = {
        fact.type: {"summary": (docstring(fact) or fact.type).splitlines()[0], "value": event_example(fact)}
        for fact in catalogue.facts.values()
    }
    several = {"type": "array", "items": event}
    return {
        "required": True,
        "content": {
            "application/cloudevents+json": {"schema": event, "examples": examples},
            "application/json": {"schema": {"anyOf": [event, several]}},
            "application/cloudevents-batch+json": {"schema": several},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }


def _responses() -> dict[str, Any]:
    """What posting may answer beside what any operation may."""
    return {
        "200": {
            "description": "a duplicate's first answer, the outcomes of a batch, or the answer lines of a stream",
            "content": {
                "application/json": {
                    "schema": {
                        "anyOf": [
                            {"$ref": "#/components/schemas/Answer"},
                            {"$ref": "#/components/schemas/Outcomes"},
                        ]
                    }
                },
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        "201": {
            "description": "recorded",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}},
        },
        "409": _problem("refused by a rule; `code` says which, the rule's data beside it"),
        "412": _problem("`expectedversion` or `If-Match` is not met"),
        "413": _problem("larger than accepted"),
        "415": _problem("content type not read here"),
        "403": _problem("not your source"),
        "500": _problem("an error of ours; nothing was recorded"),
    }


def _add_problems(openapi: dict[str, Any]) -> None:
    """What any operation may answer."""
    for operations in openapi["paths"].values():
        for operation in operations.values():
            operation["responses"].update(
                {
                    "401": _problem("no token or a bad one"),
                    "422": _problem("malformed; `errors` holds a JSON pointer for each fault"),
                    "429": _problem("more than one caller may send in a minute; `Retry-After` says when to come again"),
                    "503": _problem("not now; send the same request again after `Retry-After` seconds"),
                }
            )


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


_ANSWERS: dict[str, Any] = {
    "Answer": {
        "type": "object",
        "required": ["id", "outcome", "position", "recordedtime", "effects"],
        "properties": {
            "id": {"type": "string"},
            "outcome": {"enum": ["recorded", "duplicate"], "type": "string"},
            "position": {"type": "string", "examples": ["pathways:42"]},
            "recordedtime": {"type": "string", "format": "date-time"},
            "effects": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "type"],
                    "properties": {"id": {"type": "string"}, "type": {"type": "string"}},
                },
            },
            "warnings": {
                "type": "array",
                "description": "what looks mistaken in what was recorded; absent where nothing does",
                "items": {"$ref": "#/components/schemas/EventWarning"},
            },
        },
    },
    "Outcomes": {
        "type": "object",
        "required": ["outcomes"],
        "properties": {
            "outcomes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "outcome"],
                    "properties": {"id": {"type": "string"}, "outcome": {"enum": _OUTCOMES, "type": "string"}},
                },
            }
        },
    },
    "Problem": {
        "type": "object",
        "description": "RFC 9457, with `code` and the data of the rule beside the standard members",
        "required": ["type", "code", "title", "status"],
        "properties": {
            "type": {"type": "string"},
            "code": {"type": "string"},
            "title": {"type": "string"},
            "title_fr": {"type": "string"},
            "status": {"type": "integer"},
            "article": {"type": "string"},
            "standing": {
                "type": "object",
                "description": "of a collision: the fact that stands; `position` is null where it came with the same "
                "request and was not recorded either",
                "required": ["id", "source", "position"],
                "properties": {
                    "id": {"type": "string"},
                    "source": {"type": "string"},
                    "position": {"type": ["string", "null"], "examples": ["pathways:42"]},
                },
            },
            "looked_at": {
                "type": "object",
                "description": "where the rule asks for facts of services: up to which sequence of each they were known",
                "additionalProperties": {"type": "integer"},
            },
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "message"],
                    "properties": {
                        "pointer": {"type": "string"},
                        "code": {"type": "string"},
                        "message": {"type": "string"},
                    },
                },
            },
        },
    },
}

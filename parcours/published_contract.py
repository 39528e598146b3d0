"""The contract as files: OpenAPI of each service, JSON Schema of each fact, AsyncAPI of the topics. All generated."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr

from parcours import parts
from services.agrement import main as agrement
from services.pathways import main as pathways
from services.placements import main as placements
from services.projections import main as projections
from services.projections.catalogue import CATALOGUE
from services.structures import main as structures
from shared.facts.docstrings import docstring
from shared.facts.fact import Fact
from shared.intake.openapi import event_example, event_schema
from shared.intake.write_service import Surroundings
from shared.log.envelope import MARK, mark
from shared.process.embedded import embedded_postgres
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.web.callers import LocalCallers

_RECORDED_TIME = "2026-03-02T08:30:01.000000Z"


def documents() -> dict[str, str]:
    """Path below the contract's folder, and the text of each file."""
    with TemporaryDirectory() as folder:  # a store connects when it is made
        os.chmod(folder, 0o711)  # the database's system user passes through it
        with embedded_postgres(Path(folder)) as url:
            found: dict[str, Any] = {f"openapi/{name}.json": document for name, document in _openapi(url)}
    found |= {f"facts/{name}.json": fact_schema(fact) for name, fact in CATALOGUE.facts.items()}
    found["asyncapi.json"] = asyncapi()
    return {path: json.dumps(document, ensure_ascii=False, indent=2) + "\n" for path, document in found.items()}


def differences(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Files missing, other than they should be, or not part of the contract any more."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.json")} if folder.is_dir() else set()
    changed = {path for path in there & wanted.keys() if (folder / path).read_text(encoding="utf-8") != wanted[path]}
    return sorted(changed | (there ^ wanted.keys()))


def write(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Bring the folder's JSON files up to date; answers what changed."""
    changed = differences(folder, wanted)
    for path in changed:
        target = folder / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted[path], encoding="utf-8")
        else:
            target.unlink()
    return changed


def _openapi(database_url: str) -> Iterator[tuple[str, dict[str, Any]]]:
    around = Surroundings(database_url, LocalCallers(), Metrics())
    reading = projections.create(Settings(), database_url, LocalCallers(), "store")
    writing = (
        structures.create(around),
        # Any key: nothing is asked here but what the routes look like.
        pathways.service(b"").create(around),
        agrement.service().create(around),
        placements.service().create(around),
    )
    for part in writing:
        yield part.name, part.app.openapi()
        part.part.close()
        part.store.close()
    reading.database.close()
    yield projections.NAME, reading.app.openapi()
    # Any key here too, as long as it could be one.
    key = SecretStr("contract:" + b64encode(bytes(range(32))).decode())
    names = parts.identity_service(Settings(database_url=database_url, identity_key=key), LocalCallers())
    yield parts.IDENTITIES, names.app.openapi()
    names.stop()


def fact_schema(fact: type[Fact]) -> dict[str, Any]:
    """One event as it is sent, complete in itself."""
    data = fact.model_json_schema()
    definitions = data.pop("$defs", {})
    schema = event_schema(fact)
    schema["properties"]["data"] = {"$ref": f"#/$defs/{fact.__name__}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:parcours:fact:{fact.type}",
        **schema,
        "$defs": {**definitions, fact.__name__: {**data, "x-visibility": _visibility(fact)}},
        "examples": [event_example(fact)],
    }


def _visibility(fact: type[Fact]) -> dict[str, str]:
    return {name: fact.visibility_of(name).value for name in fact.model_fields}


def recorded_schema(fact: type[Fact]) -> dict[str, Any]:
    """One event as it is published: without what was a condition of sending, with what recording added."""
    schema = event_schema(fact)
    properties = {name: text for name, text in schema["properties"].items() if name != "expectedversion"}
    added = {
        "recordedtime": {
            "type": "string",
            "format": "date-time",
            "description": "UTC with six decimals, printed as compared; never decreasing within a service",
        },
        "sequence": {"type": "integer", "minimum": 1, "description": "the service's, growing"},
        "streamversion": {"type": "integer", "minimum": 1, "description": "1, 2, 3… per service and subject"},
    }
    return {
        **schema,
        "title": fact.__name__,
        "additionalProperties": True,
        "required": [*schema["required"], *added],
        "properties": {**properties, **added},
    }


def asyncapi() -> dict[str, Any]:
    """Topics, their messages, and how readers are to take them."""
    services = sorted({fact.service() for fact in CATALOGUE.facts.values()})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "parcours: facts as they are published",
            "version": "1",
            "description": (
                "Topics are named <prefix>.<service> (prefix parcours unless set). Record key: the subject. Records "
                "of one subject keep their order. At least once: readers drop a (service, sequence) they have. Readers "
                "ignore fields and types they do not know."
            ),
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {name: _channel(name) for name in services},
        "operations": {
            f"read_{name}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": f"Facts of {name}, each once or more, and marks",
            }
            for name in services
        },
        "components": {"messages": _messages(services), "schemas": _schemas()},
    }


def _channel(service: str) -> dict[str, Any]:
    mine = [fact.type for fact in CATALOGUE.facts.values() if fact.service() == service]
    names = [*mine, _mark_of(service)]
    return {
        "address": f"parcours.{service}",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topicConfiguration": {"cleanup.policy": ["delete"]}, "bindingVersion": "0.5.0"}},
    }


def _mark_of(service: str) -> str:
    return f"{MARK}.{service}"


def _messages(services: list[str]) -> dict[str, Any]:
    messages: dict[str, Any] = {fact.type: _message(fact) for fact in CATALOGUE.facts.values()}
    for service in services:
        example = json.loads(mark(service, 42, "q1Sh-9_AQTaXX7yCLXZbDw"))
        messages[_mark_of(service)] = {
            "title": "Mark",
            "summary": "Every fact of the service up to `through` stands before this in the partition",
            "payload": {"$ref": "#/components/schemas/Mark"},
            "examples": [{"payload": example}],
        }
    return messages


def _message(fact: type[Fact]) -> dict[str, Any]:
    example = {**event_example(fact), "recordedtime": _RECORDED_TIME, "sequence": 42, "streamversion": 1}
    return {
        "name": fact.type,
        "title": fact.__name__,
        "summary": " ".join(docstring(fact).split()),
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"#/components/schemas/{_name(fact)}Event"},
        "bindings": {"kafka": {"key": {"type": "string", "description": "the subject"}, "bindingVersion": "0.5.0"}},
        "examples": [{"payload": example}],
    }


def _name(fact: type[Fact]) -> str:
    """Two services may have a fact of one name (`FactVoided`)."""
    return f"{fact.service().capitalize()}{fact.__name__}"


def _schemas() -> dict[str, Any]:
    schemas: dict[str, Any] = {"Headers": _HEADERS, "Mark": _MARK}
    for fact in CATALOGUE.facts.values():
        data = fact.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= data.pop("$defs", {})
        event = recorded_schema(fact)
        event["properties"]["data"] = {"$ref": f"#/components/schemas/{_name(fact)}"}
        schemas[_name(fact)] = data
        schemas[f"{_name(fact)}Event"] = event
    return schemas


_HEADERS: dict[str, Any] = {
    "type": "object",
    "properties": {
        name: {"type": "string"}
        for name in (
            "content-type",
            "sequence",
            "streamversion",
            "ce_id",
            "ce_source",
            "ce_type",
            "ce_subject",
            "ce_time",
            "ce_recordedtime",
            "ce_correlationid",
            "ce_causationid",
            "ce_saidfor",
        )
    },
}
_MARK: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "through", "topicid"],
    "properties": {
        "specversion": {"const": "1.0", "type": "string"},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "type": {"const": MARK, "type": "string"},
        "through": {"type": "integer", "minimum": 0},
        "topicid": {"type": "string", "description": "the topic's id: marks of a topic made anew are told apart"},
    },
}

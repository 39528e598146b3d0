"""What of a fact a caller is shown: `structure` fields only to those who wrote it or work in its structure."""

from __future__ import annotations

import json
from typing import Any

from shared.callers import Caller
from shared.facts import Catalogue, Fact, Visibility
from shared.store import LogEntry


def shown(entry: LogEntry, catalogue: Catalogue, caller: Caller) -> dict[str, Any]:
    """The CloudEvent of a log entry without the fields hidden from this caller."""
    event: dict[str, Any] = json.loads(entry.wire)
    fact = catalogue.facts.get(entry.type)
    if not caller.is_local:
        event["data"] = visible_data(event["data"], event["source"], fact, caller)
    return event


def visible_data(data: dict[str, Any], source: str, fact: type[Fact] | None, caller: Caller) -> dict[str, Any]:
    if fact is None:  # a type of a newer version: nobody knows what may be shown
        return data if caller.speaks_for(source) else {}
    if caller.speaks_for(source) or data.get("structure_id") in caller.structures:
        return data
    return {name: value for name, value in data.items() if name in fact.model_fields and not _hidden(fact, name, value)}


def _hidden(fact: type[Fact], field: str, value: object) -> bool:
    return fact.visibility_of(field, value) is Visibility.STRUCTURE

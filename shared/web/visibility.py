"""What of a fact a caller is shown: `structure` fields only to those who wrote it or work in its structure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact, Visibility
from shared.facts.sayers import named_in
from shared.rights.caller import Caller


def sayer_of_event(event: Mapping[str, Any], catalogue: Catalogue) -> str | None:
    """For whom a recorded CloudEvent was said: as recorded; facts from before were said for whom they name."""
    kind = catalogue.facts.get(event["type"])
    if "saidfor" in event or kind is None:
        return event.get("saidfor")
    return named_in(kind, event["data"], event["subject"])


def with_sayer(event: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """A recorded CloudEvent with for whom it was said."""
    sayer = sayer_of_event(event, catalogue)
    return event if sayer is None else {**event, "saidfor": sayer}


def visible_event(event: dict[str, Any], catalogue: Catalogue, caller: Caller) -> dict[str, Any]:
    """A recorded CloudEvent without the fields of `data` hidden from this caller."""
    if caller.is_local:
        return event
    return {**event, "data": _visible(event["data"], event["source"], catalogue.facts.get(event["type"]), caller)}


def _visible(data: dict[str, Any], source: str, fact: type[Fact] | None, caller: Caller) -> dict[str, Any]:
    if caller.speaks_for(source) or data.get("structure_id") in caller.structures:
        return data
    if fact is None:  # a type of a newer version: nobody knows what may be shown
        return {}
    return {
        name: value
        for name, value in data.items()
        if name in fact.model_fields and fact.visibility_of(name, value) is not Visibility.STRUCTURE
    }

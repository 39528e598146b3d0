"""What of a fact a caller is shown: `structure` fields only to those who wrote it or work in its structure, `sensitive`
ones to whoever said it alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact, Visibility
from shared.facts.sayers import named_in
from shared.facts.saying import ROLE, STRUCTURE
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
    data, fact = event["data"], catalogue.facts.get(event["type"])
    hidden = _hidden(event, data, catalogue, caller)
    if hidden and fact is None:  # a type of a newer version: nobody knows what may be shown
        return {**event, "data": {}}
    return {**event, "data": {name: value for name, value in data.items() if not _is_one_of(hidden, fact, name, value)}}


def _hidden(
    event: dict[str, Any], data: dict[str, Any], catalogue: Catalogue, caller: Caller
) -> tuple[Visibility, ...]:
    """Classes of fields that this caller is not shown."""
    if _is_sayer(with_sayer(event, catalogue).get("saidfor"), event["source"], caller):
        return ()
    if caller.speaks_for(event["source"]) or data.get("structure_id") in caller.structures:
        return (Visibility.SENSITIVE,)
    return (Visibility.SENSITIVE, Visibility.STRUCTURE)


def _is_sayer(sayer: str | None, source: str, caller: Caller) -> bool:
    """Of a fact from before that names nobody, those who may speak under its source are all there is to go by."""
    if sayer is None:
        return caller.speaks_for(source)
    return sayer == ROLE + caller.role or sayer.removeprefix(STRUCTURE) in caller.structures


def _is_one_of(hidden: tuple[Visibility, ...], fact: type[Fact] | None, name: str, value: Any) -> bool:
    if not hidden:
        return False
    return fact is None or name not in fact.model_fields or fact.visibility_of(name, value) in hidden

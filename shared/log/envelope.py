"""Is a record a fact, a mark, or something nobody can read? Never an exception, whatever the bytes are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import SchemaValidator, ValidationError, from_json
from pydantic_core import core_schema as schema

from shared.log.place import Arrived

MARK = "parcours.mark"

LARGEST = 1 << 20
"""Bytes. A fact has 64 KiB at most; what is larger than this was not written by a store."""
LAST_SEQUENCE = (1 << 63) - 1
LONGEST = {"id": 256, "source": 512, "type": 256, "subject": 256, "topicid": 64}
"""Characters: what intake accepts, with room. All are parts of keys, and an index row is small."""
LEAST = {"sequence": 1, "streamversion": 1, "through": 0, "partitions": 0}

ESSENTIAL = ("id", "source", "type", "subject", "time", "recordedtime", "sequence", "streamversion", "data")

# What PostgreSQL takes for an instant, and such that text order is time order.
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def _object(*names: str, perhaps: str = "") -> SchemaValidator:
    """Of an object with these attributes, and others that count for nothing."""
    fields = {name: schema.typed_dict_field(_value(name)) for name in names}
    if perhaps:
        fields[perhaps] = schema.typed_dict_field(_value(perhaps), required=False)
    return SchemaValidator(schema.typed_dict_schema(fields, extra_behavior="ignore"))


def _value(name: str) -> schema.CoreSchema:
    if name in LEAST:
        return schema.int_schema(strict=True, ge=LEAST[name], le=LAST_SEQUENCE)
    return schema.str_schema(strict=True, min_length=1, max_length=LONGEST.get(name))


_FACT = _object("sequence", "streamversion", "id", "source", "type", "subject", "recordedtime")
_MARK = _object("through", "topicid", perhaps="partitions")


@dataclass(frozen=True, slots=True)
class Mark:
    """What this partition of the topic `topic_id` holds of the service's facts up to `through` stands before this.
    `partitions`: to how many of the topic facts went by then; 0 where older code does not say."""

    through: int
    topic_id: str
    partitions: int = 0


class UnreadableError(ValueError):
    """The message is the reason that stands on the letter."""


def mark(service: str, through: int, topic_id: str, partitions: int = 0) -> bytes:
    """The value of a mark's record. A topic re-created under the relay would else hold marks for the old one."""
    envelope = {
        "specversion": "1.0",
        "id": f"{topic_id}/{through}",
        "source": f"urn:parcours:{service}",
        "type": MARK,
        "through": through,
        "topicid": topic_id,
        "partitions": partitions,
    }
    return json.dumps(envelope, separators=(",", ":")).encode()


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two envelopes say the same fact. What newer code adds around it does not count."""
    if one == other:
        return True
    try:
        first, second = (_json_object(value) for value in (one, other))
    except UnreadableError:
        return False
    return all(first.get(name) == second.get(name) for name in ESSENTIAL)


def is_emptied(envelope: bytes) -> bool:
    """Whether a fact is what an erasure has left of it."""
    if b'"erased":' not in envelope:  # nearly always: nothing is read
        return False
    try:
        return isinstance(_json_object(envelope).get("erased"), int)
    except UnreadableError:
        return False


def read(service: str, partition: int, value: bytes | None) -> Arrived | Mark:
    """The fact or mark in a record's value. Raise UnreadableError."""
    try:
        # Only what is asked for becomes objects of Python: most of an envelope is its data, which nobody reads here.
        attributes = _FACT.validate_json(_bounded(value))
    except ValidationError as error:
        envelope = _json_object(value)
        if envelope.get("type") == MARK:
            return _mark_of(envelope)
        raise UnreadableError(_reason(error)) from None
    assert value is not None  # else it was refused
    if attributes["type"] == MARK:
        return _mark_of(_json_object(value))
    # Where one of these is the envelope is looked at whole: the first is no text of PostgreSQL, the others are no JSON, and
    # the parser beneath `SchemaValidator` takes them.
    if b"\\u0000" in value or b"NaN" in value or b"Infinity" in value:
        _refuse_nul(_json_object(value))
    _check_instant(attributes["recordedtime"])
    return Arrived(service=service, **attributes, envelope=value, partition=partition)


def fact_in(service: str, value: bytes | None) -> Arrived | None:
    """The fact in an envelope of a store; None where nobody can read it."""
    try:
        found = read(service, 0, value)
    except UnreadableError:
        return None
    return None if isinstance(found, Mark) else found


def _bounded(value: bytes | None) -> bytes:
    if not value:
        raise UnreadableError("the record has no value")
    if len(value) > LARGEST:
        raise UnreadableError(f"the value has {len(value)} bytes, more than {LARGEST}")
    return value


def _json_object(value: bytes | None) -> dict[str, Any]:
    text = _bounded(value)
    try:
        envelope = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise UnreadableError(f"the value is not JSON: {error}") from error
    if not isinstance(envelope, dict):
        raise UnreadableError("the value is not a JSON object")
    return envelope


def _mark_of(envelope: Mapping[str, Any]) -> Mark:
    try:
        attributes = _MARK.validate_python(envelope)
    except ValidationError as error:
        raise UnreadableError(_reason(error)) from None
    return Mark(attributes["through"], attributes["topicid"], attributes.get("partitions", 0))


def _reason(error: ValidationError) -> str:
    """Of its first fault."""
    fault = error.errors(include_url=False, include_input=False)[0]
    name = str(fault["loc"][0]) if fault["loc"] else "the value"
    if fault["type"] == "string_too_long":
        return f"{name} has more than {LONGEST[name]} characters"
    if name in LEAST:
        return f"{name} is not an integer of at least {LEAST[name]}"
    return f"{name} is not a text"


def _check_instant(value: str) -> None:
    if not _INSTANT.fullmatch(value):
        raise UnreadableError("recordedtime is not like 2024-03-04T09:00:00.000000Z")
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise UnreadableError("recordedtime is not an instant") from error


def _refuse_nul(value: Any) -> None:
    """PostgreSQL's text has no U+0000."""
    waiting = [value]  # not by recursion: a record from elsewhere may be nested deeper than Python goes
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, str) and "\x00" in item:
            raise UnreadableError("the value holds U+0000")

"""Is a record a fact, a mark, or something nobody can read? Never an exception, whatever the bytes are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from shared.log.place import Arrived

MARK = "parcours.mark"

LARGEST = 1 << 20
"""Bytes. A fact has 64 KiB at most; what is larger than this was not written by a store."""
LAST_SEQUENCE = (1 << 63) - 1
LONGEST = {"id": 256, "source": 512, "type": 256, "subject": 256}
"""Characters: what intake accepts, with room. All are parts of keys, and an index row is small."""

ESSENTIAL = ("id", "source", "type", "subject", "time", "recordedtime", "sequence", "streamversion", "data")

# What PostgreSQL takes for an instant, and such that text order is time order.
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


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


def read(service: str, partition: int, value: bytes | None) -> Arrived | Mark:
    """The fact or mark in a record's value. Raise UnreadableError."""
    envelope = _json_object(value)
    if envelope.get("type") == MARK:
        partitions = _integer(envelope, "partitions", least=0) if "partitions" in envelope else 0
        return Mark(_integer(envelope, "through", least=0), _text(envelope, "topicid", 64), partitions)
    if b"\\u0000" in value:  # type: ignore[operator]  # None did not pass
        _refuse_nul(envelope)
    return Arrived(
        service=service,
        sequence=_integer(envelope, "sequence"),
        streamversion=_integer(envelope, "streamversion"),
        **{name: _text(envelope, name, longest) for name, longest in LONGEST.items()},
        recordedtime=_instant(envelope),
        envelope=value,  # type: ignore[arg-type]
        partition=partition,
    )


def fact_in(service: str, value: bytes | None) -> Arrived | None:
    """The fact in an envelope of a store; None where nobody can read it."""
    try:
        found = read(service, 0, value)
    except UnreadableError:
        return None
    return None if isinstance(found, Mark) else found


def _json_object(value: bytes | None) -> dict[str, Any]:
    if not value:
        raise UnreadableError("the record has no value")
    if len(value) > LARGEST:
        raise UnreadableError(f"the value has {len(value)} bytes, more than {LARGEST}")
    try:
        envelope = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise UnreadableError(f"the value is not JSON: {error}") from error
    if not isinstance(envelope, dict):
        raise UnreadableError("the value is not a JSON object")
    return envelope


def _text(envelope: Mapping[str, Any], name: str, longest: int) -> str:
    value = envelope.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"{name} is not a text")
    if len(value) > longest:
        raise UnreadableError(f"{name} has more than {longest} characters")
    return value


def _integer(envelope: Mapping[str, Any], name: str, least: int = 1) -> int:
    value = envelope.get(name)
    if type(value) is not int or not least <= value <= LAST_SEQUENCE:
        raise UnreadableError(f"{name} is not an integer of at least {least}")
    return value


def _instant(envelope: Mapping[str, Any]) -> str:
    value = envelope.get("recordedtime")
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise UnreadableError("recordedtime is not like 2024-03-04T09:00:00.000000Z")
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise UnreadableError("recordedtime is not an instant") from error
    return value


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

"""A fact as it comes out of a log, and the place in the log where a reader goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

Key = tuple[str, int]
"""Service and partition; a store has partition 0 only."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go on. `offset`: the next to read (of a store: the last sequence read). `through`: every fact of this
    partition with a sequence up to it was delivered. `topic_id`: another one means another topic of the same name."""

    topic_id: str
    offset: int
    through: int


class Arrived(NamedTuple):
    """One fact with a readable envelope; `envelope` is the whole CloudEvent as it was published."""

    service: str
    sequence: int
    streamversion: int
    subject: str
    type: str
    id: str
    source: str
    recordedtime: str
    envelope: bytes
    partition: int

"""A fact about to be recorded, as it is stored, and as it was first answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from pydantic_core import to_json

from shared.facts.fact import Recorded, wire


class ConflictError(Exception):
    """Somebody else recorded first (another process of this service): load again and decide again."""


ATTEMPTS = 6
"""How often what meets a conflict is loaded and decided again. Each time somebody else has got on."""


@dataclass(frozen=True, slots=True)
class NewFact:
    """A decided fact, ready but for what only the commit knows (`recordedtime`, `sequence`).

    `data`: the fact's data as JSON, stored as it is. `digest`: of what the sender sent, empty for a service's own fact.
    `effects`: recorded right behind it. `claims`: what it takes for itself in the whole service, for ever where `lasting`,
    `releases`: what its subject gives back of that. `warnings`: as
    its answer shows them.
    """

    fact: Recorded
    data: bytes
    digest: bytes
    effects: tuple[NewFact, ...] = ()
    claims: tuple[str, ...] = ()
    lasting: bool = True
    releases: tuple[str, ...] = ()
    warnings: tuple[dict[str, str], ...] = ()
    told_version: int = 0
    """The subject's version behind it and its effects, as its sender counts."""


class LogEntry(NamedTuple):
    """One fact of the log, as stored. A tuple as its row is one: logs are read by the hundred thousand."""

    sequence: int
    subject: str
    streamversion: int
    type: str
    state: bytes

    @property
    def wire(self) -> bytes:
        return wire(self.state, self.sequence, self.streamversion)


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """What was answered when the event was recorded; the same for ever.

    `sequence`, `streamversion`: of the last fact that the event brought about, effects included.
    """

    digest: bytes
    sequence: int
    streamversion: int | None
    recordedtime: str
    effects: list[dict[str, str]]
    warnings: list[dict[str, str]]


def head_of(fact: Recorded) -> str:
    """The stored form, the CloudEvent without `sequence` and `streamversion`, which are columns, up to its instant; behind
    that comes its data."""
    envelope: dict[str, object] = {
        "specversion": "1.0",
        "id": fact.id,
        "source": fact.source,
        "type": fact.type,
        "subject": fact.subject,
        "time": fact.time.isoformat(),
        "datacontenttype": "application/json",
    }
    for name in ("replaces", "correlationid", "causationid", "saidfor", "unproven", "erased"):
        if (value := getattr(fact, name)) is not None:
            envelope[name] = value
    return to_json(envelope)[:-1].decode() + ',"recordedtime":"'


def effects_text(fact: NewFact) -> str:
    """As its intake row keeps what else was recorded because of it."""
    return json.dumps(listed_effects(fact)) if fact.effects else "[]"


def warnings_text(fact: NewFact) -> str:
    """As its intake row keeps its warnings; empty for none."""
    return json.dumps(fact.warnings) if fact.warnings else ""


def listed_effects(fact: NewFact) -> list[dict[str, str]]:
    """What else was recorded because of a fact, as its answer lists it."""
    return [{"id": effect.fact.id, "type": effect.fact.type} for effect in fact.effects]

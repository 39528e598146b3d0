"""What a person's placements ask of structures and clients, from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from services.structures.facts import DerogationGranted
from services.structures.facts.derogations import derogations
from services.structures.facts.kinds import client_kind_on, kind_on
from shared.facts.fact import Recorded


class World(Protocol):
    """None: not known (yet)."""

    def structure_kind(self, structure_id: UUID, day: date) -> str | None: ...

    def client_kind(self, client_id: UUID, day: date) -> str | None: ...

    def derogations(self, structure_id: UUID) -> Sequence[DerogationGranted]:
        """Those of rule `ai_hours_cap`, in the order of truth."""
        ...


class NothingKnown:
    """The world before anything has come of it: no placement is capped."""

    def structure_kind(self, _: UUID, __: date) -> str | None:
        return None

    def client_kind(self, _: UUID, __: date) -> str | None:
        return None

    def derogations(self, _: UUID) -> Sequence[DerogationGranted]:
        return ()


class KnownWorld:
    """From the facts read so far. `lookup`: the standing facts of structures about a subject."""

    def __init__(self, lookup: Callable[[str], Sequence[Recorded]]) -> None:
        self._lookup = lookup

    def structure_kind(self, structure_id: UUID, day: date) -> str | None:
        return kind_on(self._lookup(f"structure/{structure_id}"), day)

    def client_kind(self, client_id: UUID, day: date) -> str | None:
        return client_kind_on(self._lookup(f"client/{client_id}"), day)

    def derogations(self, structure_id: UUID) -> Sequence[DerogationGranted]:
        return derogations(self._lookup(f"structure/{structure_id}"), "ai_hours_cap")

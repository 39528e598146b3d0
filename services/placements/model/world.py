"""What a person's placements ask of structures and clients, from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from services.structures.facts import DerogationGranted


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

"""The shapes of this service's answers, for its OpenAPI document; `docs/contract` holds what comes of it."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from services.placements.model.windows import Scope
from services.structures.facts.clients import ClientKind

Confidence = Literal["confirmed", "open"]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WindowShape(Shape):
    """The days over which hours add up, both included."""

    starts_on: date
    ends_on: date


class LiftedShape(Shape):
    """The derogation that counts that day. `limit`: the cap it sets; null: there is none."""

    derogation_id: UUID
    until: date
    limit: float | None


class WarningShape(Shape):
    """`share` of the cap, in hours `at_hours`, at which `cap_approaching` is said."""

    share: float
    at_hours: float
    reached: bool


class CapShape(Shape):
    """What one association may still plan with capped clients. `window`: null where none is open that day; a placement
    that began that day would open one, and the figures are those of that one. `limit`, `hours_left`: null where there
    is no cap that day."""

    structure_id: UUID
    window: WindowShape | None
    limit: float | None
    hours_worked: float
    hours_planned: float
    hours_left: float | None
    lifted: LiftedShape | None
    warning: WarningShape | None
    article: str
    confidence: Confidence


class ClientKindShape(Shape):
    """`confidence`: open where no source that could be read settles it."""

    kind: ClientKind
    confidence: Confidence
    source: str


_EXAMPLE: dict[str, Any] = {
    "person_id": "6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001",
    "on": "2025-11-01",
    "scope": "structure",
    "caps": [
        {
            "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a03",
            "window": {"starts_on": "2024-02-10", "ends_on": "2026-02-09"},
            "limit": 480.0,
            "hours_worked": 479.0,
            "hours_planned": 0.0,
            "hours_left": 1.0,
            "lifted": None,
            "warning": {"share": 0.8, "at_hours": 384.0, "reached": True},
            "article": "L5132-9",
            "confidence": "confirmed",
        }
    ],
    "capped_client_kinds": [{"kind": "company", "confidence": "confirmed", "source": "L5132-9, L2211-1"}],
    "free_client_kinds": [{"kind": "household", "confidence": "confirmed", "source": "L5132-9, L2211-1"}],
}


class PersonCaps(Shape):
    """The caps on a person's hours with companies on a day; none for a person nobody has spoken of. Hours with the free
    kinds of clients are never counted."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    person_id: UUID
    on: date
    scope: Scope
    caps: list[CapShape]
    capped_client_kinds: list[ClientKindShape]
    free_client_kinds: list[ClientKindShape]

"""What the service says by itself: hires that use an agrément, suspensions a hire has lifted, ends that come or came.

Nobody else may post or void them: they follow from other facts.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from services.structures.facts import StructureKind
from shared.facts.fact import Day, Fact
from shared.facts.saying import EVENT_MONTHS, Relates, Said, Thing, own


class HireLinked(Fact):
    """A SIAE hired the person from `starts_on`; `agrement_id`: the agrément it uses, absent where there was none."""

    type: ClassVar[str] = "agrement.hire_linked.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    said: ClassVar[Said] = own("structure_id", relates=Relates("hired", of="contract_id", months=EVENT_MONTHS))
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "structure_kind": "ACI",
        "starts_on": "2024-01-15",
    }
    agrement_id: UUID | None = None
    contract_id: UUID
    structure_id: UUID
    structure_kind: StructureKind
    starts_on: Day


class SuspensionLifted(Fact):
    """A hire ended a suspension on the day before it (`ends_on`); absent, the suspension began that day and is gone."""

    type: ClassVar[str] = "agrement.suspension_lifted.v1"
    occurred_on_field: ClassVar[str] = "lifted_on"
    said: ClassVar[Said] = own()
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "suspension_id": "5e4d3c2b-1a0f-4e9d-8c7b-6a5f4e3d2c51",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c02",
        "lifted_on": "2024-07-22",
        "ends_on": "2024-07-21",
    }
    agrement_id: UUID
    suspension_id: UUID
    contract_id: UUID
    lifted_on: Day
    ends_on: Day | None = None


class AgrementExpiring(Fact):
    """On `due_on`, the agrément was to end on `ends_on`, `days_before` later. Says nothing once the end has moved."""

    type: ClassVar[str] = "agrement.agrement_expiring.v1"
    occurred_on_field: ClassVar[str] = "due_on"
    said: ClassVar[Said] = own(about=(Thing("agrement", "agrement_id"),))
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "ends_on": "2026-01-13",
        "days_before": 90,
        "due_on": "2025-10-15",
    }
    agrement_id: UUID
    ends_on: Day
    days_before: int
    due_on: Day


class AgrementExpired(Fact):
    """`ended_on` was the agrément's last day, as known when it was over."""

    type: ClassVar[str] = "agrement.agrement_expired.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    said: ClassVar[Said] = own(about=(Thing("agrement", "agrement_id"),))
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "ended_on": "2026-01-13",
    }
    agrement_id: UUID
    ended_on: Day

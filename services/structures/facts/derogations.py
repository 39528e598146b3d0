"""Derogations: the prefect lifts or moves a limit for one structure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from services.structures.facts.bodies import Amount
from services.structures.facts.codes import CODES
from services.structures.facts.structures import StructureFact
from shared.facts.fact import Day, Recorded, Visibility

DerogationRule = Annotated[
    Literal["ai_hours_cap", "weekly_hours_collective", "cdi_inclusion_share"], CODES.named("derogation_rule")
]


class DerogationGranted(StructureFact):
    """The prefect lifts or moves a limit for this structure. `limit`: the new one, in the unit of its rule.

    Source: L5132-9 (hours with companies, an association, three years), D5132-43-8 to -10 (weekly hours).
    """

    type: ClassVar[str] = "structures.derogation_granted.v1"
    occurred_on_field: ClassVar[str] = "decided_on"
    example: ClassVar[dict[str, Any]] = {
        "derogation_id": "0b7e3c70-3d0e-4a37-8f2e-5f6e4c1d9a21",
        "rule": "ai_hours_cap",
        "decided_on": "2023-12-15",
        "starts_on": "2024-01-01",
        "ends_on": "2026-12-31",
    }
    derogation_id: UUID
    rule: DerogationRule
    decided_on: Day
    starts_on: Day
    ends_on: Day
    limit: Annotated[Amount | None, Visibility.GROUP] = None


def derogations(facts: Iterable[Recorded], rule: DerogationRule) -> list[DerogationGranted]:
    """A structure's derogations from one rule, in the order of truth."""
    return [fact.data for fact in facts if isinstance(fact.data, DerogationGranted) and fact.data.rule == rule]

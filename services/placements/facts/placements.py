"""Mises à disposition: agreed with a client, changed, ended."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.placements.facts.codes import CODES
from shared.facts.fact import Code, Day, Fact, Hours, PlainCodes
from shared.facts.saying import Said, Thing, structure

Purpose = Annotated[Literal["assignment", "bridge"], CODES.named("placement_purpose")]

PLAIN_END_CAUSES = PlainCodes(("term", "client_stopped", "hired_by_client"))

PlannedHours = Annotated[Hours, Field(le=10_000)]
"""Of a whole placement; more is a slip of the keyboard."""


class PlacementAgreed(Fact):
    """A structure lends the person to a client from `starts_on`. `bridge`: contrat passerelle, by an EI or ACI.

    `planned_hours`: of the whole placement; they count against the cap until worked. Source: L5132-7 to L5132-9.
    """

    type: ClassVar[str] = "placements.placement_agreed.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    said: ClassVar[Said] = Said(by=(structure("structure_id"),), makes=(Thing("placement", "placement_id"),))
    example: ClassVar[dict[str, Any]] = {
        "placement_id": "b5a4f3e2-d1c0-4b9a-8f7e-6d5c4b3a2ff1",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a03",
        "client_id": "c9b8a7f6-e5d4-4c3b-8a2f-1e0d9c8b7a01",
        "starts_on": "2024-02-10",
        "ends_on": "2024-03-31",
        "planned_hours": 60,
        "occupation_code": "K2204",
        "purpose": "assignment",
    }
    placement_id: UUID
    structure_id: UUID
    client_id: UUID
    starts_on: Day
    ends_on: Day | None = None
    planned_hours: PlannedHours | None = None
    contract_id: UUID | None = None
    occupation_code: Code | None = None
    purpose: Purpose | None = None


class PlacementChanged(Fact):
    """From `changed_on` the agreement has a new last day, or other planned hours (of the whole placement)."""

    type: ClassVar[str] = "placements.placement_changed.v1"
    occurred_on_field: ClassVar[str] = "changed_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("placement", "placement_id"),))
    example: ClassVar[dict[str, Any]] = {
        "placement_id": "b5a4f3e2-d1c0-4b9a-8f7e-6d5c4b3a2ff1",
        "changed_on": "2024-03-15",
        "ends_on": "2024-04-30",
        "planned_hours": 90,
    }
    placement_id: UUID
    changed_on: Day
    ends_on: Day | None = None
    planned_hours: PlannedHours | None = None


class PlacementEnded(Fact):
    """The placement's real last day; its planned hours not yet worked no longer count. `cause`: an open code."""

    type: ClassVar[str] = "placements.placement_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("placement", "placement_id"),))
    example: ClassVar[dict[str, Any]] = {
        "placement_id": "b5a4f3e2-d1c0-4b9a-8f7e-6d5c4b3a2ff1",
        "ended_on": "2024-03-29",
        "cause": "term",
    }
    placement_id: UUID
    ended_on: Day
    cause: Annotated[Annotated[Code, CODES.named("placement_end_cause")] | None, PLAIN_END_CAUSES] = None

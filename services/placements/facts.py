"""Mises à disposition with clients, the hours worked, and what they come to beside the cap.

All are about `person/<id>`. Days are days of Europe/Paris; a span holds its first and its last day. Open codes:
`[A-Za-z0-9_]{1,40}`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.facts import fact as shared_facts
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Code, Day, Fact, Hours, Month, last_day_of

OWN_SOURCE = "urn:parcours:placements"
"""The `source` of what the service records by itself."""

Purpose = Literal["assignment", "bridge"]
Mode = Literal["placement", "provision"]

PlannedHours = Annotated[Hours, Field(le=10_000)]
HoursInAMonth = Annotated[Hours, Field(le=744)]


class PlacementAgreed(Fact):
    """A structure lends the person to a client from `starts_on`. `bridge`: contrat passerelle, by an EI or ACI.

    `planned_hours`: of the whole placement; they count against the cap until worked. Source: L5132-7 to L5132-9.
    """

    type: ClassVar[str] = "placements.placement_agreed.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
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
    example: ClassVar[dict[str, Any]] = {
        "placement_id": "b5a4f3e2-d1c0-4b9a-8f7e-6d5c4b3a2ff1",
        "ended_on": "2024-03-29",
        "cause": "term",
    }
    placement_id: UUID
    ended_on: Day
    cause: Code | None = None


class HoursWorked(Fact):
    """Hours of one month, or of its days `from_day` to `to_day`, under a contract or a placement.

    True on `to_day`, else on the month's last day. `provision`: service sold by the structure, nobody is lent.
    """

    type: ClassVar[str] = "placements.hours_worked.v1"
    occurred_on_field: ClassVar[str] = "month"
    example: ClassVar[dict[str, Any]] = {
        "entry_id": "f0e1d2c3-b4a5-4f6e-8d7c-9b8a0f1e2d01",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a03",
        "placement_id": "b5a4f3e2-d1c0-4b9a-8f7e-6d5c4b3a2ff1",
        "month": "2024-02",
        "hours": 32.5,
        "mode": "placement",
        "from_day": "2024-02-10",
        "to_day": "2024-02-29",
    }
    entry_id: UUID
    structure_id: UUID
    contract_id: UUID | None = None
    placement_id: UUID | None = None
    month: Month
    hours: HoursInAMonth
    mode: Mode | None = None
    from_day: Day | None = None
    to_day: Day | None = None

    @property
    def occurred_on(self) -> date:
        return self.to_day or last_day_of(self.month)


class CapReached(Fact):
    """What the service says by itself of a window of the cap. `reached_on`: when the hours that did it were worked."""

    occurred_on_field: ClassVar[str] = "reached_on"
    example: ClassVar[dict[str, Any]] = {
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a03",
        "window_starts_on": "2024-02-10",
        "reached_on": "2025-09-30",
        "hours": 390.5,
        "placement_id": "b5a4f3e2-d1c0-4b9a-8f7e-6d5c4b3a2ff1",
    }
    structure_id: UUID
    window_starts_on: Day
    reached_on: Day
    hours: Hours
    placement_id: UUID | None = None


class CapApproaching(CapReached):
    """The hours worked with capped clients reached the share of the cap at which one is warned. Source: L5132-9."""

    type: ClassVar[str] = "placements.cap_approaching.v1"


class CapExceeded(CapReached):
    """The hours worked with capped clients passed the cap. Source: L5132-9."""

    type: ClassVar[str] = "placements.cap_exceeded.v1"


class FactVoided(shared_facts.FactVoided):
    """An earlier fact of this person here never was; it must be known and not voided already."""

    type: ClassVar[str] = "placements.fact_voided.v1"


CATALOGUE = Catalogue(
    [PlacementAgreed, PlacementChanged, PlacementEnded, HoursWorked, CapApproaching, CapExceeded, FactVoided]
)

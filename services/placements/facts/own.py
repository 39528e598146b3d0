"""What the service says by itself: that the hours worked in a window of the cap come near it, or pass it.

Nobody else may post or void them: they follow from other facts.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from shared.facts.fact import Day, Fact, Hours
from shared.facts.saying import Said, own


class CapReached(Fact):
    """What the service says by itself of a window of the cap. `reached_on`: when the hours that did it were worked."""

    occurred_on_field: ClassVar[str] = "reached_on"
    said: ClassVar[Said] = own("structure_id")
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

"""Hours worked: one ledger, whatever they were worked under."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.placements.facts.codes import CODES
from shared.facts.fact import Day, Fact, Hours, Month, last_day_of
from shared.facts.saying import Said, Thing, structure

Mode = Annotated[Literal["placement", "provision"], CODES.named("hours_mode")]

HoursInAMonth = Annotated[Hours, Field(le=744)]
"""31 days of 24 hours."""


class HoursWorked(Fact):
    """Hours of one month, or of its days `from_day` to `to_day`, under a contract or a placement.

    True on `to_day`, else on the month's last day. `provision`: service sold by the structure, nobody is lent.
    """

    type: ClassVar[str] = "placements.hours_worked.v1"
    occurred_on_field: ClassVar[str] = "month"
    said: ClassVar[Said] = Said(by=(structure("structure_id"),), about=(Thing("placement", "placement_id"),))
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
    def first_day(self) -> date:
        """From which the hours may have been worked: the month's first where it is not said."""
        return self.from_day or date.fromisoformat(f"{self.month}-01")

    @property
    def occurred_on(self) -> date:
        return self.to_day or last_day_of(self.month)

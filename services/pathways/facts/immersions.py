"""Immersions in a firm (PMSMP): agreed beforehand, then ended."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.pathways.facts.codes import CODES
from shared.facts.fact import Code, Day, Fact
from shared.facts.saying import Said, Thing, structure

ImmersionObject = Annotated[
    Literal["discover_trade", "confirm_project", "start_recruitment"], CODES.named("immersion_object")
]
PresenceDays = Annotated[int, Field(ge=0, le=366)]


class ImmersionAgreed(Fact):
    """A stay in a firm (PMSMP) is agreed from `starts_on` to `ends_on`, at most one month date to date.

    `days`: days of presence planned; `host_id`: the firm; `objective`: an open code. Source: L5135-1, D5135-3.
    """

    type: ClassVar[str] = "pathways.immersion_agreed.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id"),),
        makes=(Thing("immersion", "immersion_id"),),
        about=(Thing("contract", "contract_id"),),
    )
    example: ClassVar[dict[str, Any]] = {
        "immersion_id": "1d2c3b4a-5f6e-4d7c-8b9a-0f1e2d3c4b71",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "host_id": "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c81",
        "object": "discover_trade",
        "starts_on": "2024-05-13",
        "ends_on": "2024-05-24",
        "days": 10,
    }
    immersion_id: UUID
    structure_id: UUID
    contract_id: UUID | None = None
    host_id: UUID
    object: ImmersionObject
    objective: Code | None = None
    starts_on: Day
    ends_on: Day
    days: PresenceDays | None = None
    renews_immersion_id: UUID | None = None


class ImmersionEnded(Fact):
    """The immersion's real last day and the days of presence."""

    type: ClassVar[str] = "pathways.immersion_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("immersion", "immersion_id"),))
    example: ClassVar[dict[str, Any]] = {
        "immersion_id": "1d2c3b4a-5f6e-4d7c-8b9a-0f1e2d3c4b71",
        "ended_on": "2024-05-24",
        "days": 9,
        "result": "confirmed",
    }
    immersion_id: UUID
    ended_on: Day
    days: PresenceDays | None = None
    result: Code | None = None

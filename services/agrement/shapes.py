"""The shapes of this service's answers, for its OpenAPI document; `docs/contract` holds what comes of it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.agrement.facts import Origin
from services.agrement.facts.prolongations import ProlongationReason
from services.agrement.facts.suspensions import SuspensionReason
from services.agrement.model.hiring import HiringAnswer
from services.agrement.model.states import State

_PERSON = "6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001"
_AGREMENT = "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1"


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Days(Shape):
    """Both days included."""

    starts_on: date
    ends_on: date


class SuspensionShape(Shape):
    """`reason`: null once erased. `pushes_days`: by how many it moves the end."""

    suspension_id: UUID
    reason: SuspensionReason | None
    starts_on: date
    ends_on: date
    pushes_days: int


class ProlongationShape(Shape):
    """`reason`: null once erased."""

    prolongation_id: UUID
    reason: ProlongationReason | None
    starts_on: date
    ends_on: date
    pushes_days: int


class NextSuspensionShape(Shape):
    """What may still be declared that day; `latest_end`: of one that starts on `latest_start`."""

    earliest_start: date
    latest_start: date
    latest_end: date


class AllowedShape(Shape):
    reason: ProlongationReason
    latest_end: date
    needs_opinion: bool


class WindowShape(Shape):
    """When a prolongation may be asked, and for which reasons days are left; null where others' facts tell."""

    opens_on: date
    closes_on: date
    open: bool
    allowed: list[AllowedShape] | None


class ExplainedShape(Shape):
    """A fact that moved the end, by how many days, and where the law says so."""

    fact_id: str
    type: str
    days: int
    article: str


class AgrementShape(Shape):
    """`ends_on_if_resumed`: the end if work resumed that day; `ends_on`: if what runs goes on to its own end.
    To who did not say all of it: others' suspensions and prolongations are left out, `next_suspension` follows from the
    asker's own hires and suspensions, `origin` and `ends_on_if_resumed` are null where others said what they follow from."""

    agrement_id: UUID
    number: str | None
    origin: Origin | None
    state: State
    starts_on: date
    ends_on: date
    ends_on_if_resumed: date | None
    remaining_days: int
    remaining_estimate: str
    suspensions: list[SuspensionShape]
    prolongations: list[ProlongationShape]
    next_suspension: NextSuspensionShape | None
    prolongation_window: WindowShape
    explained: list[ExplainedShape]


class PersonAgrements(Shape):
    """A person's agréments as they are on a day, the latest first; none for a person nobody has spoken of."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "person_id": _PERSON,
                    "on": "2024-06-30",
                    "carence": None,
                    "agrements": [
                        {
                            "agrement_id": _AGREMENT,
                            "number": "XXXXX0000001",
                            "origin": "default",
                            "state": "suspended",
                            "starts_on": "2024-01-01",
                            "ends_on": "2026-03-30",
                            "ends_on_if_resumed": "2026-01-27",
                            "remaining_days": 577,
                            "remaining_estimate": "1 year 6 months",
                            "suspensions": [
                                {
                                    "suspension_id": "5e4d3c2b-1a0f-4e9d-8c7b-6a5f4e3d2c51",
                                    "reason": "CONTRACT_SUSPENDED",
                                    "starts_on": "2024-06-01",
                                    "ends_on": "2024-08-30",
                                    "pushes_days": 90,
                                }
                            ],
                            "prolongations": [],
                            "next_suspension": None,
                            "prolongation_window": {
                                "opens_on": "2025-08-30",
                                "closes_on": "2026-03-30",
                                "open": False,
                                "allowed": [],
                            },
                            "explained": [
                                {
                                    "fact_id": "granted-0001",
                                    "type": "agrement.agrement_granted.v1",
                                    "days": 730,
                                    "article": "R5132-1-1",
                                },
                                {
                                    "fact_id": "suspended-0001",
                                    "type": "agrement.suspended.v1",
                                    "days": 90,
                                    "article": "R5132-1-3",
                                },
                            ],
                        }
                    ],
                }
            ]
        },
    )
    person_id: UUID
    on: date
    carence: Days | None
    agrements: list[AgrementShape]


class WhyShape(Shape):
    code: str
    article: str


class MayBeHiredShape(Shape):
    """`reuse`: on the agrément named; `new`: on one to be granted; `blocked`: not yet; `not_needed`: no SIAE."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"answer": "reuse", "agrement_id": _AGREMENT, "why": [{"code": "suspended", "article": "R5132-1-3"}]},
                {"answer": "blocked", "why": [{"code": "in_carence", "article": "L5132-3"}]},
            ]
        },
    )
    answer: HiringAnswer
    agrement_id: UUID | None = Field(default=None, description="only where one is reused")
    why: list[WhyShape]

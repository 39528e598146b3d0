"""The right runs longer: asked of a prescriber and answered, or prolonged at once."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from services.agrement.facts.codes import CODES
from services.pathways.facts.contracts import Age
from services.pathways.facts.welcome import ShownPrescriberKind
from shared.facts.fact import PERSONAL, Code, Day, Fact, PlainCodes, Visibility
from shared.facts.saying import EVENT_MONTHS, Relates, Said, Thing, prescriber, structure

ProlongationReason = Annotated[
    Literal["SENIOR_CDI", "COMPLETE_TRAINING", "RQTH", "SENIOR", "PARTICULAR_DIFFICULTIES", "HEALTH_CONTEXT"],
    CODES.named("prolongation_reason"),
]
DenyReason = Annotated[Literal["IAE", "SIAE", "DURATION", "REASON"], CODES.named("deny_reason")]
"""The IAE, this kind of structure, the length or the reason no longer fits."""

PLAIN_NEXT_STEPS = PlainCodes(("EXIT_IAE", "EXIT_TO_TRAINING", "OTHER"))

NamedReason = Annotated[ProlongationReason | None, Visibility.SENSITIVE, PERSONAL]
"""Null once erased."""

AgeThen = Annotated[Age | None, PERSONAL]


class ProlongationRequested(Fact):
    """A structure asks an authorised prescriber for days from the agrément's end (`starts_on`) to a new end `ends_on`.
    `age`: on `requested_on`. Source: R5132-1-8."""

    type: ClassVar[str] = "agrement.prolongation_requested.v1"
    occurred_on_field: ClassVar[str] = "requested_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id"),),
        makes=(Thing("request", "request_id"),),
        relates=Relates("decides", of="request_id", to="addressed_to", months=EVENT_MONTHS),
        relation="needed",
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "request_id": "7c6b5a49-3827-4165-9f4e-3d2c1b0a9f61",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "reason": "RQTH",
        "starts_on": "2026-01-13",
        "ends_on": "2026-07-13",
        "requested_on": "2025-11-03",
        "addressed_to": "9e8d7c6b-5a49-4382-9716-5f4e3d2c1b71",
        "age": 38,
    }
    agrement_id: UUID
    request_id: UUID
    structure_id: UUID
    reason: NamedReason
    starts_on: Day
    ends_on: Day
    requested_on: Day
    addressed_to: UUID | None = None
    age: AgeThen = None


class ProlongationGranted(Fact):
    """A prescriber, `authorised` on that day, agrees; what it gives is recorded as `prolonged`. It need not be the one
    addressed."""

    type: ClassVar[str] = "agrement.prolongation_granted.v1"
    occurred_on_field: ClassVar[str] = "decided_on"
    said: ClassVar[Said] = Said(
        by=(prescriber("prescriber_id", authorised="authorised"),),
        relates=Relates("decides", of="request_id", to="prescriber_id", months=EVENT_MONTHS),
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "request_id": "7c6b5a49-3827-4165-9f4e-3d2c1b0a9f61",
        "prolongation_id": "8d7c6b5a-4938-4271-9605-4e3d2c1b0a81",
        "decided_on": "2025-11-12",
        "prescriber_id": "9e8d7c6b-5a49-4382-9716-5f4e3d2c1b71",
        "prescriber_kind": "FT",
        "authorised": True,
    }
    agrement_id: UUID
    request_id: UUID
    prolongation_id: UUID
    decided_on: Day
    prescriber_id: UUID
    prescriber_kind: ShownPrescriberKind = None
    authorised: bool


class ProlongationDenied(Fact):
    """A prescriber, `authorised` on that day, refuses. `next_step`, an open code, is proposed when the IAE no longer
    fits."""

    type: ClassVar[str] = "agrement.prolongation_denied.v1"
    occurred_on_field: ClassVar[str] = "decided_on"
    said: ClassVar[Said] = Said(
        by=(prescriber("prescriber_id", authorised="authorised"),),
        relates=Relates("decides", of="request_id", to="prescriber_id", months=EVENT_MONTHS),
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "request_id": "7c6b5a49-3827-4165-9f4e-3d2c1b0a9f61",
        "decided_on": "2025-11-12",
        "prescriber_id": "9e8d7c6b-5a49-4382-9716-5f4e3d2c1b71",
        "prescriber_kind": "FT",
        "authorised": True,
        "deny_reason": "IAE",
        "next_step": "EXIT_IAE",
    }
    agrement_id: UUID
    request_id: UUID
    decided_on: Day
    prescriber_id: UUID
    prescriber_kind: ShownPrescriberKind = None
    authorised: bool
    deny_reason: DenyReason
    next_step: Annotated[Annotated[Code, CODES.named("denial_next_step")] | None, PLAIN_NEXT_STEPS] = None


class Prolonged(Fact):
    """The agrément's end moves from `starts_on`, which was its end, to `ends_on`. With `request_id` it follows from a
    grant. `declared_on`: absent, the Paris day of `time`; `age`: on that day. Source: R5132-1-8."""

    type: ClassVar[str] = "agrement.prolonged.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    decided_on_field: ClassVar[str | None] = "declared_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id"),), about=(Thing("request", "request_id"),), relation="needed"
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "prolongation_id": "8d7c6b5a-4938-4271-9605-4e3d2c1b0a82",
        "reason": "COMPLETE_TRAINING",
        "starts_on": "2026-01-13",
        "ends_on": "2026-04-13",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "declared_on": "2025-12-01",
        "training_id": "b1a09f8e-7d6c-4b5a-8493-827160504f91",
        "age": 38,
    }
    agrement_id: UUID
    prolongation_id: UUID
    reason: NamedReason
    starts_on: Day
    ends_on: Day
    structure_id: UUID
    declared_on: Day | None = None
    request_id: UUID | None = None
    training_id: UUID | None = None
    contract_id: UUID | None = None
    age: AgeThen = None

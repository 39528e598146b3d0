"""The right is granted, its start moved, it is closed before its term or cancelled as if it had never been."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.agrement.facts.codes import CODES
from services.pathways.facts.welcome import SenderKind, ShownPrescriberKind
from shared.facts.fact import PERSONAL, Code, Day, Fact, LeftAs, PlainCodes
from shared.facts.saying import EVENT_MONTHS, Relates, Said, Thing, prescriber, staff, structure

Origin = Annotated[
    Literal["default", "pe_approval", "ai_stock", "admin", "les_emplois"], CODES.named("agrement_origin")
]
ClosingAuthor = Annotated[Literal["employer", "prescriber", "staff"], CODES.named("closing_author")]

Number = Annotated[str, Field(pattern=r"^[A-Z0-9]{5}[0-9]{7}$")]
"""Issuer's prefix of five (`99999`; `XXXXX` in a demo) and seven digits; another prefix marks an older agrément."""


LEFT = LeftAs("erased")


class AgrementGranted(Fact):
    """The right is granted on `granted_on` and runs from `starts_on`. `initial_ends_on`: the end an older, imported
    agrément brings; without it the end follows from the start. Origin `les_emplois`: a PASS IAE that the State's service
    issued, told by the structure of the hire (`structure_id`) with its number. Source: R5132-1-1, R5132-1-2."""

    type: ClassVar[str] = "agrement.agrement_granted.v1"
    occurred_on_field: ClassVar[str] = "granted_on"
    said: ClassVar[Said] = Said(
        by=(
            structure("structure_id", origin=("default", "les_emplois")),
            staff(origin=("pe_approval", "ai_stock", "admin")),
        ),
        makes=(Thing("agrement", "agrement_id"),),
        relates=Relates("diagnosed", months=EVENT_MONTHS),
        is_told=True,
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "number": "XXXXX0000001",
        "origin": "default",
        "granted_on": "2024-01-12",
        "starts_on": "2024-01-15",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "diagnosis_id": "d1a9f0b2-3c4d-4e5f-8a6b-7c8d9e0f1ad1",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "sender_kind": "authorised_prescriber",
        "prescriber_kind": "FT",
    }
    filled_in: ClassVar[tuple[str, ...]] = ("number",)
    agrement_id: UUID
    number: Annotated[Number | None, PERSONAL] = None
    origin: Origin
    granted_on: Day
    starts_on: Day
    initial_ends_on: Day | None = None
    structure_id: UUID | None = None
    diagnosis_id: UUID | None = None
    contract_id: UUID | None = None
    sender_kind: SenderKind | None = None
    prescriber_kind: ShownPrescriberKind = None


class StartMoved(Fact):
    """From `moved_on` on, the agrément runs from `starts_on`. With `contract_id` a hire moved it and it ends like one
    granted with that start; without, its end moves by the same number of days. `cause`: an open code."""

    type: ClassVar[str] = "agrement.start_moved.v1"
    occurred_on_field: ClassVar[str] = "moved_on"
    said: ClassVar[Said] = Said(by=(structure(),), relation="needed", is_told=True)
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "moved_on": "2024-01-13",
        "starts_on": "2024-01-22",
        "cause": "hire_moved",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
    }
    agrement_id: UUID
    moved_on: Day
    starts_on: Day
    cause: Annotated[Code, CODES.named("start_move_cause"), PlainCodes(("hire_moved", "hired_before_start")), LEFT]
    contract_id: UUID | None = None


class AgrementClosed(Fact):
    """The agrément ends on `closed_on`, before its term. What was suspended or prolonged from that day on falls.
    Source: R5132-1-3."""

    type: ClassVar[str] = "agrement.agrement_closed.v1"
    occurred_on_field: ClassVar[str] = "closed_on"
    said: ClassVar[Said] = Said(
        by=(
            structure("structure_id", author_kind=("employer",)),
            prescriber(author_kind=("prescriber",)),
            staff(author_kind=("staff",)),
        ),
        relation="needed",
        is_told=True,
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "closed_on": "2025-09-30",
        "reason": "suspended_too_long",
        "author_kind": "employer",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "suspension_id": "5e4d3c2b-1a0f-4e9d-8c7b-6a5f4e3d2c51",
    }
    agrement_id: UUID
    closed_on: Day
    reason: Annotated[Code, CODES.named("closing_reason"), PlainCodes(("suspended_too_long",)), LEFT]
    author_kind: ClosingAuthor
    structure_id: UUID | None = None
    suspension_id: UUID | None = None


class AgrementCancelled(Fact):
    """The agrément never was; its number stays used for ever."""

    type: ClassVar[str] = "agrement.agrement_cancelled.v1"
    occurred_on_field: ClassVar[str] = "cancelled_on"
    said: ClassVar[Said] = Said(by=(staff(),), is_told=True)
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "cancelled_on": "2024-02-01",
        "reason": "hire_fell_through",
    }
    agrement_id: UUID
    cancelled_on: Day
    reason: Annotated[Code, CODES.named("cancellation_reason"), PlainCodes(("hire_fell_through", "mistake")), LEFT]

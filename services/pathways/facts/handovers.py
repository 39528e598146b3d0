"""Hand-overs: a structure proposes a person to another one, which answers."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from services.pathways.facts.codes import CODES
from shared.facts.fact import Day, Fact
from shared.facts.saying import Moves, Relates, Said, Thing, structure

HandoverAnswer = Annotated[Literal["accepted", "declined", "withdrawn"], CODES.named("handover_answer")]


class HandoverProposed(Fact):
    """A structure proposes the person to another one, usually of its group."""

    type: ClassVar[str] = "pathways.handover_proposed.v1"
    occurred_on_field: ClassVar[str] = "proposed_on"
    said: ClassVar[Said] = Said(
        by=(structure("from_structure_id"),),
        makes=(Thing("handover", "handover_id"), Thing("handover_answer", "handover_id", owner="to_structure_id")),
        relates=Relates("proposed", of="handover_id", to="to_structure_id", proposed_by="from_structure_id"),
    )
    example: ClassVar[dict[str, Any]] = {
        "handover_id": "4e3d2c1b-0a9f-4e8d-8c7b-6a5f4e3d2ca1",
        "from_structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "to_structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a02",
        "proposed_on": "2024-08-20",
    }
    handover_id: UUID
    from_structure_id: UUID
    to_structure_id: UUID
    proposed_on: Day


class HandoverAnswered(Fact):
    """The proposal is answered by the other structure, or withdrawn by the first."""

    type: ClassVar[str] = "pathways.handover_answered.v1"
    occurred_on_field: ClassVar[str] = "answered_on"
    said: ClassVar[Said] = Said(
        by=(structure(),),
        about=(
            Thing("handover", "handover_id", only={"answer": frozenset(["withdrawn"])}),
            Thing("handover_answer", "handover_id", only={"answer": frozenset(["accepted", "declined"])}),
        ),
        moves=Moves("proposed", of="handover_id", last="answered_on", over=True),
    )
    example: ClassVar[dict[str, Any]] = {
        "handover_id": "4e3d2c1b-0a9f-4e8d-8c7b-6a5f4e3d2ca1",
        "answer": "accepted",
        "answered_on": "2024-08-27",
    }
    handover_id: UUID
    answer: HandoverAnswer
    answered_on: Day

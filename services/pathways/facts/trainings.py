"""Trainings, and skills that a structure validated."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.pathways.facts.codes import CODES
from shared.facts.fact import Code, Day, Fact, Hours
from shared.facts.saying import Said, Thing, structure

TrainingKind = Annotated[
    Literal["adaptation", "pre_qualifying", "qualifying", "language", "other"], CODES.named("training_kind")
]
TrainingResult = Annotated[Literal["completed", "qualified", "dropped"], CODES.named("training_result")]
TrainingHours = Annotated[Hours, Field(le=10_000)]


class TrainingStarted(Fact):
    """A training begins. `certifying`: it leads to a recognised qualification, of `level`."""

    type: ClassVar[str] = "pathways.training_started.v1"
    occurred_on_field: ClassVar[str] = "started_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id"),),
        makes=(Thing("training", "training_id"),),
        about=(Thing("contract", "contract_id"),),
    )
    example: ClassVar[dict[str, Any]] = {
        "training_id": "7b6a5948-3c2d-4e1f-8a9b-0c1d2e3f4a61",
        "kind": "adaptation",
        "started_on": "2024-02-05",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "planned_hours": 35,
        "certifying": False,
    }
    training_id: UUID
    kind: TrainingKind
    started_on: Day
    structure_id: UUID | None = None
    contract_id: UUID | None = None
    planned_hours: TrainingHours | None = None
    level: Code | None = None
    certifying: bool | None = None
    provider_id: UUID | None = None


class TrainingEnded(Fact):
    """A training's last day, the hours followed and how it ended."""

    type: ClassVar[str] = "pathways.training_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("training", "training_id"),))
    example: ClassVar[dict[str, Any]] = {
        "training_id": "7b6a5948-3c2d-4e1f-8a9b-0c1d2e3f4a61",
        "ended_on": "2024-02-09",
        "hours": 33.5,
        "result": "completed",
    }
    training_id: UUID
    ended_on: Day
    hours: TrainingHours | None = None
    result: TrainingResult


class SkillValidated(Fact):
    """The structure saw that the person masters a skill, at a level of the scale it uses."""

    type: ClassVar[str] = "pathways.skill_validated.v1"
    occurred_on_field: ClassVar[str] = "validated_on"
    said: ClassVar[Said] = Said(by=(structure("structure_id"),))
    example: ClassVar[dict[str, Any]] = {
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "skill_code": "A1203_hedge_trimming",
        "level": "autonomous",
        "validated_on": "2024-06-20",
    }
    structure_id: UUID
    skill_code: Code
    level: Code
    validated_on: Day

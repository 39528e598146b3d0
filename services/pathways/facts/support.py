"""Trainings, skills, immersions (PMSMP) and acts of support."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, get_args
from uuid import UUID

from pydantic import Field

from shared.facts.fact import PERSONAL, Code, Day, Fact, Hours, Visibility

TrainingKind = Literal["adaptation", "pre_qualifying", "qualifying", "language", "other"]
TrainingResult = Literal["completed", "qualified", "dropped"]
ImmersionObject = Literal["discover_trade", "confirm_project", "start_recruitment"]
SupportKind = Literal["interview", "action", "proposal"]
SupportOutcome = Literal["accepted", "refused", "failed", "done"]
ProfessionalTheme = Literal["project", "skills_assessment", "work_rules", "training", "job_search"]
SocialTheme = Literal["mobility", "housing", "budget", "care", "rights", "language", "childcare", "digital", "justice"]
SupportTheme = Literal[ProfessionalTheme, SocialTheme]
PROFESSIONAL_THEMES = get_args(ProfessionalTheme)
TrainingHours = Annotated[Hours, Field(le=10_000)]
PresenceDays = Annotated[int, Field(ge=0, le=366)]


class TrainingStarted(Fact):
    """A training begins. `certifying`: it leads to a recognised qualification, of `level`."""

    type: ClassVar[str] = "pathways.training_started.v1"
    occurred_on_field: ClassVar[str] = "started_on"
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


class ImmersionAgreed(Fact):
    """A stay in a firm (PMSMP) is agreed from `starts_on` to `ends_on`, at most one month date to date.

    `days`: days of presence planned; `host_id`: the firm; `objective`: an open code. Source: L5135-1, D5135-3.
    """

    type: ClassVar[str] = "pathways.immersion_agreed.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
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


class SupportAction(Fact):
    """One act of support by a structure, also after a hire elsewhere (job coach).

    `theme` is shown to the group where it is professional, to the structure alone where it is social.
    """

    type: ClassVar[str] = "pathways.support_action.v1"
    occurred_on_field: ClassVar[str] = "done_on"
    example: ClassVar[dict[str, Any]] = {
        "action_id": "6f5e4d3c-2b1a-4f9e-8d7c-6b5a4f3e2d91",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "done_on": "2024-03-12",
        "kind": "interview",
        "outcome": "done",
        "theme": "housing",
    }
    action_id: UUID
    structure_id: UUID
    done_on: Day
    kind: SupportKind
    outcome: SupportOutcome
    theme: Annotated[SupportTheme | None, Visibility.STRUCTURE, PERSONAL]

    @classmethod
    def visibility_of(cls, field: str, value: object = None) -> Visibility:
        if field == "theme" and value in PROFESSIONAL_THEMES:
            return Visibility.GROUP
        return super().visibility_of(field, value)

"""Participations in operations of the European Social Fund."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar
from uuid import UUID

from services.pathways.facts.codes import CODES
from shared.facts.fact import PERSONAL, Code, Day, Fact, Visibility
from shared.facts.saying import Said, Thing, structure

LabourStatus = Annotated[Code, CODES.named("labour_status")]
EsfAnswer = Annotated[Code, CODES.named("esf_answer")]


class EsfParticipationStarted(Fact):
    """The person enters an operation paid by the European Social Fund. `labour_status` is the one before entry.

    Answers are open codes; "refused", "unknown" and "not_collected" are three of them. Source: regulation (EU)
    2021/1057, annex I (EECO02 to EECO17).
    """

    type: ClassVar[str] = "pathways.esf_participation_started.v1"
    occurred_on_field: ClassVar[str] = "entered_on"
    said: ClassVar[Said] = Said(by=(structure(),), makes=(Thing("participation", "participation_id"),))
    example: ClassVar[dict[str, Any]] = {
        "participation_id": "d4c3b2a1-f6e5-4d7c-9b8a-1f0e2d3c4bc1",
        "operation_code": "FSE202400123",
        "entered_on": "2024-01-15",
        "collected_on": "2024-01-16",
        "labour_status": "long_term_unemployed",
        "isced": "ED3",
        "disability": "no",
        "third_country": "no",
        "foreign_background": "refused",
        "minority": "not_collected",
        "housing_exclusion": "no",
        "rural": "no",
    }
    participation_id: UUID
    operation_code: Code
    entered_on: Day
    collected_on: Day
    labour_status: Annotated[LabourStatus | None, Visibility.STRUCTURE, PERSONAL]
    isced: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None
    disability: Annotated[EsfAnswer | None, Visibility.SENSITIVE, PERSONAL] = None
    third_country: Annotated[EsfAnswer | None, Visibility.SENSITIVE, PERSONAL] = None
    foreign_background: Annotated[EsfAnswer | None, Visibility.SENSITIVE, PERSONAL] = None
    minority: Annotated[EsfAnswer | None, Visibility.SENSITIVE, PERSONAL] = None
    housing_exclusion: Annotated[EsfAnswer | None, Visibility.SENSITIVE, PERSONAL] = None
    rural: Annotated[EsfAnswer | None, Visibility.STRUCTURE, PERSONAL] = None


class EsfParticipationEnded(Fact):
    """The person leaves that operation; the result is collected within four weeks. Source: EECR01 to EECR06."""

    type: ClassVar[str] = "pathways.esf_participation_ended.v1"
    occurred_on_field: ClassVar[str] = "left_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("participation", "participation_id"),))
    example: ClassVar[dict[str, Any]] = {
        "participation_id": "d4c3b2a1-f6e5-4d7c-9b8a-1f0e2d3c4bc1",
        "left_on": "2024-09-14",
        "collected_on": "2024-09-20",
        "result": "employed",
    }
    participation_id: UUID
    left_on: Day
    collected_on: Day
    result: Code

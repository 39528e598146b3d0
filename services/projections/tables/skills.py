"""Read table `skills`: what a structure saw the person master."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import SkillValidated
from services.projections.tables.columns import PUBLIC, PersonId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class Skill(NamedTuple):
    """One skill that a structure validated on one day."""

    person_id: PersonId
    structure_id: Annotated[UUID, "The structure that validated it", PUBLIC]
    skill_code: Annotated[str, "Code of the skill"]
    validated_on: Annotated[date, "Day of the validation"]
    level: Annotated[str, "Level, on the scale the structure uses"]


def skills(subject: SubjectFacts) -> list[Skill]:
    """Of one skill validated twice on one day, the last in the order of truth."""
    rows = {
        (fact.structure_id, fact.skill_code, fact.validated_on): Skill(
            person_id=subject.id,
            structure_id=fact.structure_id,
            skill_code=fact.skill_code,
            validated_on=fact.validated_on,
            level=fact.level,
        )
        for fact in subject.of(SkillValidated)
    }
    return list(rows.values())


TABLE = ReadTable(
    name="skills",
    subject_kind="person",
    row=Skill,
    rows=skills,
    key=4,
    indexes=(("structure_id",),),
)

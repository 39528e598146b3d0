"""Read tables `support_actions` and `skills`: what a structure did with a person, and saw the person master."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import SkillValidated, SupportAction
from services.projections.tables.columns import PUBLIC, STRUCTURE, PersonId
from services.projections.tables.history import History
from shared.facts.fact import Visibility


class Support(NamedTuple):
    """One act of support of a person by a structure, also after a hire elsewhere."""

    person_id: PersonId
    action_id: Annotated[UUID, "The act", PUBLIC]
    structure_id: Annotated[UUID, "The structure that supports", PUBLIC]
    done_on: Annotated[date, "Day it was done"]
    kind: Annotated[str, "interview, action, proposal"]
    outcome: Annotated[str, "accepted, refused, failed, done"]
    theme: Annotated[str | None, "Professional theme: project, skills_assessment, work_rules…; NULL: social, or erased"]
    social_theme: Annotated[
        str | None, "Social theme: housing, care, budget…; NULL: professional, or erased", STRUCTURE
    ]


class Skill(NamedTuple):
    """One skill that a structure validated on one day."""

    person_id: PersonId
    structure_id: Annotated[UUID, "The structure that validated it", PUBLIC]
    skill_code: Annotated[str, "Code of the skill"]
    validated_on: Annotated[date, "Day of the validation"]
    level: Annotated[str, "Level, on the scale the structure uses"]


def support_actions(history: History) -> list[Support]:
    """Of one act told twice, the last in the order of truth."""
    told = {fact.action_id: fact for fact in history.of(SupportAction)}
    return [_row(history.subject_id, fact) for fact in told.values()]


def _row(person_id: UUID, fact: SupportAction) -> Support:
    """Which theme the group may see, the fact itself says."""
    is_social = fact.visibility_of("theme", fact.theme) is Visibility.STRUCTURE
    return Support(
        person_id,
        fact.action_id,
        fact.structure_id,
        fact.done_on,
        fact.kind,
        fact.outcome,
        None if is_social else fact.theme,
        fact.theme if is_social else None,
    )


def skills(history: History) -> list[Skill]:
    """Of one skill validated twice on one day, the last in the order of truth."""
    told = {(fact.structure_id, fact.skill_code, fact.validated_on): fact for fact in history.of(SkillValidated)}
    return [Skill(history.subject_id, *key, fact.level) for key, fact in told.items()]

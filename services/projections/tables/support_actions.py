"""Read table `support_actions`: what a structure did with a person."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import SupportAction
from services.projections.tables.columns import PUBLIC, SENSITIVE, PersonId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
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
        str | None, "Social theme: housing, care, budget…; NULL: professional, or erased", SENSITIVE
    ]


def support_actions(subject: SubjectFacts) -> list[Support]:
    """Of one act recorded twice, the last in the order of truth."""
    actions = {fact.action_id: fact for fact in subject.of(SupportAction)}
    return [_row(subject.id, fact) for fact in actions.values()]


@cache
def _is_social(theme: str | None) -> bool:
    """Which theme the group may not see, the fact itself says."""
    return SupportAction.visibility_of("theme", theme) is Visibility.SENSITIVE


def _row(person_id: UUID, fact: SupportAction) -> Support:
    is_social = _is_social(fact.theme)
    return Support(
        person_id=person_id,
        action_id=fact.action_id,
        structure_id=fact.structure_id,
        done_on=fact.done_on,
        kind=fact.kind,
        outcome=fact.outcome,
        theme=None if is_social else fact.theme,
        social_theme=fact.theme if is_social else None,
    )


TABLE = ReadTable(
    name="support_actions",
    subject_kind="person",
    row=Support,
    rows=support_actions,
    key=2,
    indexes=(("structure_id", "done_on"),),
)

"""Read table `derogations`: limits the prefect lifts or moves for a structure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import DerogationGranted


class Derogation(NamedTuple):
    """Days on which a rule is lifted, or its limit moved, for a structure."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    derogation_id: Annotated[UUID, "The derogation", PUBLIC]
    rule: Annotated[str, "ai_hours_cap, weekly_hours_collective, cdi_inclusion_share", PUBLIC]
    decided_on: Annotated[date, "Day of the decision", PUBLIC]
    starts_on: Annotated[date, "First day", PUBLIC]
    ends_on: Annotated[date, "Last day, included", PUBLIC]
    new_limit: Annotated[float | None, "The limit in its place, in the unit of the rule; NULL: none said"]


def derogations(subject: SubjectFacts) -> list[Derogation]:
    rows = {
        fact.derogation_id: Derogation(
            structure_id=subject.id,
            derogation_id=fact.derogation_id,
            rule=fact.rule,
            decided_on=fact.decided_on,
            starts_on=fact.starts_on,
            ends_on=fact.ends_on,
            new_limit=fact.limit,
        )
        for fact in subject.of(DerogationGranted)
    }
    return list(rows.values())


TABLE = ReadTable(
    name="derogations",
    subject_kind="structure",
    row=Derogation,
    rows=derogations,
    key=2,
)

"""Read table `derogations`: limits the prefect lifts or moves for a structure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.history import History
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


def derogations(history: History) -> list[Derogation]:
    rows = {
        fact.derogation_id: Derogation(
            history.subject_id,
            fact.derogation_id,
            fact.rule,
            fact.decided_on,
            fact.starts_on,
            fact.ends_on,
            fact.limit,
        )
        for fact in history.of(DerogationGranted)
    }
    return list(rows.values())

"""Read table `economic_dismissals`: after one an AI may place nobody there on that occupation, for a time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.placements.law.tables import law_on
from services.projections.tables.columns import PUBLIC
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import EconomicDismissalDeclared
from shared.facts.months import span_end


class EconomicDismissal(NamedTuple):
    """A client dismissed for economic reasons on an occupation (L5132-7)."""

    client_id: Annotated[UUID, "The client", PUBLIC]
    declared_on: Annotated[date, "Day of the declaration", PUBLIC]
    occupation_code: Annotated[str, "Code of the occupation: ROME, or an open code"]
    no_placement_until: Annotated[date, "Last day on which a placement there may not begin", PUBLIC]


def economic_dismissals(subject: SubjectFacts) -> list[EconomicDismissal]:
    """Declared twice is declared once."""
    rows = [
        EconomicDismissal(
            client_id=subject.id,
            declared_on=fact.declared_on,
            occupation_code=fact.occupation_code,
            no_placement_until=span_end(fact.declared_on, law_on(fact.declared_on).economic_dismissals.months),
        )
        for fact in subject.of(EconomicDismissalDeclared)
    ]
    return list(dict.fromkeys(rows))


TABLE = ReadTable(
    name="economic_dismissals",
    subject_kind="client",
    row=EconomicDismissal,
    rows=economic_dismissals,
    key=3,
)

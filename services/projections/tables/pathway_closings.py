"""Read table `pathway_closings`: who said that a pathway is over; `pathways` has the first of them that counts."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from services.pathways.facts import PathwayClosed
from services.pathways.facts.leaving import PLAIN_CLOSINGS
from services.projections.tables.columns import PersonId, Place, SaidFor
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.sayers import structure_of


class PathwayClosing(NamedTuple):
    """One closing of a person's pathway, also of one that was closed already."""

    person_id: PersonId
    place: Place
    structure_id: SaidFor
    closed_on: Annotated[date, "Day it was closed"]
    close_reason: Annotated[
        str | None, "Code of the closing; in lists NULL: a code that they do not show", PLAIN_CLOSINGS
    ]


def pathway_closings(subject: SubjectFacts) -> list[PathwayClosing]:
    return [
        PathwayClosing(
            person_id=subject.id,
            place=place,
            structure_id=structure_of(recorded),
            closed_on=recorded.data.closed_on,
            close_reason=recorded.data.reason,
        )
        for place, recorded in enumerate(subject.recorded(frozenset({PathwayClosed})), start=1)
        if isinstance(recorded.data, PathwayClosed)
    ]


TABLE = ReadTable(
    name="pathway_closings",
    subject_kind="person",
    row=PathwayClosing,
    rows=pathway_closings,
    key=2,
    indexes=(("structure_id",),),
)

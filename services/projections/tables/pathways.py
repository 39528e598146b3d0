"""Read table `pathways`: a pathway opens with a hire, closes by `pathway_closed`, and a later hire opens the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import Hired, PathwayClosed
from services.pathways.facts.leaving import PLAIN_CLOSINGS
from services.pathways.model.pathways import PathwaySpan
from services.projections.tables.columns import PUBLIC, PathwayNumber, PersonId, SoleStructureId, StructureId
from services.projections.tables.pathway_spans import pathway_numbers, spans
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.sayers import structure_of


class Pathway(NamedTuple):
    """One pathway of a person, from its first hire until it is closed."""

    person_id: PersonId
    pathway: PathwayNumber
    starts_on: Annotated[date | None, "First day of its first contract; NULL: no hire known"]
    closed_on: Annotated[date | None, "Day it was closed; NULL: open"]
    close_reason: Annotated[
        str | None, "Code of the closing; NULL: open, or a code that lists do not show", PLAIN_CLOSINGS
    ]
    steps: Annotated[int, "Steps begun in it"]
    structures: Annotated[int, "Structures of these steps, each counted once"]
    first_structure_id: Annotated[StructureId, "Structure of its first step; NULL: no step known", PUBLIC]
    last_structure_id: Annotated[StructureId, "Structure of its last step; NULL: no step known", PUBLIC]
    sole_structure_id: SoleStructureId


def pathways(subject: SubjectFacts) -> list[Pathway]:
    """Stays known from their exits alone make one pathway, whose hire is still to come."""
    stays = subject.once(career).stays
    structures_of: dict[int, list[UUID]] = defaultdict(list)
    for stay, number in zip(stays, subject.once(pathway_numbers), strict=True):
        structures_of[number].append(stay.structure_id)
    # Steps known from exits alone need a pathway to stand in: it opens once the hire comes.
    opened = subject.once(spans) or ([PathwaySpan(None)] if stays else [])
    sole_id = subject.once(sole_structure)
    return [
        _row(subject.id, number, span, structures_of[number], sole_id) for number, span in enumerate(opened, start=1)
    ]


def sole_structure(subject: SubjectFacts) -> UUID | None:
    """Of all rows from which a structure's own pathways are reckoned (`api/own`): where these are its own, everybody's
    pathways are what would be reckoned."""
    found: set[UUID | None] = {hired.structure_id for hired in subject.of(Hired)}
    found.update(stay.structure_id for stay in subject.once(career).stays)
    if subject.of(PathwayClosed):  # few pathways are closed by a fact of their own
        found.update(structure_of(said) for said in subject.recorded(_CLOSED))
    return only(found)


_CLOSED = frozenset({PathwayClosed})


def only(found: AbstractSet[UUID | None]) -> UUID | None:
    """Where there is one and no other."""
    return next(iter(found)) if len(found) == 1 else None


def _row(
    person_id: UUID, number: int, span: PathwaySpan, structure_ids: Sequence[UUID], sole_id: UUID | None
) -> Pathway:
    """`structure_ids`: of its steps, in order."""
    return Pathway(
        person_id=person_id,
        pathway=number,
        starts_on=span.starts_on,
        closed_on=span.closed.closed_on if span.closed else None,
        close_reason=span.closed.reason if span.closed else None,
        steps=len(structure_ids),
        structures=len(set(structure_ids)),
        first_structure_id=structure_ids[0] if structure_ids else None,
        last_structure_id=structure_ids[-1] if structure_ids else None,
        sole_structure_id=sole_id,
    )


TABLE = ReadTable(
    name="pathways",
    subject_kind="person",
    row=Pathway,
    rows=pathways,
    key=2,
)

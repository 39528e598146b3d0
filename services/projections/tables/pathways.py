"""Read table `pathways`: a pathway opens with a hire, closes by `pathway_closed`, and a later hire opens the next."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import PathwayClosed
from services.pathways.model.pathways import Span, pathway_number, pathway_spans
from services.projections.tables.columns import PUBLIC, PathwayNumber, PersonId, StructureId
from services.projections.tables.history import History
from services.projections.tables.stays import career


class Pathway(NamedTuple):
    """One pathway of a person, from its first hire until it is closed."""

    person_id: PersonId
    pathway: PathwayNumber
    starts_on: Annotated[date | None, "First day of its first contract; NULL: no hire known"]
    closed_on: Annotated[date | None, "Day it was closed; NULL: open"]
    close_reason: Annotated[str | None, "Code of the closing; NULL: open"]
    steps: Annotated[int, "Steps begun in it"]
    structures: Annotated[int, "Structures of these steps, each counted once"]
    first_structure_id: Annotated[StructureId, "Structure of its first step; NULL: no step known", PUBLIC]
    last_structure_id: Annotated[StructureId, "Structure of its last step; NULL: no step known", PUBLIC]


def spans(history: History) -> list[Span]:
    return pathway_spans(history.once(career).employments.values(), history.of(PathwayClosed))


def pathway_numbers(history: History) -> list[int]:
    """For each stay, in order, the number of the pathway it began in."""
    opened = history.once(spans)
    return [pathway_number(opened, stay.sort_day) for stay in history.once(career).stays]


def pathways(history: History) -> list[Pathway]:
    known = history.once(career).stays
    went_to: dict[int, list[UUID]] = defaultdict(list)
    for stay, number in zip(known, history.once(pathway_numbers), strict=True):
        went_to[number].append(stay.structure_id)
    found = history.once(spans) or ([Span(None)] if known else [])
    rows = []
    for number, span in enumerate(found, start=1):
        structures = went_to[number]
        rows.append(
            Pathway(
                history.subject_id,
                number,
                span.starts_on,
                span.closed.closed_on if span.closed else None,
                span.closed.reason if span.closed else None,
                len(structures),
                len(set(structures)),
                structures[0] if structures else None,
                structures[-1] if structures else None,
            )
        )
    return rows

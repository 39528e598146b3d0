"""Read table `pathways`: a pathway opens with a hire, closes by `pathway_closed`, and a later hire opens the next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NamedTuple

from services.pathways.facts import PathwayClosed
from services.projections.reading.columns import PUBLIC, PathwayNumber, PersonId, StructureId
from services.projections.reading.history import History
from services.projections.reading.stays import Stay, career


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


@dataclass(slots=True)
class Span:
    starts_on: date | None
    closed: PathwayClosed | None = None


def spans(history: History) -> list[Span]:
    """The pathways in order. A hire on the day of a closing still belongs to what was closed."""
    events: list[tuple[date, int, PathwayClosed | None]] = [
        (contract.starts_on, 0, None)
        for contract in history.once(career).employments.values()
        if contract.stay is not None and contract.starts_on is not None
    ]
    events += [(closed.closed_on, place, closed) for place, closed in enumerate(history.of(PathwayClosed), start=1)]
    found: list[Span] = []
    for day, _, closed in sorted(events, key=lambda event: event[:2]):
        if closed is None:
            if not found or found[-1].closed is not None:
                found.append(Span(day))
        elif not found:
            found.append(Span(None, closed))
        elif found[-1].closed is None:
            found[-1].closed = closed
    return found


def pathway_numbers(history: History) -> list[int]:
    """For each stay, in order, the number of the pathway it began in."""
    opened = [span.starts_on for span in history.once(spans)]
    return [_number(stay, opened) for stay in history.once(career).stays]


def _number(stay: Stay, opened: list[date | None]) -> int:
    day = stay.sort_day
    for number in range(len(opened), 1, -1):
        start = opened[number - 1]
        if start is not None and start <= day:
            return number
    return 1


def pathways(history: History) -> list[Pathway]:
    known = history.once(career).stays
    numbers = history.once(pathway_numbers)
    found = history.once(spans) or ([Span(None)] if known else [])
    steps = Counter(numbers)
    rows = []
    for number, span in enumerate(found, start=1):
        structures = [stay.structure_id for stay, its in zip(known, numbers, strict=True) if its == number]
        rows.append(
            Pathway(
                history.subject_id,
                number,
                span.starts_on,
                span.closed.closed_on if span.closed else None,
                span.closed.reason if span.closed else None,
                steps[number],
                len(set(structures)),
                structures[0] if structures else None,
                structures[-1] if structures else None,
            )
        )
    return rows

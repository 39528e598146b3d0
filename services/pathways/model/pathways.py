"""A person's pathways: one opens with a hire in the pathway, is closed by `pathway_closed`, and a later hire opens the
next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.pathways.facts import PathwayClosed
from services.pathways.model.employments import Employment


@dataclass(slots=True)
class PathwaySpan:
    """One pathway, from the first day of its first contract; None: no hire known."""

    starts_on: date | None
    closed: PathwayClosed | None = None


def pathway_spans(contracts: Iterable[Employment], closings: Iterable[PathwayClosed]) -> list[PathwaySpan]:
    """In order. A hire on the day of a closing still belongs to what was closed."""
    events: list[tuple[date, int, PathwayClosed | None]] = [
        (contract.starts_on, 0, None)
        for contract in contracts
        if contract.hired is not None and contract.hired.in_pathway and contract.starts_on is not None
    ]
    # Hires sort before closings of their day (0, then 1 and on): they belong to what is closed.
    events += [(closed.closed_on, place, closed) for place, closed in enumerate(closings, start=1)]
    found: list[PathwaySpan] = []
    for day, _, closed in sorted(events, key=lambda event: event[:2]):
        if closed is None:
            if not found or found[-1].closed is not None:
                found.append(PathwaySpan(day))
        elif not found:
            found.append(PathwaySpan(None, closed))
        elif found[-1].closed is None:
            found[-1].closed = closed
    return found


def pathway_number(spans: Sequence[PathwaySpan], day: date) -> int:
    """Number, from 1, of the pathway to which what begins on that day belongs; before the first, and with none, 1."""
    return bisect_right(spans, day, lo=1, key=lambda span: span.starts_on or date.min)

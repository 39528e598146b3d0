"""Days of belonging to something that is joined and left: a group, a network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

Span = tuple[date, date | None]
"""First and last day; None: still there."""


def spans(told: Iterable[tuple[date, bool]]) -> list[Span]:
    """From (day, joined or left), in the order of truth: the days of belonging. They do not overlap.

    Left and joined again on one day: never left. A leaving whose joining is not known says nothing.
    """
    rows: list[Span] = []
    joined_again_on: date | None = None
    for day, joins in told:
        belongs = bool(rows) and rows[-1][1] is None
        if joins:
            if not belongs:
                rows.append((day, None))
            elif day > rows[-1][0]:
                joined_again_on = day
        elif belongs and day != joined_again_on:
            rows[-1] = (rows[-1][0], day)
    return rows

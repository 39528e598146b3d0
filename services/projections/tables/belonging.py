"""Days of belonging to something that is joined and left: a group, a network."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

Change = tuple[date, bool]
"""A day, and whether it is one of joining (True) or of leaving."""

Span = tuple[date, date | None]
"""First and last day; None: still there."""


def days_of_belonging(changes: Iterable[Change]) -> list[Span]:
    """Spans that do not overlap, from changes in the order of truth.

    Left and joined again on one day: never left. A leaving whose joining is not known says nothing.
    """
    spans: list[Span] = []
    joined_again_on: date | None = None
    for day, joins in changes:
        belongs = bool(spans) and spans[-1][1] is None
        if joins:
            if not belongs:
                spans.append((day, None))
            elif day > spans[-1][0]:
                # Starts come before ends in the order of truth: the end of this same day, still to come, ends nothing.
                joined_again_on = day
        elif belongs and day != joined_again_on:
            spans[-1] = (spans[-1][0], day)
    return spans

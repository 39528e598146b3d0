"""When a structure closed, and the earliest of days of which some may not be known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.structures.facts import StructureClosed, StructureRegistered
from shared.facts.fact import Recorded


def closed_on(facts: Iterable[Recorded]) -> date | None:
    """Its last day; None: open, or registered again since."""
    day: date | None = None
    for fact in facts:
        if isinstance(fact.data, StructureClosed):
            day = fact.data.closed_on
        # In the order of truth: a registration after the closing opens it again.
        elif isinstance(fact.data, StructureRegistered):
            day = None
    return day


def earliest(*days: date | None) -> date | None:
    """None: not one of them is known."""
    return min((day for day in days if day is not None), default=None)

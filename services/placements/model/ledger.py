"""The one ledger of hours: which entries count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from services.placements.facts import HoursWorked
from shared.facts.fact import Recorded


class Entry(NamedTuple):
    """Hours, and the recorded fact that says them."""

    hours: HoursWorked
    by: Recorded


def ledger(settled: Iterable[Recorded]) -> list[Entry]:
    """Entries that count, in the order of truth: of one entry told twice, the last."""
    entries: dict[tuple[UUID, UUID], Entry] = {}
    for fact in settled:
        if isinstance(fact.data, HoursWorked):
            name = (fact.data.structure_id, fact.data.entry_id)
            # Taken out first, so that it stands where it was said last: sums are told in that order.
            entries.pop(name, None)
            entries[name] = Entry(fact.data, fact)
    return list(entries.values())


def total(hours: Iterable[float]) -> float:
    """Sums of at most four decimals stay so, whatever floating point makes of them."""
    return round(sum(hours), 4)

"""Who takes over a structure, and since when. Pure; used by every service that asks for rights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.structures.facts.structures import StructureClosed, SuccessionConfirmed
from shared.facts.fact import Recorded


class Succession(NamedTuple):
    """From the day after `confirmed_on` the successor has the rights of the structure that closed."""

    successor_id: UUID
    confirmed_on: date


def succession_of(settled: Iterable[Recorded]) -> Succession | None:
    """By what stands of one structure, in the order of truth: its closing names the successor, and the administration
    confirms that one. Neither alone is enough. Whichever of the two days is later is the one that counts: until it closes, a
    structure speaks for itself."""
    closed: StructureClosed | None = None
    confirmed: dict[UUID, date] = {}
    for fact in settled:
        match fact.data:
            case StructureClosed():
                closed = fact.data
            case SuccessionConfirmed():
                # Confirmed twice: from the first day on.
                confirmed.setdefault(fact.data.successor_id, fact.data.confirmed_on)
    if closed is None or closed.successor_id is None or closed.successor_id not in confirmed:
        return None
    return Succession(closed.successor_id, max(closed.closed_on, confirmed[closed.successor_id]))

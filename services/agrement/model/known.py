"""What had been said by a day: an answer about a past day counts nothing that was declared later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.agrement.facts import SuspensionLifted
from shared.facts.fact import Recorded, paris_day


def known_by(settled: Iterable[Recorded], day: date) -> list[Recorded]:
    """Settled facts decided by that day, in the order they come in. What was voided or replaced later never was."""
    return [fact for fact in settled if said_on(fact) <= day]


def said_on(fact: Recorded) -> date:
    """The day from which a fact counts. A hire to come lifts a suspension from the day it is said; one said late, on the day it happened."""
    if isinstance(fact.data, SuspensionLifted):
        # `time` is when the hire was said; `decided_on` its first day, which may be months later or earlier.
        return min(fact.decided_on, paris_day(fact.time))
    return fact.decided_on

"""What the clock will have to say: an agrément is about to end, or has ended. Pure: days follow from the facts alone.

A notice names the end it speaks of. When the end moves, those of the old end are no longer among these, and one that is
recorded already says nothing any more: no state is ever read from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.agrement.facts import AgrementExpired, AgrementExpiring, FactVoided
from services.agrement.law.tables import law_on
from services.agrement.model.person_file import Agrement, Counting
from services.agrement.model.reckoning import reckon
from shared.facts.days import plus
from shared.facts.fact import Fact, Recorded, paris_day


@dataclass(frozen=True, slots=True)
class Notice:
    """`due_on`: the first day on which the clock may record it. `days_before`: 0 for the expiry itself."""

    kind: Literal["expiring", "expired"]
    agrement_id: UUID
    due_on: date
    ends_on: date
    days_before: int = 0


def notices(settled: Sequence[Recorded], counting: Counting = "reference") -> tuple[Notice, ...]:
    """Every notice about a person's agréments, past ones included: which are recorded already is for the caller to know."""
    file = reckon(settled, counting)
    return tuple(notice for agrement in file.agrements for notice in _of(agrement, settled))


def _of(agrement: Agrement, settled: Sequence[Recorded]) -> Iterator[Notice]:
    """Warnings, unless it was closed or over when its end was first recorded; and one expiry, the day after the end."""
    end = agrement.ends_on
    # Nobody is warned of what was over when it was recorded: an import of past years would warn of thousands at once.
    if agrement.closed_on is None and end >= _end_known_on(agrement, settled):
        for days in law_on(end).alerts.days_before_end:
            yield Notice("expiring", agrement.agrement_id, plus(end, -days), end, days)
    yield Notice("expired", agrement.agrement_id, plus(end, 1), end)


def _end_known_on(agrement: Agrement, settled: Iterable[Recorded]) -> date:
    """The Paris day on which the last fact that made the end what it is was recorded; a void may be one of them."""
    # A void leaves no trace in the explanation, and may be what made the end: any of them counts as late as it came.
    makers = {(moved.source, moved.fact_id) for moved in agrement.explained if moved.days}
    made = (fact for fact in settled if fact.key in makers or isinstance(fact.data, FactVoided))
    return max((paris_day(fact.recordedtime) for fact in made), default=date.min)


def fact_of(notice: Notice) -> Fact:
    """What the clock records once it is due."""
    if notice.kind == "expired":
        return AgrementExpired(agrement_id=notice.agrement_id, ended_on=notice.ends_on)
    return AgrementExpiring(
        agrement_id=notice.agrement_id,
        ends_on=notice.ends_on,
        days_before=notice.days_before,
        due_on=notice.due_on,
    )

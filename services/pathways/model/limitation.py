"""Until when processing of a person's data is limited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.pathways.facts import LimitationLifted, ProcessingLimited
from shared.facts.fact import Recorded
from shared.rights.sharing import Limitation


def limitations_of(settled: Sequence[Recorded], person_id: UUID) -> Iterator[Limitation]:
    """Each limitation with the day on which it is lifted. `settled`: what stands of a person, under all its ids. One that was
    said of an id is lifted under that id alone: of two ids that are one the stricter holds."""
    lifts = [fact for fact in settled if type(fact.data) is LimitationLifted]
    for fact in settled:
        if type(fact.data) is ProcessingLimited:
            days = [lift.data.occurred_on for lift in lifts if _lifts(lift, fact)]
            yield Limitation(person_id, min(days, default=None))


def _lifts(lift: Recorded, fact: Recorded) -> bool:
    """By its day and by its recording, as of objections."""
    lifted, limited = lift.data, fact.data
    return (
        isinstance(lifted, LimitationLifted)
        and isinstance(limited, ProcessingLimited)
        and lift.subject == fact.subject
        and lifted.lifted_on >= limited.limited_on
        and (lift.recordedtime, lift.sequence) > (fact.recordedtime, fact.sequence)
    )

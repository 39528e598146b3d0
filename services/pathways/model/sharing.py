"""Of which sharing agreements a person was told, and to which it objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from services.pathways.facts import ObjectionLifted, SharingInformed, SharingObjected
from shared.facts.fact import Recorded
from shared.rights.sharing import Informed, Objection


def informed_of(settled: Sequence[Recorded], person_id: UUID) -> Iterator[Informed]:
    """`settled`: what stands of a person, under all its ids. Of an agreement what was recorded last, and before it whatever
    is of an earlier day: what is told on a day to come takes nothing from what was told."""
    earliest: dict[UUID, date] = {}
    told = [fact for fact in settled if type(fact.data) is SharingInformed]
    for fact in sorted(told, key=lambda one: (one.recordedtime, one.data.occurred_on), reverse=True):
        if isinstance(fact.data, SharingInformed):
            agreement_id, informed_on = fact.data.agreement_id, fact.data.informed_on
            if informed_on < earliest.get(agreement_id, date.max):
                earliest[agreement_id] = informed_on
                yield Informed(person_id, agreement_id, fact.recordedtime, informed_on)


def objections_of(settled: Sequence[Recorded], person_id: UUID) -> Iterator[Objection]:
    """Each objection with the day on which it is lifted. One that was said of an id of the person is lifted under that id
    alone: of two ids that are one the stricter holds."""
    # By their types: `isinstance` asks the class of a model, for ten times as long, of every fact of everybody.
    lifts = [fact for fact in settled if type(fact.data) is ObjectionLifted]
    for fact in settled:
        if type(fact.data) is SharingObjected:
            days = [lift.data.occurred_on for lift in lifts if _lifts(lift, fact)]
            yield Objection(person_id, fact.data.agreement_id, min(days, default=None))


def _lifts(lift: Recorded, fact: Recorded) -> bool:
    """By its day and by its recording: an objection told today of a day long ago is not ended by what was said since."""
    lifted, objected = lift.data, fact.data
    return (
        isinstance(lifted, ObjectionLifted)
        and isinstance(objected, SharingObjected)
        and lift.subject == fact.subject
        and lifted.agreement_id in (None, objected.agreement_id)
        and lifted.lifted_on >= objected.objected_on
        and (lift.recordedtime, lift.sequence) > (fact.recordedtime, fact.sequence)
    )

"""What this service records by itself: the effects of hires, and the notices of the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from uuid import NAMESPACE_URL, uuid5

from services.agrement.effects.deadlines import Deadline, deadlines, notice
from services.agrement.effects.hires import derive, is_policy_effect
from services.agrement.facts import AgrementGranted, FactVoided, HireLinked
from services.agrement.model.file import Counting
from services.agrement.outside import kinds_by
from shared.facts.fact import Fact, Recorded
from shared.log import deadlines as due
from shared.log.streams import Stream
from shared.reacting.effects import OwnFact, reconcile
from shared.reacting.reconciler import IncompleteError, Lookup, Policy


def hire_policy(counting: Counting) -> Policy:
    """Links hires, lifts suspensions and moves starts as they should stand now."""

    def policy(stream: Stream, consumed: Sequence[Recorded], lookup: Lookup) -> list[OwnFact]:
        _check_structures_known(stream.settled, lookup)
        wanted = derive(stream.settled, consumed, lambda structure, day: kinds_by(lookup, structure, day), counting)
        return reconcile(stream.facts, stream.settled, wanted, is_policy_effect, _void)

    return policy


def _check_structures_known(settled: Sequence[Recorded], lookup: Lookup) -> None:
    """Raise IncompleteError where a link stands by a structure of which nothing is known here any more."""
    for structure_id in {fact.data.structure_id for fact in settled if isinstance(fact.data, HireLinked)}:
        if not lookup(f"structure/{structure_id}"):
            raise IncompleteError(f"nothing has come about structure/{structure_id}, which a link that stands names")


def _void(effect: Recorded) -> FactVoided:
    return FactVoided(
        fact_id=effect.id, fact_source=effect.source, voided_on=effect.occurred_on, reason="no_longer_stands"
    )


def deadlines_of(counting: Counting) -> Callable[[Sequence[Recorded]], Sequence[due.Deadline]]:
    """Rows of the clock for one person: what is not said yet."""

    def rows(settled: Sequence[Recorded]) -> list[due.Deadline]:
        return [due.Deadline(_name(one), one.due_on) for one in _unsaid(settled, counting)]

    return rows


def notices_of(counting: Counting) -> Callable[[Sequence[Recorded], date], Iterator[OwnFact]]:
    """What is due about one person by a day; the id follows from the agrément, the end and the threshold."""

    def notices(settled: Sequence[Recorded], day: date) -> Iterator[OwnFact]:
        grants = {fact.data.agrement_id: fact.id for fact in settled if isinstance(fact.data, AgrementGranted)}
        for one in _unsaid(settled, counting):
            if one.due_on <= day:
                # The person is part of the name: two may carry one agrément's id, by a sender's mistake.
                name = f"{settled[0].subject} {_name(one)}"
                yield OwnFact(str(uuid5(NAMESPACE_URL, name)), notice(one), grants[one.agrement_id])

    return notices


def _unsaid(settled: Sequence[Recorded], counting: Counting) -> Iterator[Deadline]:
    said: set[Fact] = {fact.data for fact in settled}
    return (one for one in deadlines(settled, counting) if notice(one) not in said)


def _name(one: Deadline) -> str:
    return f"{one.kind} {one.agrement_id} {one.ends_on} {one.days_before}"

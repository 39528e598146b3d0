"""Policies: what a service records by itself because of facts, its own and other services'.

A policy is a pure function from what is known to the effects that should stand now. Reconciling records what is
missing and voids what no longer should stand; done again it does nothing. So a replay changes nothing, a voided cause
takes its effect back, and a fact learnt late is judged in its own time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from shared.deciding import effect_id
from shared.facts import Fact, FactVoided, Recorded

NO_LONGER_STANDS = "no_longer_stands"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An effect that should stand, and the fact it follows from."""

    fact: Fact
    cause: Recorded


@dataclass(frozen=True, slots=True)
class OwnFact:
    """A fact the service records by itself: `id` follows from its cause, so the same one is never recorded twice."""

    id: str
    fact: Fact
    causationid: str


def reconcile(
    recorded: Iterable[Recorded],
    settled: Sequence[Recorded],
    wanted: Iterable[Wanted],
    source: str,
    void: Callable[[str, date], FactVoided],
) -> list[OwnFact]:
    """What to record so that exactly the wanted effects stand.

    `recorded`: all facts of the stream, in force or not: an effect that stood before gets a new id when it stands
    again. `source`: the service's own. `void`: the service's void of one of its facts, on a day.
    """
    missing = {_identity(one.fact, one.cause.id): one for one in wanted}
    superfluous: list[Recorded] = []
    for fact in settled:
        if _is_effect(fact, source):
            found = missing.pop(_identity(fact.data, fact.causationid), None)
            if found is None:
                superfluous.append(fact)
    told = Counter((fact.causationid, fact.type) for fact in recorded if fact.source == source)
    voids = [_void(fact, void, told) for fact in superfluous]
    return [*voids, *(_effect(one, told) for one in missing.values())]


def _is_effect(fact: Recorded, source: str) -> bool:
    return fact.source == source and fact.causationid is not None and not isinstance(fact.data, FactVoided)


def _identity(fact: Fact, cause: str | None) -> tuple[str | None, str, Fact]:
    return (cause, fact.type, fact)


def _effect(one: Wanted, told: Counter[tuple[str | None, str]]) -> OwnFact:
    told[one.cause.id, one.fact.type] += 1
    return OwnFact(effect_id(one.cause, one.fact.type, told[one.cause.id, one.fact.type]), one.fact, one.cause.id)


def _void(fact: Recorded, void: Callable[[str, date], FactVoided], told: Counter[tuple[str | None, str]]) -> OwnFact:
    void_fact = void(fact.id, fact.occurred_on)
    told[fact.id, void_fact.type] += 1
    return OwnFact(effect_id(fact, void_fact.type, told[fact.id, void_fact.type]), void_fact, fact.id)

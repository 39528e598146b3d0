"""Policies: what a service records by itself because of facts, its own and other services'.

A policy is a pure function from what is known to the effects that should stand now. Reconciling records what is
missing and voids what no longer should stand; done again it does nothing. So a replay changes nothing, a voided cause
takes its effect back, and a fact learnt late is judged in its own time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.deciding.effect_ids import EffectIds
from shared.facts.fact import Fact, FactVoided, Recorded
from shared.facts.sayers import sayer_of


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
    time: datetime | None = None
    """The cause's, for effects: said again after a replay they are the same; of none, the instant of recording."""
    correlationid: str | None = None
    """The cause's: what followed from a request is found by the id of the request."""
    saidfor: str | None = None
    """The cause's; None for what the day alone brings."""
    subject: str | None = None
    """Whose fact it becomes, where the person has several ids: the cause's, so that a split leaves each what follows from
    its own facts."""


def reconcile(
    recorded: Iterable[Recorded],
    settled: Sequence[Recorded],
    wanted: Iterable[Wanted],
    is_effect: Callable[[Recorded], bool],
    void: Callable[[Recorded], FactVoided],
) -> list[OwnFact]:
    """What to record so that exactly the wanted effects stand.

    `recorded`: all facts of the stream, in force or not: an effect that stood before gets a new id when it stands
    again. `is_effect`: whether the policy said a fact. `void`: the service's void of one of them.
    """
    # By what an effect says, and because of what: its id is another one each time it stands again.
    missing = {_identity(effect.fact, effect.cause.id): effect for effect in wanted}
    superfluous = [
        fact
        for fact in settled
        if is_effect(fact) and missing.pop(_identity(fact.data, fact.causationid), None) is None
    ]
    # Made anew each time from all that was ever recorded, so that the next free number is the same in every process.
    ids = EffectIds(recorded)
    voids = [_void(fact, void(fact), ids) for fact in superfluous]
    return [*voids, *(_effect(effect, ids) for effect in missing.values())]


def void_by(kind: type[FactVoided]) -> Callable[[Recorded], FactVoided]:
    """A service's voids of its own effects. The day is the effect's, so that a replay says the same."""

    def void(effect: Recorded) -> FactVoided:
        return kind(
            fact_id=effect.id, fact_source=effect.source, voided_on=effect.occurred_on, reason="no_longer_stands"
        )

    return void


def _identity(fact: Fact, cause: str | None) -> tuple[str | None, str, Fact]:
    return (cause, fact.type, fact)


def _effect(wanted: Wanted, ids: EffectIds) -> OwnFact:
    cause = wanted.cause
    return OwnFact(
        ids.next(cause, wanted.fact.type),
        wanted.fact,
        cause.id,
        cause.time,
        cause.correlationid,
        sayer_of(cause),
        cause.subject,
    )


def _void(fact: Recorded, void: FactVoided, ids: EffectIds) -> OwnFact:
    name = ids.next(fact, void.type)
    return OwnFact(name, void, fact.id, fact.time, fact.correlationid, sayer_of(fact), fact.subject)

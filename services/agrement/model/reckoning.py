"""From settled facts to a person's file. Refuses nothing: what was recorded happened.

Facts are taken in three turns: what creates (grants, suspensions, prolongations, requests), then what changes or lifts
them, then what closed; each in the order of truth, a hire's lift on the day on which the hire was both said and begun.
So no order of recording can matter, and a change dated before the day a suspension starts still finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from services.agrement.facts import (
    AgrementClosed,
    AgrementGranted,
    EligibilityDiagnosed,
    HireLinked,
    Prolonged,
    StartMoved,
    Suspended,
    SuspensionChanged,
    SuspensionLifted,
    SuspensionRemoved,
)
from services.agrement.law.tables import law_on
from services.agrement.model.agrement_by_fact import TURNS
from services.agrement.model.lengths import default_end, expiry
from services.agrement.model.person_file import Agrement, Counting, Diagnosis, Hire, Moved, PersonFile
from shared.facts.days import plus, span_days
from shared.facts.fact import Fact, Recorded, paris_day

ARTICLES: dict[type[Fact], str] = {
    AgrementGranted: "R5132-1-2",
    StartMoved: "R5132-1-2",
    Suspended: "R5132-1-3",
    SuspensionChanged: "R5132-1-3",
    SuspensionRemoved: "R5132-1-3",
    SuspensionLifted: "R5132-1-3",
    Prolonged: "R5132-1-8",
    AgrementClosed: "R5132-1-3",
}


def reckon(settled: Sequence[Recorded], counting: Counting = "reference") -> PersonFile:
    """The file of one person, from settled facts in the order of truth."""
    agrements = _granted(settled, counting)
    in_turn = sorted(settled, key=_turn)
    for readers in TURNS:
        for recorded in in_turn:
            read = readers.get(type(recorded.data))
            # A fact about an agrément that is not known (yet) changes nothing; it counts once the grant comes.
            agrement = agrements.get(getattr(recorded.data, "agrement_id", None) or _NOBODY)
            if read is not None and agrement is not None:
                agrements[agrement.agrement_id] = _explained(agrement, read(agrement, recorded), recorded)
    # Of two that begin and were granted on one day, the order of truth of their grants tells.
    in_order = sorted(agrements.values(), key=lambda agrement: (agrement.starts_on, agrement.granted_on))
    return PersonFile(
        agrements=tuple(agrement for agrement in in_order if agrement.cancelled_on is None),
        cancelled=tuple(agrement for agrement in in_order if agrement.cancelled_on is not None),
        hires=tuple(_hires(settled)),
        diagnoses=tuple(_diagnoses(settled)),
    )


_NOBODY = UUID(int=0)
_FIRST = datetime.min.replace(tzinfo=UTC)


def _turn(recorded: Recorded) -> tuple[date, bool, datetime, int, str]:
    """The day from which a fact acts; a lift acts after what was declared on that day. Sorting keeps the order of truth, but
    two moves said at one instant follow each other as their causes did: ids of effects do not tell."""
    if isinstance(recorded.data, SuspensionLifted):
        return max(paris_day(recorded.time), recorded.occurred_on), True, recorded.time, 0, ""
    if isinstance(recorded.data, StartMoved):
        return recorded.occurred_on, False, recorded.time, recorded.erased or 0, recorded.causationid or recorded.id
    return recorded.occurred_on, False, _FIRST, 0, ""


def _granted(settled: Iterable[Recorded], counting: Counting) -> dict[UUID, Agrement]:
    """Agréments as granted, by id; of two facts with one id, the later one stands."""
    agrements = {}
    for recorded in settled:
        fact = recorded.data
        if isinstance(fact, AgrementGranted):
            end = fact.initial_ends_on or default_end(fact.starts_on, law_on(fact.granted_on).length)
            agrements[fact.agrement_id] = Agrement(
                agrement_id=fact.agrement_id,
                number=fact.number,
                origin=fact.origin,
                granted_on=fact.granted_on,
                starts_on=fact.starts_on,
                base_ends_on=end,
                counting=counting,
                explained=(_moved(recorded, days=span_days(fact.starts_on, end)),),
                ends_on=end,
            )
    return agrements


def _moved(recorded: Recorded, days: int) -> Moved:
    return Moved(
        source=recorded.source,
        fact_id=recorded.id,
        type=recorded.type,
        days=days,
        article=ARTICLES[type(recorded.data)],
    )


def _explained(before: Agrement, after: Agrement, recorded: Recorded) -> Agrement:
    """The agrément with its new end, and by how much this fact moved it."""
    if type(recorded.data) not in ARTICLES:
        return after
    after = with_end(after)
    days = (after.ends_on - before.ends_on).days
    return replace(after, explained=(*after.explained, _moved(recorded, days)))


def with_end(agrement: Agrement) -> Agrement:
    """Its end: base end, plus what every suspension and prolongation adds; the closing day instead, once closed."""
    # Nothing moves the end once it was closed, not even a prolongation recorded afterwards.
    if agrement.closed_on is not None:
        return replace(agrement, ends_on=agrement.closed_on)
    pushed = sum(suspension.pushes_days(agrement.counting) for suspension in agrement.suspensions)
    end = plus(agrement.base_ends_on, pushed + sum(prolongation.pushes_days for prolongation in agrement.prolongations))
    return replace(agrement, ends_on=end)


def _hires(settled: Iterable[Recorded]) -> Iterable[Hire]:
    """In the order of truth of the hires they link, whose ids do not tell how often that was said; of two with one
    contract, the last."""
    hires: dict[UUID, Hire] = {}
    linked = (fact for fact in settled if isinstance(fact.data, HireLinked))
    for recorded in sorted(
        linked, key=lambda fact: (fact.occurred_on, fact.time, fact.erased or 0, fact.causationid or fact.id)
    ):
        fact = recorded.data
        if isinstance(fact, HireLinked):
            hires.pop(fact.contract_id, None)
            hires[fact.contract_id] = Hire(
                contract_id=fact.contract_id,
                structure_id=fact.structure_id,
                structure_kind=fact.structure_kind,
                starts_on=fact.starts_on,
                agrement_id=fact.agrement_id,
            )
    return hires.values()


def _diagnoses(settled: Iterable[Recorded]) -> Iterable[Diagnosis]:
    for recorded in settled:
        fact = recorded.data
        if isinstance(fact, EligibilityDiagnosed):
            expires_on = expiry(fact.author_kind, fact.made_on, law_on(fact.made_on))
            yield Diagnosis(
                diagnosis_id=fact.diagnosis_id,
                author_kind=fact.author_kind,
                structure_id=fact.structure_id,
                made_on=fact.made_on,
                expires_on=expires_on,
            )

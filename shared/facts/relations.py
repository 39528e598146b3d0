"""Which structures have, or had, something to do with a person, and from when until when.

Pure, from facts that stand: a void or a correction takes a relation away or moves it, in whatever order they came. Each
rests on what was said for that structure itself, and is declared on the fact's class (`Relates`, `Moves`). Saying asks the
same declarations, whatever the days (`shared.facts.sayers.has_relation`), seeing asks here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared.facts.days import plus
from shared.facts.fact import Recorded
from shared.facts.months import span_end
from shared.facts.sayers import Sayers, related_by, structure_of, things
from shared.facts.saying import STRUCTURE, Moves, Relates, RelationKind

LAW = 3
"""Counts what is changed in how relations follow from facts: what is stored of an earlier law is reckoned again."""


class Relation(NamedTuple):
    """Days are Paris days, both included; `ends_on` None: as far as is known, without end. `proposed_by`: of a proposal, the
    structure that made it."""

    person_id: UUID
    structure_id: UUID
    kind: RelationKind
    starts_on: date
    ends_on: date | None
    proposed_by: UUID | None = None

    def runs_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class Held(NamedTuple):
    """A relation as the policy asks for it: which, and whether it runs today."""

    kind: str
    is_running: bool = True


def held(relations: Iterable[Relation], structures: Collection[str], today: date) -> frozenset[Held]:
    """What one of these structures (bare ids) has or had with one person: of each kind, whether any of it runs."""
    of_caller = [relation for relation in relations if str(relation.structure_id) in structures]
    running = {relation.kind for relation in of_caller if relation.runs_on(today)}
    return frozenset(Held(relation.kind, relation.kind in running) for relation in of_caller)


@dataclass(slots=True)
class _Span:
    structure_id: UUID
    kind: RelationKind
    first: date
    last: date | None
    proposed_by: UUID | None = None
    is_over: bool = False


def relations_of(
    settled: Sequence[Recorded], proposal_days: int, person_id: UUID | None = None
) -> tuple[Relation, ...]:
    """The relations of one person, each kind as whole spans, in the order of their names and days.

    `settled`: its facts that stand, of whatever services are known, in the order of truth. `proposal_days`: how long a
    proposal that nobody answers stays open. `person_id`: whose they are, where facts are of several ids.
    """
    if not settled:
        return ()
    proven = _proven(settled)
    spans = _begun(proven, proposal_days)
    for fact in settled:
        if (moves := type(fact.data).said.moves) is not None:
            _move(spans.get((moves.kind, getattr(fact.data, moves.of)), ()), moves, fact)
    everything = [span for of_thing in spans.values() for span in of_thing]
    for fact in proven:
        relates = type(fact.data).said.relates
        if relates is not None and relates.leaves:
            _leave(everything, related_by(fact, relates), fact.data.occurred_on)
    person_id = person_id or UUID(settled[0].subject.partition("/")[2])
    return tuple(_whole(person_id, everything))


_Spans = dict[tuple[str, Hashable], list[_Span]]
"""By kind and the thing they last with."""

NOTHING = ""
"""In place of the id of a thing: what lasts with none is moved by nothing."""


def _proven(settled: Sequence[Recorded]) -> Sequence[Recorded]:
    """Without what speaks about things of which nobody knows yet whose they are."""
    if not any(fact.unproven for fact in settled):
        return settled
    sayers = Sayers(settled)
    return [
        fact
        for fact in settled
        if not fact.unproven
        or all(sayers.is_known(thing_id) for _, thing_id in things(type(fact.data).said.about, fact))
    ]


def _begun(settled: Sequence[Recorded], proposal_days: int) -> _Spans:
    spans: _Spans = defaultdict(list)
    with_end: set[tuple[str, Hashable]] = set()
    making = [(relates, fact) for fact in settled if (relates := type(fact.data).said.relates) is not None]
    # Those whose facts say how long first: where a hire is known, nothing that only mentions it counts beside it.
    for relates, fact in sorted(making, key=lambda one: not one[0].last):
        structure_id = _structure(relates, fact)
        name = (relates.kind, getattr(fact.data, relates.of) if relates.of else NOTHING)
        if structure_id is None or (name in with_end and not relates.last):
            continue
        if relates.last and relates.of:
            with_end.add(name)
        last = _last(relates, fact, proposal_days)
        proposed_by = getattr(fact.data, relates.proposed_by) if relates.proposed_by else None
        spans[name].append(_Span(structure_id, relates.kind, fact.data.occurred_on, last, proposed_by))
    return spans


def _structure(relates: Relates, fact: Recorded) -> UUID | None:
    if relates.to:
        named: UUID | None = getattr(fact.data, relates.to)
        return named
    return structure_of(fact)


def _last(relates: Relates, fact: Recorded, proposal_days: int) -> date | None:
    if relates.last:
        last: date | None = getattr(fact.data, relates.last)
        return last
    first = fact.data.occurred_on
    return plus(first, proposal_days) if relates.months is None else span_end(first, relates.months)


def _move(spans: Iterable[_Span], moves: Moves, fact: Recorded) -> None:
    """In the order of truth, so that what was said last counts; an end that was declared counts whatever was agreed."""
    first: date | None = getattr(fact.data, moves.first) if moves.first else None
    last: date | None = getattr(fact.data, moves.last) if moves.last else None
    for span in spans:
        span.first = first or span.first
        if last is not None and (moves.over or not span.is_over):
            span.last, span.is_over = last, moves.over


def _leave(spans: Iterable[_Span], sayer: str | None, day: date) -> None:
    """Nobody is employed by a structure that it has left; what begins later is not ended by it."""
    for span in spans:
        if span.kind == "hired" and f"{STRUCTURE}{span.structure_id}" == sayer and span.first <= day:
            span.last = day if span.last is None else min(span.last, day)


def _whole(person_id: UUID, spans: Iterable[_Span]) -> Iterator[Relation]:
    """Spans of one structure and kind that touch or overlap as one: of a hundred interviews, few. Proposals of each by itself."""
    by_name: dict[tuple[UUID, RelationKind, UUID | None], list[tuple[date, date]]] = defaultdict(list)
    for span in spans:
        # One that ended before it began (voided days, a contract that never ran) is past, and was there.
        name = (span.structure_id, span.kind, span.proposed_by)
        by_name[name].append((span.first, max(span.last or date.max, span.first)))
    for (structure_id, kind, proposed_by), days in sorted(by_name.items(), key=_by_name):
        for first, last in _joined(days):
            yield Relation(person_id, structure_id, kind, first, None if last == date.max else last, proposed_by)


def _by_name(named: tuple[tuple[UUID, RelationKind, UUID | None], object]) -> tuple[int, str, int]:
    (structure_id, kind, proposed_by), _ = named
    return structure_id.int, kind, -1 if proposed_by is None else proposed_by.int


def _joined(days: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    joined: list[tuple[date, date]] = []
    for first, last in sorted(days):
        if joined and (joined[-1][1] == date.max or first <= plus(joined[-1][1], 1)):
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined

"""What the service does by itself about hires of the person: link them, lift suspensions, move a start not begun.

`derive` says what should stand now, given everything known; the machinery records what is missing and voids what is
superfluous. So a replay does nothing, a voided hire gives the suspension back, and a hire that is said late is judged
in its own time: what a hire lifts depends on days alone, and a start moves only if, on the Paris day of the fact that
said the hire's day, the agrément was granted and had not started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.agrement.facts import CATALOGUE, OWN_SOURCE, HireLinked, StartMoved, SuspensionLifted, said
from services.agrement.law.tables import law_on, lifted_reasons
from services.agrement.model.agrement_by_fact import lifted, start_moved, with_suspension
from services.agrement.model.person_file import Agrement, Counting, PersonFile, Suspension
from services.agrement.model.reckoning import reckon, with_end
from services.pathways.facts import ContractChanged, Hired
from shared.facts.days import plus
from shared.facts.fact import Recorded, paris_day
from shared.facts.settle import order_of_truth
from shared.reacting.effects import Wanted

KindOn = Callable[[UUID, date], str | None]


@dataclass(frozen=True, slots=True)
class _Said:
    """A first day of a contract, and the fact that said it."""

    starts_on: date
    by: Recorded

    @property
    def day(self) -> date:
        return paris_day(self.by.time)


@dataclass(frozen=True, slots=True)
class _SiaeHire:
    """A hire by a SIAE in a pathway; `said`: its first day, as said and said again. The last one stands."""

    contract_id: UUID
    structure_id: UUID
    kind: str
    said: tuple[_Said, ...]

    @property
    def starts_on(self) -> date:
        return self.said[-1].starts_on

    @property
    def cause(self) -> Recorded:
        return self.said[-1].by


def derive(
    own: Sequence[Recorded], hires: Sequence[Recorded], kind_on: KindOn, counting: Counting = "reference"
) -> tuple[Wanted, ...]:
    """The effects that should stand. `own`: settled facts of this service, `hires`: settled facts of pathways."""
    known = _siae_hires(hires, kind_on)
    base = [fact for fact in own if not is_policy_effect(fact)]
    moves = _moves(reckon(base, counting), known)
    file = reckon(_with_moves(base, moves), counting)
    return (*moves, *_links(file, known))


def is_policy_effect(fact: Recorded) -> bool:
    """Whether `derive` said it: it starts from everything else."""
    if isinstance(fact.data, StartMoved):
        return fact.source == OWN_SOURCE
    return isinstance(fact.data, HireLinked | SuspensionLifted)


def _siae_hires(facts: Sequence[Recorded], kind_on: KindOn) -> list[_SiaeHire]:
    """By first day, then in the order of truth. A structure of unknown kind gives no hire yet."""
    changes = [fact for fact in facts if isinstance(fact.data, ContractChanged) and fact.data.starts_on is not None]
    found = []
    for fact in facts:
        hire = fact.data
        if not isinstance(hire, Hired) or not hire.in_pathway:
            continue
        starts = (_Said(hire.starts_on, fact), *_said_again(hire.contract_id, changes))
        kind = kind_on(hire.structure_id, starts[-1].starts_on)
        if kind is not None and law_on(starts[-1].starts_on).is_siae(kind):
            found.append(_SiaeHire(hire.contract_id, hire.structure_id, kind, starts))
    return sorted(found, key=lambda hire: hire.starts_on)


def _said_again(contract_id: UUID, changes: Iterable[Recorded]) -> Iterator[_Said]:
    for change in changes:
        fact = change.data
        if isinstance(fact, ContractChanged) and fact.contract_id == contract_id and fact.starts_on is not None:
            yield _Said(fact.starts_on, change)


def _moves(file: PersonFile, hires: Sequence[_SiaeHire]) -> list[Wanted]:
    """The starts that hires move, each judged on the Paris day its day was said, in that order."""
    in_time = [(one, hire, place) for hire in hires for place, one in enumerate(hire.said)]
    in_time.sort(key=lambda it: (it[0].by.time, it[0].by.id, it[0].by.source))
    moves = []
    for one, hire, place in in_time:
        before = hire.said[place - 1].starts_on if place else None
        agrement = _to_move(file, one, before, [other for other in hires if other is not hire])
        if agrement is None:
            continue
        fact = StartMoved(
            agrement_id=agrement.agrement_id,
            moved_on=one.day,
            starts_on=one.starts_on,
            cause="hire_moved" if place else "hire",
            contract_id=hire.contract_id,
        )
        moves.append(Wanted(fact, one.by))
        file = _with(file, with_end(start_moved(agrement, fact)))
    return moves


def _to_move(file: PersonFile, new: _Said, before: date | None, others: Sequence[_SiaeHire]) -> Agrement | None:
    """The agrément, granted and not started when this was said, whose start follows the hire.

    A hire that no agrément covers moves a start that comes after it. A hire whose day is said again takes along the
    agrément it used, forwards too, unless another hire uses that one from an earlier day on.
    """
    for agrement in file.agrements:
        is_future = agrement.granted_on <= new.day < agrement.starts_on and agrement.closed_on is None
        if not is_future or _covering(_without(file, agrement), new.starts_on) is not None:
            continue
        if new.starts_on < agrement.starts_on:
            return agrement
        used = before is not None and agrement.starts_on <= before <= agrement.ends_on
        if used and new.starts_on > agrement.starts_on and not _is_used_before(agrement, new.starts_on, others):
            return agrement
    return None


def _is_used_before(agrement: Agrement, day: date, hires: Sequence[_SiaeHire]) -> bool:
    return any(agrement.starts_on <= hire.starts_on < day for hire in hires)


def _with_moves(base: Sequence[Recorded], moves: Sequence[Wanted]) -> Sequence[Recorded]:
    """The facts with the moves among them, in the order of truth."""
    if not moves:
        return base
    effects = [
        wanted.cause.model_copy(
            update={"type": wanted.fact.type, "source": OWN_SOURCE, "replaces": None, "data": wanted.fact}
        )
        for wanted in moves
    ]
    return sorted((*base, *effects), key=order_of_truth(CATALOGUE))


def _covering(file: PersonFile, day: date) -> Agrement | None:
    """The agrément in progress on that day; of several, the one that began last."""
    running = [one for one in file.agrements if one.starts_on <= day <= one.ends_on]
    return running[-1] if running else None


def _links(file: PersonFile, hires: Sequence[_SiaeHire]) -> Iterator[Wanted]:
    """Each hire with the agrément it uses, as its end was before this hire lifted anything; then what it lifts."""
    for hire in hires:
        agrement = _covering(file, hire.starts_on)
        link = said(
            HireLinked,
            agrement_id=None if agrement is None else agrement.agrement_id,
            contract_id=hire.contract_id,
            structure_id=hire.structure_id,
            structure_kind=hire.kind,
            starts_on=hire.starts_on,
        )
        yield Wanted(link, hire.cause)
        suspension = None if agrement is None else agrement.suspension_on(hire.starts_on)
        if agrement is None or suspension is None or not _returns(hire, suspension, hires):
            continue
        ends_on = plus(hire.starts_on, -1) if suspension.starts_on < hire.starts_on else None
        file = _with(file, with_end(with_suspension(agrement, lifted(suspension, ends_on))))
        fact = said(
            SuspensionLifted,
            agrement_id=agrement.agrement_id,
            suspension_id=suspension.suspension_id,
            contract_id=hire.contract_id,
            lifted_on=hire.starts_on,
            ends_on=ends_on,
        )
        yield Wanted(fact, hire.cause)


def _returns(hire: _SiaeHire, suspension: Suspension, hires: Sequence[_SiaeHire]) -> bool:
    """Whether the hire ends the suspension: its reason is a current one, and it was not declared under this hire."""
    if suspension.reason not in lifted_reasons():
        return False
    under = [
        one for one in hires if one.structure_id == suspension.structure_id and one.starts_on <= suspension.declared_on
    ]
    return not under or under[-1].contract_id != hire.contract_id


def _with(file: PersonFile, new: Agrement) -> PersonFile:
    others = _without(file, new).agrements
    return replace(file, agrements=tuple(sorted((*others, new), key=lambda one: one.starts_on)))


def _without(file: PersonFile, agrement: Agrement) -> PersonFile:
    others = (one for one in file.agrements if one.agrement_id != agrement.agrement_id)
    return replace(file, agrements=tuple(others))

"""A subject's facts by the day from which each counts: what rows about a day that is past are made of.

On a day counts what had been decided or become true by then, and nothing of later days, as `settle(as_of=…)` has it; in
the readings of the services that answer about past days: agreed for later counts once it is said, of an entry of hours
told twice the last alone. What was voided or replaced since was a mistake from the start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from functools import cached_property, reduce
from operator import itemgetter, or_
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.agrement import facts as agrement
from services.agrement.model.known import said_on
from services.agrement.model.person_file import PersonFile
from services.pathways.facts import ContractChanged, ContractEnded, Exited, Hired
from services.placements.facts import HoursWorked, PlacementAgreed
from services.placements.model.true_by import since
from services.projections.catalogue import CATALOGUE
from services.projections.tables.agrement_file import MOVES_NOTHING, OF_AGREMENT, person_file
from services.projections.tables.hours_ledger import told
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import (
    BITS,
    EVERY_KIND,
    Kinds,
    Noted,
    Remembered,
    SubjectFacts,
    bits_of,
    changed,
)
from shared.facts.fact import Fact, Recorded

F = TypeVar("F", bound=Fact)
T = TypeVar("T")

OF_CONTRACTS: Kinds = (Hired, ContractChanged, ContractEnded, Exited)
"""What stays follow from: a suspension of a contract moves none of their days."""

OF_OPEN_CONTRACTS: Kinds = tuple(kind for kind in OF_CONTRACTS if kind is not Exited)
"""The same of whom no exit cut a contract (`days_of_contracts`)."""

OF_AGREMENTS: Kinds = tuple(OF_AGREMENT - {*MOVES_NOTHING, agrement.FactVoided})
"""What agréments follow from."""

OF_ENDS: AbstractSet[type[Fact]] = frozenset({Hired, ContractChanged, ContractEnded, Exited})
"""What tells whether a contract ended as planned."""

EVERY = frozenset(CATALOGUE.facts.values())

SHARED: Mapping[Callable[..., object], Kinds] = {career: OF_CONTRACTS, person_file: OF_AGREMENTS}
"""What many ask for on many days, and the facts it follows from: it is reckoned only for days on which one came."""

MOST_DAYS, MOST_READ = 40, 4_000
"""A subject is reckoned for so many days at most, the last ones, on which so many facts are read all together: one with
thousands would hold up everybody's. Whoever has a hundred facts that matter is reckoned for 40 days, who has a thousand
for four. On days before these it is shown as it was on the first of them."""


class Shown(NamedTuple):
    """From a day on, and before another (None: for good), what counts on the day `as_on`."""

    day: date
    as_on: date
    before: date | None


def counts_from(fact: Recorded) -> date:
    return since(fact) if isinstance(fact.data, PlacementAgreed) else said_on(fact)


class FactsByDay:
    """Of one subject: see `facts_by_day`."""

    def __init__(self, subject: SubjectFacts) -> None:
        self.subject = subject
        counted = {entry.by.key for entry in subject.once(told)}
        self._facts = [
            (counts_from(fact), fact)
            for fact in subject.settled
            if not isinstance(fact.data, HoursWorked) or fact.key in counted
        ]
        self._dated: dict[AbstractSet[type[Fact]], list[Dated]] = {}
        self._of: dict[type[Fact], list[Dated]] = {}
        for dated in self._facts:
            self._of.setdefault(type(dated[1].data), []).append(dated)
        self._days = {kind: sorted(day for day, _ in facts) for kind, facts in self._of.items()}
        if ContractEnded in self._days:
            self._days[ContractEnded] = list(_ended_otherwise(sorted(self.dated(OF_ENDS), key=itemgetter(0))))
        self._days_of: dict[Kinds, list[date]] = {}
        if subject.remembered is not None:
            self._forget_changed(subject.remembered)

    def _forget_changed(self, remembered: Remembered) -> None:
        """What was reckoned, for some day, from facts that have changed: came, or are gone, and counted by then."""
        counted = [fact for _, fact in self._facts]
        if not remembered.days:
            remembered.counted = counted  # the first fold: nothing was reckoned
            return
        since = [
            (counts_from(fact), BITS.get(type(fact.data), EVERY_KIND)) for fact in changed(remembered.counted, counted)
        ]
        remembered.counted = counted
        moved = reduce(or_, (bit for _, bit in since), 0)
        for of_days in remembered.days.values():
            for day, (_, kinds) in list(of_days.items()):
                # Whoever looks at all facts may have seen one of a later day, where the last of the days was reckoned.
                if kinds & moved and any((one <= day or kinds == EVERY_KIND) and kinds & bit for one, bit in since):
                    del of_days[day]

    def of(self, kind: type[Fact]) -> Sequence[Dated]:
        """The facts of one type with the days from which they count, in the order of truth."""
        return self._of.get(kind, ())

    def dated(self, kinds: AbstractSet[type[Fact]]) -> Sequence[Dated]:
        """The same of several."""
        if kinds not in self._dated:
            self._dated[kinds] = [dated for dated in self._facts if type(dated[1].data) in kinds]
        return self._dated[kinds]

    @cached_property
    def exits_cut(self) -> bool:
        """Whether an exit began to count while a contract was known that had not ended: it may have cut that one."""
        is_open: set[UUID] = set()
        ended: set[UUID] = set()
        for _, fact in sorted(self.dated(OF_ENDS), key=_exits_last) if Exited in self._of else ():
            match fact.data:
                case Hired() as hired if hired.contract_id not in ended:
                    is_open.add(hired.contract_id)
                case ContractEnded() as end:
                    ended.add(end.contract_id)
                    is_open.discard(end.contract_id)
                case Exited() if is_open:
                    return True
                case _:
                    pass
        return False

    def on(self, day: date) -> SubjectFacts:
        """What counts on that day."""
        counted = self.subject.days.get(day)
        if counted is None:
            counted = self.subject.days[day] = _Counted(self, day)
        return counted

    def days_of(self, kinds: Kinds) -> list[date]:
        """Those on which a fact of one of these kinds begins to count, in their order."""
        if kinds not in self._days_of:
            self._days_of[kinds] = sorted({day for kind in kinds for day in self._days.get(kind, ())})
        return self._days_of[kinds]

    def shown(self, about: Kinds, reads: Kinds) -> list[Shown]:
        """Each day on which anything may become different, in their order. Nothing is shown before a fact of the kinds in
        `about`; `reads`: what else matters."""
        self.subject.reads.kinds |= bits_of(about) | bits_of(reads)
        if self.subject.reads.kinds & BITS[ContractEnded]:
            self.subject.reads.kinds |= bits_of(OF_ENDS)
        first = min((days[0] for kind in about if (days := self._days.get(kind))), default=None)
        if first is None:
            return []
        dated = [days for kind in (*about, *reads) if (days := self._days.get(kind))]
        days = sorted({day for of_kind in dated for day in of_kind})
        most = MOST_READ // sum(map(len, dated))
        kept = days[max(days.index(first), len(days) - max(1, min(MOST_DAYS, most))) :]
        return [
            Shown(first if place == 0 else day, day, following)
            for place, (day, following) in enumerate(zip(kept, [*kept[1:], None], strict=True))
        ]

    def each_day(
        self, find: Callable[[SubjectFacts], Iterable[T]], about: Kinds, reads: Kinds
    ) -> list[tuple[Shown, tuple[T, ...]]]:
        """What `find` gives of what counted on each of the days shown; of the same facts it was perhaps reckoned before."""
        remembered, reads_now = self.subject.remembered, self.subject.reads
        before = remembered.days.get(find, {}) if remembered is not None else {}
        noted: dict[date, Noted[tuple[T, ...]]] = {}
        shown = self.shown(about, reads)
        for one in shown:
            found = before.get(one.as_on)
            if found is None:
                # The last day counts everything that is known, so that the subject itself is asked.
                counted = self.subject if one.before is None else self.on(one.as_on)
                found = self.subject.noting(lambda facts: tuple(find(facts)), counted)
            reads_now.kinds |= found[1]
            noted[one.as_on] = found
        if remembered is not None:
            remembered.days[find] = noted
        return [(one, noted[one.as_on][0]) for one in shown]


def facts_by_day(subject: SubjectFacts) -> FactsByDay:
    """What is made of it follows from what is asked of it: that all facts are sorted by their days counts for nothing."""
    by_day, _ = subject.noting(subject.once, FactsByDay)
    return by_day


def days_of_contracts(subject: SubjectFacts) -> Kinds:
    """What the days of a subject's contracts follow from. Who leaves once all contracts have ended changes none of them, and
    what is asked of contracts alone is what it was on the day before."""
    subject.reads.kinds |= bits_of(OF_CONTRACTS)
    return OF_CONTRACTS if facts_by_day(subject).exits_cut else OF_OPEN_CONTRACTS


def files_by_day(subject: SubjectFacts) -> list[tuple[date, PersonFile]]:
    """The agréments by what had been said by each day on which one was changed, in their order; the last file is
    `person_file`."""
    if not subject.has(OF_AGREMENTS):
        return []
    return [(shown.day, file) for shown, (file,) in facts_by_day(subject).each_day(_file, OF_AGREMENTS, ())]


def _file(counted: SubjectFacts) -> Iterator[PersonFile]:
    yield counted.once(person_file)


Dated = tuple[date, Recorded]


def _exits_last(dated: Dated) -> tuple[date, bool]:
    day, fact = dated
    return day, isinstance(fact.data, Exited)


def _ended_otherwise(facts: Sequence[Dated]) -> Iterator[date]:
    """The days on which a contract ended another day than planned; one that ended as planned becomes nothing else, unless
    its structure was left before."""
    planned: dict[UUID, tuple[UUID, date | None]] = {}
    left: set[UUID] = set()
    for day, fact in facts:
        match fact.data:
            case Hired() as hired:
                planned[hired.contract_id] = hired.structure_id, hired.ends_on
            case ContractChanged() as changed if changed.contract_id in planned:
                structure_id, ends_on = planned[changed.contract_id]
                planned[changed.contract_id] = structure_id, changed.ends_on or ends_on
            case Exited() as exited:
                left.add(exited.structure_id)
            case ContractEnded() as ended:
                hired_by, ends_on = planned.get(ended.contract_id, (None, None))
                if ends_on != ended.ended_on or hired_by in left:
                    yield day
            case _:
                pass


class _Counted(SubjectFacts):
    """The facts that count on one day, sorted out for the kinds that are asked for: most of them nobody asks for."""

    __slots__ = ("_by_day", "_day")

    def __init__(self, by_day: FactsByDay, day: date) -> None:
        super().__init__(by_day.subject.id, (), by_day.subject.settings, reads=by_day.subject.reads)
        self._by_day = by_day
        self._day = day

    @property
    def settled(self) -> Sequence[Recorded]:
        return self.recorded(EVERY)

    def of(self, kind: type[F]) -> Sequence[F]:
        self.reads.kinds |= BITS.get(kind, EVERY_KIND)
        if kind not in self._by_type:
            self._by_type[kind] = [fact.data for since, fact in self._by_day.of(kind) if since <= self._day]
        return self._by_type[kind]

    def recorded(self, kinds: AbstractSet[type[Fact]]) -> Sequence[Recorded]:
        self.reads.kinds |= bits_of(kinds)
        return [fact for since, fact in self._by_day.dated(kinds) if since <= self._day]

    def once(self, function: Callable[[SubjectFacts], T]) -> T:
        """As on the last day by which one of the facts came that it follows from."""
        if function in SHARED and function not in self._computed:
            days = self._by_day.days_of(SHARED[function])
            place = bisect_right(days, self._day)
            # Before any of them came it is the same on all days too.
            since = days[place - 1] if place else date.min
            if since < self._day:
                self._computed[function] = self.noting(self._by_day.on(since).once, function)
        return super().once(function)

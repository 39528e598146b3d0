"""A subject's facts by the day from which each counts: what rows about a day that is past are made of.

On a day counts what had been decided or become true by then, and nothing of later days, as `settle(as_of=…)` has it; in
the readings of the services that answer about past days: agreed for later counts once it is said, of an entry of hours
told twice the last alone. What was voided or replaced since was a mistake from the start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from operator import itemgetter
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.agrement import facts as agrement
from services.agrement.model.known import said_on
from services.agrement.model.person_file import PersonFile
from services.pathways.facts import (
    ContractChanged,
    ContractEnded,
    ContractSuspended,
    Exited,
    Hired,
    Received,
    SkillValidated,
    SupportAction,
)
from services.placements.facts import HoursWorked, PlacementAgreed
from services.placements.model.true_by import since
from services.projections.tables.agrement_file import MOVES_NOTHING, OF_AGREMENT, person_file
from services.projections.tables.hours_ledger import told
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.fact import Fact, Recorded

T = TypeVar("T")

Kinds = tuple[type[Fact], ...]

OF_CONTRACTS: Kinds = (Hired, ContractChanged, ContractSuspended, ContractEnded, Exited)
"""What stays follow from."""

OF_AGREMENTS: Kinds = tuple(OF_AGREMENT - {*MOVES_NOTHING, agrement.FactVoided})
"""What agréments follow from."""

LEFT_OUT = frozenset(
    {agrement.HireLinked, agrement.AgrementExpiring, agrement.AgrementExpired, Received, SkillValidated, SupportAction}
)
"""What nothing here follows from: persons have most of their facts of these."""

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
    """Of one subject; ask `subject.once(FactsByDay)`."""

    def __init__(self, subject: SubjectFacts) -> None:
        self.subject = subject
        counted = {entry.by.key for entry in subject.once(told)}
        self._facts = [
            (counts_from(fact), fact)
            for fact in subject.settled
            if type(fact.data) not in LEFT_OUT and (not isinstance(fact.data, HoursWorked) or fact.key in counted)
        ]
        self._days: dict[type[Fact], list[date]] = {}
        in_their_days = sorted(self._facts, key=itemgetter(0))
        for day, fact in in_their_days:
            self._days.setdefault(type(fact.data), []).append(day)
        self._days[ContractEnded] = list(_ended_otherwise(in_their_days))
        self._digests = dict(_digests(in_their_days))
        self._by: dict[date, SubjectFacts] = {}
        self._days_of: dict[Kinds, list[date]] = {}

    def on(self, day: date) -> SubjectFacts:
        """What counts on that day."""
        if day not in self._by:
            self._by[day] = _Counted(self, day, [fact for since, fact in self._facts if since <= day])
        return self._by[day]

    def days_of(self, kinds: Kinds) -> list[date]:
        """Those on which a fact of one of these kinds begins to count, in their order."""
        if kinds not in self._days_of:
            self._days_of[kinds] = sorted({day for kind in kinds for day in self._days.get(kind, ())})
        return self._days_of[kinds]

    def shown(self, about: Kinds, reads: Kinds) -> list[Shown]:
        """Each day on which anything may become different, in their order. Nothing is shown before a fact of the kinds in
        `about`; `reads`: what else matters."""
        first = min((day for kind in about for day in self._days.get(kind, ())), default=None)
        if first is None:
            return []
        kinds = (*about, *reads)
        read = sum(len(self._days.get(kind, ())) for kind in kinds)
        days = self.days_of(kinds)
        kept = days[max(days.index(first), len(days) - max(1, min(MOST_DAYS, MOST_READ // read))) :]
        return [
            Shown(first if place == 0 else day, day, following)
            for place, (day, following) in enumerate(zip(kept, [*kept[1:], None], strict=True))
        ]

    def remembered(self, name: Callable[..., object], shown: Shown, reckon: Callable[[SubjectFacts], T]) -> T:
        """`reckon` of what counts then; of the same facts it was perhaps reckoned before (`SubjectFacts.remembered`)."""
        counted = self.subject if shown.before is None else None
        return self.subject.remembered.get(
            (name, self._digests[shown.as_on]), lambda: reckon(counted or self.on(shown.as_on))
        )


def files_by_day(subject: SubjectFacts) -> list[tuple[date, PersonFile]]:
    """The agréments by what had been said by each day on which one was changed, in their order; the last file is
    `person_file`."""
    by_day = subject.once(FactsByDay)
    return [(shown.day, by_day.remembered(files_by_day, shown, _file)) for shown in by_day.shown(OF_AGREMENTS, ())]


def _file(counted: SubjectFacts) -> PersonFile:
    return counted.once(person_file)


Dated = tuple[date, Recorded]


def _digests(facts: Sequence[Dated]) -> Iterator[tuple[date, bytes]]:
    """For each day, what names the facts that count on it: they are the same where the digest is. In their days' order."""
    digest = blake2b(digest_size=16)
    for place, (day, fact) in enumerate(facts):
        digest.update(f"{fact.type} {fact.source} {fact.id} {fact.replaces}\n".encode())
        if place + 1 == len(facts) or facts[place + 1][0] > day:
            yield day, digest.digest()


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
    """The facts that count on one day."""

    __slots__ = ("_by_day", "_day")

    def __init__(self, by_day: FactsByDay, day: date, counted: Sequence[Recorded]) -> None:
        super().__init__(by_day.subject.id, counted, by_day.subject.settings)
        self._by_day = by_day
        self._day = day

    def once(self, function: Callable[[SubjectFacts], T]) -> T:
        """As on the last day by which one of the facts came that it follows from."""
        kinds = SHARED.get(function)
        days = self._by_day.days_of(kinds) if kinds is not None else []
        place = bisect_right(days, self._day)
        if place and days[place - 1] < self._day:
            return self._by_day.on(days[place - 1]).once(function)
        return super().once(function)

"""What rows are made from: the settled facts of one subject, by type, and what several tables ask of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, TypeVar
from uuid import UUID

from services.projections.catalogue import CATALOGUE
from shared.facts.contests import ABOUT_FACTS
from shared.facts.fact import Fact, Recorded
from shared.process.settings import SuspensionCounting

A = TypeVar("A")
F = TypeVar("F", bound=Fact)
T = TypeVar("T")

Kinds = tuple[type[Fact], ...]

BITS: Mapping[type[Fact], int] = MappingProxyType(
    {kind: 1 << place for place, kind in enumerate(CATALOGUE.facts.values())}
)
"""A bit for each kind of fact: sets of kinds are joined and compared at every step of a fold."""
EVERY_KIND = -1


Noted = tuple[T, int]
"""What was reckoned, and from facts of which kinds, as bits."""


@cache
def bits_of(kinds: Iterable[type[Fact]]) -> int:
    bits = 0
    for kind in kinds:
        bits |= BITS.get(kind, EVERY_KIND)
    return bits


class ProjectionSettings(Protocol):
    """The settings that rows depend on. With other values, the same facts give other rows: another read set."""

    @property
    def step_gap_days(self) -> int: ...
    @property
    def handover_days(self) -> int: ...
    @property
    def suspension_counting(self) -> SuspensionCounting: ...


class Reads:
    """Of which kinds facts were asked for by what is being reckoned, as bits."""

    __slots__ = ("kinds",)

    def __init__(self) -> None:
        self.kinds = 0


class Remembered:
    """What a fold of a subject reckoned, for the next one, which brings it up to date.

    Whatever is reckoned is a pure function of the facts of the kinds that it asks for (`Reads`): where none of these has
    changed, it is the same."""

    __slots__ = ("beside", "counted", "days", "rows", "settled")

    def __init__(self) -> None:
        self.settled: Sequence[Recorded] = ()
        self.beside: Sequence[Any] = ()
        """What rows follow from beside the kinds of facts that stand (`SubjectFacts.beside`): few ask, and it rarely changes."""
        self.rows: dict[str, Noted[list[Any]]] = {}
        """Of `settled`, by read table."""
        self.counted: Sequence[Recorded] = ()
        self.days: dict[Callable[..., Any], dict[date, Noted[Any]]] = {}
        """By function, what it gave of those of `counted` that counted on a day (`FactsByDay`)."""


def changed(before: Sequence[Recorded], now: Sequence[Recorded]) -> list[Recorded]:
    """The facts that only one of them has. One in memory stays the same object for as long as its subject is there."""
    known, there = {id(fact): fact for fact in before}, {id(fact): fact for fact in now}
    gone, come = known.keys() - there.keys(), there.keys() - known.keys()
    return [*(known[name] for name in gone), *(there[name] for name in come)]


class SubjectFacts:
    """The facts of one subject that stand, in the order of truth: `shared.facts.settle` has applied voids and replacements.

    `id` names whose rows they become: the subject, or the person into whom it was merged.
    """

    __slots__ = (
        "_by_type",
        "_computed",
        "_settled",
        "days",
        "id",
        "not_theirs",
        "reads",
        "remembered",
        "says_something",
        "settings",
    )

    def __init__(
        self,
        subject_id: UUID,
        settled: Sequence[Recorded],
        settings: ProjectionSettings,
        remembered: Remembered | None = None,
        not_theirs: Sequence[Recorded] = (),
        reads: Reads | None = None,
    ) -> None:
        """`not_theirs`: what was said of it and does not stand, because it speaks about another's."""
        self.id = subject_id
        self.remembered = remembered
        self.reads = reads or Reads()
        self.settings = settings
        self._settled = settled
        self.not_theirs = not_theirs
        self.says_something = not all(isinstance(recorded.data, ABOUT_FACTS) for recorded in settled)
        """Whether anything stands but what is said about other facts."""
        self.days: dict[date, SubjectFacts] = {}
        """What counts on days that are past (`FactsByDay`)."""
        self._computed: dict[Callable[..., Any], Noted[Any]] = {}
        self._by_type: dict[type[Fact], list[Any]] = {}
        for recorded in settled:
            # Sorted once: some thirty tables ask for their own types of the same subject.
            fact = recorded.data
            if (there := self._by_type.get(type(fact))) is None:
                self._by_type[type(fact)] = [fact]
            else:
                there.append(fact)

    @property
    def beside(self) -> Sequence[Any]:
        """What may be asked for without being noted: where it changes, everything is reckoned again."""
        return (self.says_something, *self.not_theirs)

    @property
    def settled(self) -> Sequence[Recorded]:
        """All of them, with their envelopes."""
        self.reads.kinds = EVERY_KIND
        return self._settled

    @property
    def facts(self) -> Sequence[Fact]:
        """All of them."""
        return [recorded.data for recorded in self.settled]

    def of(self, kind: type[F]) -> Sequence[F]:
        """The facts of one type, in the order of truth."""
        self.reads.kinds |= BITS.get(kind, EVERY_KIND)
        return self._by_type.get(kind, ())

    def recorded(self, kinds: AbstractSet[type[Fact]]) -> Sequence[Recorded]:
        """The facts of some types with their envelopes, in the order of truth."""
        self.reads.kinds |= bits_of(kinds)
        return [recorded for recorded in self._settled if type(recorded.data) in kinds]

    def has(self, kinds: Kinds) -> bool:
        """Whether a fact of one of these types stands."""
        self.reads.kinds |= bits_of(kinds)
        return any(kind in self._by_type for kind in kinds)

    def once(self, function: Callable[[SubjectFacts], T]) -> T:
        """`function(self)`, computed at the first call and kept: several tables need the same stays, hours, agréments.

        Whoever takes the answer must not change it.
        """
        found = self._computed.get(function)
        reads = self.reads
        if found is None:
            # As `noting` does: it is asked a hundred times a fold, and each call counts.
            outside, reads.kinds = reads.kinds, 0
            found = self._computed[function] = function(self), reads.kinds
            reads.kinds = outside
        reads.kinds |= found[1]
        answer: T = found[0]
        return answer

    def let_go(self) -> None:
        """Forget what was computed, once nobody asks any more. It leads back here, and would wait for the cyclic collector,
        which takes longer to find it than a fold takes."""
        for counted in self.days.values():
            counted._computed.clear()
        self.days.clear()
        self._computed.clear()

    def noting(self, function: Callable[[A], T], argument: A) -> Noted[T]:
        """`function(argument)`, and the kinds of facts that it asked for."""
        reads, outside = self.reads, self.reads.kinds
        reads.kinds = 0
        answer = function(argument)
        kinds, reads.kinds = reads.kinds, outside
        return answer, kinds

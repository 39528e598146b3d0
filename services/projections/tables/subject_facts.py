"""What rows are made from: the settled facts of one subject, by type, and what several tables ask of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from shared.facts.fact import Fact, Recorded
from shared.process.settings import SuspensionCounting

F = TypeVar("F", bound=Fact)
T = TypeVar("T")


class ProjectionSettings(Protocol):
    """The settings that rows depend on. With other values, the same facts give other rows: another read set."""

    @property
    def step_gap_days(self) -> int: ...
    @property
    def handover_days(self) -> int: ...
    @property
    def suspension_counting(self) -> SuspensionCounting: ...


class Remembered:
    """What was reckoned of a subject's facts at one fold, for the next one: of the facts of days that are over nothing has
    to be reckoned again. What the next fold does not ask for is forgotten."""

    __slots__ = ("_before", "_now")

    def __init__(self, before: Remembered | None = None) -> None:
        """`before`: of the fold before; what is asked for again is taken from it."""
        self._before: dict[Hashable, Any] = {} if before is None else before._now
        self._now: dict[Hashable, Any] = {}

    def get(self, name: Hashable, reckon: Callable[[], T]) -> T:
        """`name` says what is reckoned and of which facts."""
        if name not in self._now:
            self._now[name] = self._before.pop(name) if name in self._before else reckon()
        answer: T = self._now[name]
        return answer


class SubjectFacts:
    """The facts of one subject that stand, in the order of truth: `shared.facts.settle` has applied voids and replacements.

    `id` names whose rows they become: the subject, or the person into whom it was merged.
    """

    __slots__ = ("_by_type", "_computed", "facts", "id", "not_theirs", "remembered", "settings", "settled")

    def __init__(
        self,
        subject_id: UUID,
        settled: Sequence[Recorded],
        settings: ProjectionSettings,
        remembered: Remembered | None = None,
        not_theirs: Sequence[Recorded] = (),
    ) -> None:
        """`not_theirs`: what was said of it and does not stand, because it speaks about another's."""
        self.id = subject_id
        self.remembered = remembered or Remembered()
        self.settings = settings
        self.settled = settled
        self.not_theirs = not_theirs
        self.facts: list[Fact] = [recorded.data for recorded in settled]
        self._computed: dict[Callable[..., Any], Any] = {}
        self._by_type: dict[type[Fact], list[Any]] = {}
        for fact in self.facts:
            # Sorted once: some thirty tables ask for their own types of the same subject.
            self._by_type.setdefault(type(fact), []).append(fact)

    def of(self, kind: type[F]) -> Sequence[F]:
        """The facts of one type, in the order of truth."""
        return self._by_type.get(kind, ())

    def once(self, function: Callable[[SubjectFacts], T]) -> T:
        """`function(self)`, computed at the first call and kept: several tables need the same stays, hours, agréments.

        Whoever takes the answer must not change it.
        """
        if function not in self._computed:
            self._computed[function] = function(self)
        answer: T = self._computed[function]
        return answer

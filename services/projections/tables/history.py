"""One subject's standing facts, grouped once, and what several read tables ask of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from services.projections.law.tables import ExitReasons
from shared.facts.fact import Fact, Recorded
from shared.process.settings import SuspensionCounting

F = TypeVar("F", bound=Fact)
T = TypeVar("T")


class Rules(NamedTuple):
    """What rows depend on besides the facts."""

    step_gap_days: int
    handover_days: int
    suspension_counting: SuspensionCounting
    exit_reasons: ExitReasons


class History:
    """Built from what settle gives, so everything here is in the order of truth and without what was voided."""

    __slots__ = ("_answers", "_by_type", "facts", "rules", "settled", "subject_id")

    def __init__(self, subject_id: UUID, settled: Sequence[Recorded], rules: Rules) -> None:
        self.subject_id = subject_id
        self.rules = rules
        self.settled = settled
        self.facts: list[Fact] = [recorded.data for recorded in settled]
        self._answers: dict[Callable[..., Any], Any] = {}
        self._by_type: dict[type[Fact], list[Any]] = {}
        for fact in self.facts:
            self._by_type.setdefault(type(fact), []).append(fact)

    def of(self, kind: type[F]) -> Sequence[F]:
        """The facts of one type."""
        return self._by_type.get(kind, ())

    def once(self, reckon: Callable[[History], T]) -> T:
        """`reckon(self)`, reckoned once: several tables share it."""
        if reckon not in self._answers:
            self._answers[reckon] = reckon(self)
        answer: T = self._answers[reckon]
        return answer

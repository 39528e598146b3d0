"""What is measured, how two things are compared, and what a figure has to reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from benchmarks.lab import Lab


T = TypeVar("T")


class CheckFailedError(Exception):
    """What was measured did not do its work; its figure says nothing."""


def expect(condition: bool, otherwise: str) -> None:
    """Raise CheckFailedError."""
    if not condition:
        raise CheckFailedError(otherwise)


@dataclass(frozen=True, slots=True)
class Goal:
    at_least: float
    aim: float
    unit: str = ""
    less_is_better: bool = False

    def verdict(self, value: float) -> str:
        """aim, at least, or under."""
        for name, limit in (("aim", self.aim), ("at least", self.at_least)):
            if value <= limit if self.less_is_better else value >= limit:
                return name
        return "under"


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is what the goal speaks of: the median of the ratios, or `ours` where there is no baseline.

    `spread`: the least and the greatest of the rounds. `check`: what was found to be right. Without a goal it is told
    and judged by nobody.
    """

    title: str
    ours: float
    unit: str
    value: float
    goal: Goal | None
    check: str
    baseline: float | None = None
    spread: tuple[float, float] | None = None

    @property
    def ratio(self) -> float | None:
        """To the baseline, where there is one; of what has a limit of its own (in its unit) it is told all the same."""
        if self.baseline is None:
            return None
        return self.ours / self.baseline if self.goal and self.goal.unit else self.value

    @property
    def reaches(self) -> str:
        """aim, at least, under, or told."""
        return self.goal.verdict(self.value) if self.goal else "told"


@dataclass(frozen=True, slots=True)
class Row:
    """`measure` raises CheckFailedError rather than give a figure that does not count.

    `limited_by`: what the figure cannot pass, and why. `group`: what it is about (`GROUPS`). `is_optional`: that it is
    left out says nothing of ours. `by_default`: measured also where nobody names it.
    """

    name: str
    about: str
    measure: Callable[[Lab], Sequence[Figure]]
    limited_by: str = ""
    group: str = "table"
    is_optional: bool = False
    by_default: bool = True


GROUPS = {
    "table": "what the design promises",
    "large": "large structures, groups and lives beside small ones",
    "growth": "cost against what is there already",
    "peer": "another tool for the same work",
    "machine": "what this machine can do at most",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """Ours and the baseline in turns."""

    ours: Sequence[float]
    baseline: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        return [one / other for one, other in zip(self.ours, self.baseline, strict=True)]

    def figure(self, title: str, unit: str, goal: Goal | None, check: str) -> Figure:
        ratios = self.ratios
        return Figure(
            title,
            median(self.ours),
            unit,
            median(ratios),
            goal,
            check,
            median(self.baseline),
            (min(ratios), max(ratios)),
        )


def alternate(rounds: int, ours: Callable[[int], float], baseline: Callable[[int], float]) -> Compared:
    """Each is given the number of its round."""
    return Compared(*in_turns(rounds, ours, baseline))


def in_turns(rounds: int, *ways: Callable[[int], T]) -> list[list[T]]:
    """What each way gave in each round. Who goes first changes, so that what wears off wears off all."""
    found: list[list[T]] = [[] for _ in ways]
    for number in range(rounds):
        order = list(range(len(ways)))
        for which in order if number % 2 == 0 else reversed(order):
            found[which].append(ways[which](number))
    return found


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(ceil(len(ordered) * percent / 100) - 1, 0)]

"""A case: what goes in, what the State's service answers, what we answer, and why where we differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Answer = Callable[[], str]

CASES: list[Case] = []


@dataclass(frozen=True)
class Case:
    """`ours`: our answer in our words, where it is not word for word the expected one."""

    number: int
    input: str
    expected: str
    answer: Answer
    ours: str
    note: str

    @property
    def name(self) -> str:
        return f"case-{self.number:03d}-{self.answer.__name__}"


def case(number: int, given: str, expected: str, ours: str = "", note: str = "") -> Callable[[Answer], Answer]:
    def register(answer: Answer) -> Answer:
        CASES.append(Case(number, given, expected, answer, ours or expected, note))
        return answer

    return register

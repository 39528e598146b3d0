"""Dated rules about structures (`law/*.yaml`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shared.deciding.dated import Row, row_on

RULES = Path(__file__).parent


@dataclass(frozen=True)
class Annexes(Row):
    """`kinds` of structure need an annex, in one of these `states`; `article` says so."""

    kinds: tuple[str, ...]
    states: tuple[str, ...]
    article: str


@dataclass(frozen=True)
class Certifications(Row):
    days_before_term: int


def annexes_on(day: date) -> Annexes:
    return row_on(RULES, "annexes", Annexes, day)


def certifications_on(day: date) -> Certifications:
    return row_on(RULES, "certifications", Certifications, day)

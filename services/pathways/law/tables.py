"""The rules that the law dates (`law/*.yaml`, see shared/deciding/dated.py): which set is in force on a day.

A contract and a recruitment follow the set of their first day, an immersion that of its own. None of them refuses a
contract: they say where the law is not kept. Limits of immersions do refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from shared.deciding.dated import Row, row_on, rows_on, unchanged_since

RULES = Path(__file__).parent


@dataclass(frozen=True)
class Shortest(Row):
    kind: str
    contract_types: tuple[str, ...]
    months: int
    article: str


@dataclass(frozen=True)
class Longest(Row):
    kind: str
    contract_types: tuple[str, ...]
    months: int
    beside_inclusion_months: int | None
    article: str


@dataclass(frozen=True)
class Ground(Row):
    ground: str
    kinds: tuple[str, ...]
    to_months: int | None
    months_each: int | None
    while_training: bool
    least_age: int | None


@dataclass(frozen=True)
class WeeklyFloor(Row):
    kind: str
    contract_types: tuple[str, ...]
    hours: float
    article: str


@dataclass(frozen=True)
class FloorDerogation(Row):
    derogation: str
    kinds: tuple[str, ...]
    earliest_month: int
    longest_months: int
    times: int | None


@dataclass(frozen=True)
class Inclusion(Row):
    kind: str
    contract_types: tuple[str, ...]
    least_age: int
    least_months: int
    article: str


@dataclass(frozen=True)
class ImmersionLimits(Row):
    longest_months: int
    renewals: int
    host_agreements: int
    host_days: int
    host_months: int
    contract_share: float
    contract_types: tuple[str, ...]
    article: str


@dataclass(frozen=True)
class Rules:
    """The rules in force on one day, by kind of structure; a kind without a row is not bound."""

    shortest: tuple[Shortest, ...]
    longest: tuple[Longest, ...]
    grounds: tuple[Ground, ...]
    weekly_floors: tuple[WeeklyFloor, ...]
    derogations: tuple[FloorDerogation, ...]
    inclusion: tuple[Inclusion, ...]
    immersions: ImmersionLimits


def rules_on(day: date) -> Rules:
    return _rules_since(unchanged_since(RULES, day))


@cache
def _rules_since(day: date) -> Rules:
    return Rules(
        shortest=tuple(rows_on(RULES, "shortest", Shortest, day)),
        longest=tuple(rows_on(RULES, "longest", Longest, day)),
        grounds=tuple(rows_on(RULES, "grounds", Ground, day)),
        weekly_floors=tuple(rows_on(RULES, "weekly_floors", WeeklyFloor, day)),
        derogations=tuple(rows_on(RULES, "derogations", FloorDerogation, day)),
        inclusion=tuple(rows_on(RULES, "inclusion", Inclusion, day)),
        immersions=row_on(RULES, "immersions", ImmersionLimits, day),
    )

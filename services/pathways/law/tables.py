"""What the law dates about contracts and immersions (`*.yaml` here; how rows are read: `shared/deciding/dated.py`).

A contract and a recruitment follow the rows in force on their first day, an immersion those of its own, the follow-ups of
an exit those of its day. What a contract
does not keep is told by an alert and refused by nobody; an immersion beyond its limits is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shared.deciding.dated import Row, by_last_change, row_on, rows_on

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Shortest(Row):
    """A contract of these types lasts at least so many months, date to date."""

    kind: str
    contract_types: tuple[str, ...]
    months: int
    article: str


@dataclass(frozen=True)
class Longest(Row):
    """A recruitment lasts at most so many months, renewals included; `beside_inclusion_months`: while a CDI inclusion with
    the same structure runs. None: no longer then."""

    kind: str
    contract_types: tuple[str, ...]
    months: int
    beside_inclusion_months: int | None
    article: str


@dataclass(frozen=True)
class Ground(Row):
    """Why a recruitment may go beyond its longest months; `law/grounds.yaml` says what each field means."""

    ground: str
    kinds: tuple[str, ...]
    to_months: int | None
    months_each: int | None
    while_training: bool
    least_age: int | None


@dataclass(frozen=True)
class WeeklyFloor(Row):
    """A contract of these types is for at least so many hours a week."""

    kind: str
    contract_types: tuple[str, ...]
    hours: float
    article: str


@dataclass(frozen=True)
class FloorDerogation(Row):
    """A person's derogation from the weekly floor counts after `months_in_pathway` and for `longest_months`; so many of one
    contract count (`times`; None: any number)."""

    derogation: str
    kinds: tuple[str, ...]
    months_in_pathway: int
    longest_months: int
    times: int | None


@dataclass(frozen=True)
class Inclusion(Row):
    """A CDI inclusion asks for an age in years, and for months since the pathway began."""

    kind: str
    contract_types: tuple[str, ...]
    least_age: int
    least_months: int
    article: str


@dataclass(frozen=True)
class ImmersionLimits(Row):
    """`contract_share`: of the days of the recruitment, 0.25 for a quarter (`share_article`); `law/immersions.yaml` says how
    each counts."""

    longest_months: int
    renewals: int
    host_agreements: int
    host_days: int
    host_months: int
    contract_share: float
    share_article: str
    contract_types: tuple[str, ...]
    article: str


@dataclass(frozen=True)
class Milestone(Row):
    """A follow-up so many months after an exit. `not_after`: reasons of exit after which nothing is asked."""

    months: int
    overdue_days: int
    severity: str
    not_after: tuple[str, ...]
    article: str


@dataclass(frozen=True)
class Law:
    """The rows in force on one day, by kind of structure; a kind without a row is not bound."""

    shortest: tuple[Shortest, ...]
    longest: tuple[Longest, ...]
    grounds: tuple[Ground, ...]
    weekly_floors: tuple[WeeklyFloor, ...]
    derogations: tuple[FloorDerogation, ...]
    inclusion: tuple[Inclusion, ...]
    immersions: ImmersionLimits
    milestones: tuple[Milestone, ...]


@by_last_change(FOLDER)
def law_on(day: date) -> Law:
    return Law(
        shortest=tuple(rows_on(FOLDER, "shortest", Shortest, day)),
        longest=tuple(rows_on(FOLDER, "longest", Longest, day)),
        grounds=tuple(rows_on(FOLDER, "grounds", Ground, day)),
        weekly_floors=tuple(rows_on(FOLDER, "weekly_floors", WeeklyFloor, day)),
        derogations=tuple(rows_on(FOLDER, "derogations", FloorDerogation, day)),
        inclusion=tuple(rows_on(FOLDER, "inclusion", Inclusion, day)),
        immersions=row_on(FOLDER, "immersions", ImmersionLimits, day),
        milestones=tuple(rows_on(FOLDER, "follow_ups", Milestone, day)),
    )

"""What the law, or a measure, dates about the read side (`*.yaml` here; how rows are read: `shared/deciding/dated.py`).

Rows of read tables take the law of a day: of an exit, of a proposal. Views join by day instead, so they take rows of
every day with their bounds: in force from `valid_from` to `valid_to`, both included; an absent bound is open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

from services.pathways.law.tables import FOLDER as EXITS
from shared.deciding.dated import Row, by_last_change, row_on, rows_on, table

FOLDER = Path(__file__).parent

T = TypeVar("T")

Confidence = Literal["confirmed", "open"]


@dataclass(frozen=True)
class ExitReason(Row):
    """What one reason of leaving a structure counts as. `leads_to`: employment, training, iae or nothing; `open_ended`: to
    something without a term."""

    code: str
    category: str
    leads_to: str | None
    open_ended: bool


@dataclass(frozen=True)
class HandoverReminder(Row):
    """Days after which a hand-over without an answer is recalled."""

    unanswered_days: int
    article: str


@dataclass(frozen=True)
class EsfResult(Row):
    """Days after leaving an operation of the ESF+ within which the result is collected."""

    collected_within_days: int
    article: str


@dataclass(frozen=True)
class Law:
    """The rows in force on one day. `exit_reasons`: by code."""

    exit_reasons: Mapping[str, ExitReason]
    handover: HandoverReminder
    esf_result: EsfResult


@by_last_change(FOLDER, EXITS)
def law_on(day: date) -> Law:
    return Law(
        # Rows of the pathways service: what an exit counts as is the law of exits, read by this side alone.
        exit_reasons={reason.code: reason for reason in rows_on(EXITS, "exit_categories", ExitReason, day)},
        handover=row_on(FOLDER, "handovers", HandoverReminder, day),
        esf_result=row_on(FOLDER, "esf_results", EsfResult, day),
    )


class Stage(NamedTuple):
    """How near an ordinary job a kind of structure stands: 1 is the furthest."""

    kind: Annotated[str, "Kind of structure"]
    stage: Annotated[int, "How near an ordinary job: 1 is the furthest"]
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class Presence(NamedTuple):
    """Which exits from a kind of structure a reading of the official figures counts: after at least so many hours, and
    more than so many months (0: no test), of days times `months_per_day`. `annex_states`: of the annexes whose hours
    count."""

    kind: Annotated[str, "Kind of structure"]
    reading: Annotated[str, "official: by the rule of the day; older, newer: as it was read before, and now"]
    hours_min: Annotated[float, "At least so many hours"]
    months_over: Annotated[float, "More than so many months; 0: no test"]
    months_per_day: Annotated[float, "A day in months"]
    annex_states: Annotated[Sequence[str], "States of annexes whose hours count, separated by one space"]
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class HoursReading(NamedTuple):
    """Which hours count towards `hours_min` of an exit from a kind of structure: those of the recruitment, of the stay, or
    of a year of the last contract (state_year)."""

    kind: Annotated[str, "Kind of structure"]
    reading: Annotated[str, "recruitment, stay, or state_year: a calendar year of the last contract"]
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class ExitFigures(NamedTuple):
    """Which categories of exits make a dynamic exit, which are in no denominator, and how many months a durable exit with
    a term lasts more than, to the federation's measure."""

    dynamic: Sequence[str]
    out_of_denominator: Sequence[str]
    federation_durable_months_over: int
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class Readiness(NamedTuple):
    """Who is proposed first for a next step, unless a question says otherwise."""

    agrement_days_left_min: Annotated[int, "At least so many days left of the agrément"]
    contract_days_left_max: Annotated[int, "At most so many days left of the contract"]
    trainings_finished_min: Annotated[int, "At least so many trainings finished"]
    stage_max: Annotated[int, "At most that stage"]
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class CdiInclusionShare(NamedTuple):
    """At most so many of a hundred funded posts under a CDI inclusion; `states`: of the annexes whose posts count."""

    kind: Annotated[str, "Kind of structure"]
    percent: Annotated[float, "At most so many of a hundred funded posts"]
    percent_by_derogation: Annotated[float, "At most so many where a derogation allows it"]
    states: Annotated[Sequence[str], "States of annexes whose posts count, separated by one space"]
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class DepartmentOf(NamedTuple):
    """The region that a department is in."""

    department: Annotated[str, "Code of the department"]
    region_code: Annotated[str, "Code of its region"]
    region: Annotated[str, "Name of its region"]
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class HoursOfAPost(NamedTuple):
    """Hours that make a full-time post in a year, in a kind of structure."""

    kind: Annotated[str, "Kind of structure"]
    valid_from: date | None
    hours: Annotated[float, "Hours of a full-time post in a year"]
    confidence: Confidence
    valid_to: date | None
    source: str


@cache
def stages() -> tuple[Stage, ...]:
    return _of_each(Stage, "stages", kind="kinds")


@cache
def presences() -> tuple[Presence, ...]:
    return _of_each(Presence, "presence", kind="kinds", reading="readings")


@cache
def departments() -> tuple[DepartmentOf, ...]:
    return _of_each(DepartmentOf, "departments", department="departments")


@cache
def hours_of_a_post() -> tuple[HoursOfAPost, ...]:
    return tuple(HoursOfAPost(**row) for row in table(FOLDER, "hours_of_a_post"))


@cache
def hours_readings() -> tuple[HoursReading, ...]:
    return _of_each(HoursReading, "hours_readings", kind="kinds")


@cache
def exit_figures() -> tuple[ExitFigures, ...]:
    return tuple(ExitFigures(**row) for row in table(FOLDER, "exit_figures"))


@cache
def readiness() -> tuple[Readiness, ...]:
    return tuple(Readiness(**row) for row in table(FOLDER, "ready"))


@cache
def cdi_inclusion_shares() -> tuple[CdiInclusionShare, ...]:
    return tuple(CdiInclusionShare(**row) for row in table(FOLDER, "cdi_inclusion_share"))


def _of_each(made: Callable[..., T], file: str, **lists: str) -> tuple[T, ...]:
    """A row for each that a row of the file stands for: with `kind="kinds"`, one for each of its kinds."""
    return tuple(
        made(**dict(zip(lists, one, strict=True)), **{name: row[name] for name in row if name not in lists.values()})
        for row in table(FOLDER, file)
        for one in product(*(row[several] for several in lists.values()))
    )

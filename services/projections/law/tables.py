"""Dated reference tables of the read side (`law/*.yaml`): what an exit reason counts as, which kind stands where,
when somebody is asked or reminded.

A row is in force from `valid_from` to `valid_to`, both included; an absent bound is open or not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import yaml

RULES = Path(__file__).parent
EXIT_CATEGORIES = RULES / "exit_categories.yaml"
STAGES = RULES / "stages.yaml"
FOLLOW_UPS = RULES / "follow_ups.yaml"
HANDOVERS = RULES / "handovers.yaml"
ESF_RESULTS = RULES / "esf_results.yaml"
PRESENCE = RULES / "presence.yaml"
READY = RULES / "ready.yaml"
CDI_INCLUSION_SHARES = RULES / "cdi_inclusion_share.yaml"
EXIT_FIGURES = RULES / "exit_figures.yaml"

Confidence = Literal["confirmed", "open"]


class ExitReason(NamedTuple):
    """What one reason of leaving a structure counts as, for a time. `leads_to`: employment, training, iae or nothing;
    `open_ended`: to something without a term."""

    code: str
    title: str
    category: str
    leads_to: str | None
    open_ended: bool
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class Stage(NamedTuple):
    """How near an ordinary job a kind of structure stands: 1 is the furthest."""

    kind: str
    stage: int
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class Presence(NamedTuple):
    """Which exits from a kind of structure a reading of the official figures counts: after at least so many hours, and
    more than so many months (0: no test), of days times `months_per_day`. `annex_states`, `measures_out`: of the
    annexes whose hours count, and of those whose do not."""

    kind: str
    reading: str
    hours_min: float
    months_over: float
    months_per_day: float
    annex_states: Sequence[str]
    measures_out: Sequence[str]
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


class Milestone(NamedTuple):
    """A follow-up so many months after an exit. `not_after`: reasons of exit after which nothing is asked."""

    months: int
    overdue_days: int
    severity: str
    not_after: Sequence[str]
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class HandoverRule(NamedTuple):
    """Days after which a hand-over without an answer is recalled."""

    unanswered_days: int
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class EsfResultRule(NamedTuple):
    """Days after leaving an operation of the ESF+ within which the result is collected."""

    collected_within_days: int
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class Readiness(NamedTuple):
    """Who is proposed first for a next step, unless a question says otherwise."""

    agrement_days_left_min: int
    contract_days_left_max: int
    trainings_finished_min: int
    stage_max: int
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class CdiInclusionShare(NamedTuple):
    """At most so many of a hundred funded posts under a CDI inclusion; `states`: of the annexes whose posts count."""

    kind: str
    percent: float
    percent_by_derogation: float
    states: Sequence[str]
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: Confidence


class Dated(Protocol):
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


D = TypeVar("D", bound=Dated)

ExitReasons = Mapping[str, Sequence[ExitReason]]
"""By code."""


def exit_reason_on(reasons: ExitReasons, code: str, day: date) -> ExitReason | None:
    """The row in force on the day of the exit; None for a code the table does not have."""
    return next(iter(_in_force(reasons.get(code, ()), day)), None)


def milestones_on(day: date) -> list[Milestone]:
    """Those of an exit on that day, by months."""
    return _in_force(_milestones(), day)


def handover_rule_on(day: date) -> HandoverRule | None:
    return next(iter(_in_force(_handover_rules(), day)), None)


def esf_result_rule_on(day: date) -> EsfResultRule | None:
    return next(iter(_in_force(_esf_result_rules(), day)), None)


@cache
def exit_reasons() -> ExitReasons:
    reasons: dict[str, list[ExitReason]] = {}
    for row in _rows(EXIT_CATEGORIES):
        reasons.setdefault(row["code"], []).append(ExitReason(**row))
    return reasons


@cache
def stages() -> tuple[Stage, ...]:
    return tuple(Stage(kind=kind, **row) for row in _rows(STAGES) for kind in row.pop("kinds"))


@cache
def presences() -> tuple[Presence, ...]:
    return tuple(
        Presence(kind, reading, **row)
        for row in _rows(PRESENCE)
        for kind, reading in product(row.pop("kinds"), row.pop("readings"))
    )


@cache
def exit_figures() -> tuple[ExitFigures, ...]:
    return tuple(ExitFigures(**row) for row in _rows(EXIT_FIGURES))


@cache
def readiness() -> tuple[Readiness, ...]:
    return tuple(Readiness(**row) for row in _rows(READY))


@cache
def cdi_inclusion_shares() -> tuple[CdiInclusionShare, ...]:
    return tuple(CdiInclusionShare(**row) for row in _rows(CDI_INCLUSION_SHARES))


@cache
def _milestones() -> tuple[Milestone, ...]:
    return tuple(Milestone(**row) for row in _rows(FOLLOW_UPS))


@cache
def _handover_rules() -> tuple[HandoverRule, ...]:
    return tuple(HandoverRule(**row) for row in _rows(HANDOVERS))


@cache
def _esf_result_rules() -> tuple[EsfResultRule, ...]:
    return tuple(EsfResultRule(**row) for row in _rows(ESF_RESULTS))


def _in_force(rows: Iterable[D], day: date) -> list[D]:
    return [
        row
        for row in rows
        if (row.valid_from is None or row.valid_from <= day) and (row.valid_to is None or day <= row.valid_to)
    ]


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a table; `defaults` fill what a row leaves out."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [{**table["defaults"], **row} for row in table["rows"]]

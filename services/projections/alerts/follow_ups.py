"""Alerts about what is asked after leaving: follow-ups nobody made, results of the ESF+ not collected in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from services.pathways.facts import EsfParticipationEnded, EsfParticipationStarted, PathwayClosed
from services.projections.alerts.alert import MEDIUM, PersonAlert
from services.projections.law.tables import esf_result_rule_on, milestones_on
from services.projections.tables import follow_ups as milestones
from services.projections.tables.history import History
from services.projections.tables.stays import stays_by_day

DAY = timedelta(days=1)


def alerts(history: History) -> Iterator[PersonAlert]:
    yield from _overdue(history)
    yield from _late_results(history)


def _overdue(history: History) -> Iterator[PersonAlert]:
    """From the day it is overdue until the day before somebody asked; nothing is asked of a person in a step."""
    for row in history.once(milestones.follow_ups):
        until = None if row.observed_on is None else row.observed_on - DAY
        if row.overdue_on is None or row.exited_on is None or row.step_when_due is not None:
            continue
        if until is None or row.overdue_on <= until:
            rule = next(one for one in milestones_on(row.exited_on) if one.months == row.milestone_months)
            yield PersonAlert(
                history.subject_id,
                "follow_up_overdue",
                row.exit_id,
                row.overdue_on,
                "",
                until,
                rule.article,
                rule.severity,
                row.structure_id,
            )


def _late_results(history: History) -> Iterator[PersonAlert]:
    """Days beyond those allowed for collecting the result: after leaving, else after the pathway was closed."""
    entered = {fact.participation_id: fact for fact in history.of(EsfParticipationStarted)}
    ended = {fact.participation_id: fact for fact in history.of(EsfParticipationEnded)}
    for participation_id in entered | ended:
        left = ended.get(participation_id)
        left_on = left.left_on if left else _closed_on(history, entered[participation_id].entered_on)
        rule = esf_result_rule_on(left_on) if left_on is not None else None
        if left_on is None or rule is None:
            continue
        since = left_on + timedelta(days=rule.collected_within_days + 1)
        until = left.collected_on - DAY if left else None
        if until is None or since <= until:
            yield PersonAlert(
                history.subject_id,
                "esf_result_late",
                participation_id,
                since,
                "",
                until,
                rule.article,
                MEDIUM,
                _employer_on(history, left_on),
            )


def _closed_on(history: History, entered_on: date) -> date | None:
    """The day the pathway was closed during which the person entered."""
    return next((fact.closed_on for fact in history.of(PathwayClosed) if fact.closed_on >= entered_on), None)


def _employer_on(history: History, day: date) -> UUID | None:
    """The last structure the person had come to by then: it collects the result."""
    come = history.once(stays_by_day).begun_by(day)
    return come.structure_id if come is not None else None

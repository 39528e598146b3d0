"""Alerts about what is asked after leaving: follow-ups nobody made, results of the ESF+ not collected in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from services.pathways.facts import EsfParticipationEnded, EsfParticipationStarted, Exited, FollowedUp, PathwayClosed
from services.pathways.law.tables import law_on as exits_law_on
from services.projections.alerts.alert import MEDIUM, AlertSource, PersonAlert, always
from services.projections.law.tables import law_on
from services.projections.tables.facts_by_day import OF_CONTRACTS
from services.projections.tables.follow_ups import follow_ups
from services.projections.tables.stays import stays_by_day
from services.projections.tables.subject_facts import SubjectFacts

DAY = timedelta(days=1)


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    yield from _overdue(subject)
    yield from _late_results(subject)


def _overdue(subject: SubjectFacts) -> Iterator[PersonAlert]:
    """From the day it is overdue until the day before somebody asked; nothing is asked of a person in a step."""
    for row in subject.once(follow_ups):
        until = None if row.first_observed_on is None else row.first_observed_on - DAY
        # In a step again when it falls due, the person is followed there: nobody has to call.
        if row.overdue_on is None or row.exited_on is None or row.step_when_due is not None:
            continue
        if until is None or row.overdue_on <= until:
            milestone = next(
                milestone
                for milestone in exits_law_on(row.exited_on).milestones
                if milestone.months == row.milestone_months
            )
            yield PersonAlert(
                person_id=subject.id,
                kind="follow_up_overdue",
                about_id=row.exit_id,
                since=row.overdue_on,
                structure_kinds="",
                until=until,
                article=milestone.article,
                severity=milestone.severity,
                structure_id=row.structure_id,
            )


def _late_results(subject: SubjectFacts) -> Iterator[PersonAlert]:
    """Days beyond those allowed for collecting the result: after leaving, else after the pathway was closed."""
    entered = {fact.participation_id: fact for fact in subject.of(EsfParticipationStarted)}
    ended = {fact.participation_id: fact for fact in subject.of(EsfParticipationEnded)}
    for participation_id in entered | ended:
        end = ended.get(participation_id)
        # Where nobody told of leaving, the closing of the pathway did: the result was due then.
        left_on = end.left_on if end else _closed_on(subject, entered[participation_id].entered_on)
        if left_on is None:
            continue
        result = law_on(left_on).esf_result
        since = left_on + timedelta(days=result.collected_within_days + 1)
        until = end.collected_on - DAY if end else None
        if until is None or since <= until:
            yield PersonAlert(
                person_id=subject.id,
                kind="esf_result_late",
                about_id=participation_id,
                since=since,
                structure_kinds="",
                until=until,
                article=result.article,
                severity=MEDIUM,
                structure_id=_employer_on(subject, left_on),
            )


def _closed_on(subject: SubjectFacts, entered_on: date) -> date | None:
    """The day the pathway was closed during which the person entered."""
    return next((fact.closed_on for fact in subject.of(PathwayClosed) if fact.closed_on >= entered_on), None)


def _employer_on(subject: SubjectFacts, day: date) -> UUID | None:
    """The last structure the person had come to by then: it collects the result."""
    stay = subject.once(stays_by_day).begun_by(day)
    return stay.structure_id if stay is not None else None


SOURCE = AlertSource(
    kinds=("follow_up_overdue", "esf_result_late"),
    alerts=alerts,
    about=(Exited, EsfParticipationStarted, EsfParticipationEnded),
    reads=always(*OF_CONTRACTS, FollowedUp, PathwayClosed),
)

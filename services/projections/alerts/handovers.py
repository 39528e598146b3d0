"""Alerts about hand-overs: a person proposed to a structure that says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from services.pathways.facts import ContractChanged, HandoverAnswered, HandoverProposed, Hired
from services.projections.alerts.alert import LOW, AlertSource, PersonAlert, always
from services.projections.law.tables import law_on
from services.projections.tables.handovers import Handover, handovers
from services.projections.tables.subject_facts import SubjectFacts

DAY = timedelta(days=1)


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    """Until the day before the answer or the hire, at most until the last day on which a hire completes it."""
    for row in subject.once(handovers):
        if row.proposed_on is None or row.expires_on is None:
            continue
        reminder = law_on(row.proposed_on).handover
        since, until = row.proposed_on + timedelta(days=reminder.unanswered_days), _last_day(row, row.expires_on)
        if since <= until:
            yield PersonAlert(
                person_id=subject.id,
                kind="handover_unanswered",
                about_id=row.handover_id,
                since=since,
                structure_kinds="",
                until=until,
                article=reminder.article,
                severity=LOW,
                structure_id=row.to_structure_id,
            )


def _last_day(row: Handover, expires_on: date) -> date:
    # The alert is about silence: an answer ends it, and so does a hire without one.
    days_before = [day - DAY for day in (row.answered_on, row.hired_on) if day is not None]
    return min([*days_before, expires_on])


SOURCE = AlertSource(
    kinds=("handover_unanswered",),
    alerts=alerts,
    about=(HandoverProposed,),
    # Of contracts their first days alone.
    reads=always(HandoverAnswered, Hired, ContractChanged),
)

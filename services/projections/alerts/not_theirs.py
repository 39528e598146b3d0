"""Alerts about what was said too early about another's: recorded, and proved since not to be its sayer's to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.projections.alerts.alert import MEDIUM, AlertKind, PersonAlert
from services.projections.alerts.contests import about
from services.projections.alerts.held import AlertKey
from services.projections.tables.periods import Held
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.fact import paris_day
from shared.facts.sayers import structure_of

KINDS: tuple[AlertKind, ...] = ("said_of_anothers",)
ARTICLE = "docs/access.md"


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    """To whom it was said for, from the day it was recorded; until that one voids it."""
    for fact in subject.not_theirs:
        yield PersonAlert(
            person_id=subject.id,
            kind="said_of_anothers",
            about_id=about(fact),
            since=paris_day(fact.recordedtime),
            structure_kinds="",
            until=None,
            article=ARTICLE,
            severity=MEDIUM,
            structure_id=structure_of(fact),
        )


def held(subject: SubjectFacts, named_by: int) -> list[Held[AlertKey, PersonAlert]]:
    """By what was known from each day on: whose the thing is may have become known later, and counts from the start."""
    found = list(alerts(subject))
    days: list[date] = sorted({alert.since for alert in found})
    return [(day, {alert[1:named_by]: alert for alert in found if alert.since <= day}) for day in days]

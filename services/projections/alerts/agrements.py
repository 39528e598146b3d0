"""Alerts about what moves an agrément: suspensions too long, requests unanswered, prolongations that lost their ground."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from uuid import UUID

from services.agrement.facts import ProlongationGranted, ProlongationRequested, Prolonged, Suspended
from services.agrement.model.flags import flags
from services.agrement.model.person_file import Agrement, PersonFile, Prolongation
from services.agrement.model.reminders import reminders
from services.agrement.model.windows import too_long_from
from services.pathways.facts import TrainingEnded, TrainingStarted
from services.pathways.model.spans import DAY
from services.projections.alerts.alert import LOW, MEDIUM, SEVERITIES, AlertKind, AlertSource, PersonAlert, always
from services.projections.tables.agrement_file import person_file
from services.projections.tables.facts_by_day import OF_AGREMENTS, OF_CONTRACTS
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts
from services.projections.tables.trainings import trainings


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    file = subject.once(person_file)
    yield from _unanswered(subject.id, file)
    for agrement in file.agrements:
        yield from _long_suspensions(subject.id, agrement)
        yield from _without_ground(subject, agrement)
        yield from _flagged(subject.id, agrement)


def _long_suspensions(person_id: UUID, agrement: Agrement) -> Iterator[PersonAlert]:
    for suspension in agrement.standing_suspensions():
        since = too_long_from(suspension)
        # Told beforehand too: its row begins on the day from which it has lasted too long, where it is planned to.
        if since <= suspension.ends_on:
            yield PersonAlert(
                person_id=person_id,
                kind="suspension_too_long",
                about_id=suspension.suspension_id,
                since=since,
                structure_kinds="",
                until=suspension.ends_on,
                article="R5132-1-3",
                severity=MEDIUM,
                structure_id=suspension.structure_id,
                agrement_id=agrement.agrement_id,
                suspension_id=suspension.suspension_id,
            )


def _unanswered(person_id: UUID, file: PersonFile) -> Iterator[PersonAlert]:
    """One row for each reminder of a request, until the next one: each is more severe than the one before."""
    due = reminders(file)
    for agrement in file.agrements:
        for request in agrement.requests:
            of_request = [
                reminder
                for reminder in due
                if (reminder.agrement_id, reminder.request_id) == (agrement.agrement_id, request.request_id)
            ]
            for number, (reminder, following) in enumerate(zip_longest(of_request, of_request[1:])):
                yield PersonAlert(
                    person_id=person_id,
                    kind="request_unanswered",
                    about_id=request.request_id,
                    since=reminder.due_on,
                    structure_kinds="",
                    until=following.due_on - DAY if following is not None else None,
                    article="R5132-1-8",
                    severity=SEVERITIES[min(number, len(SEVERITIES) - 1)],
                    structure_id=request.structure_id,
                    agrement_id=agrement.agrement_id,
                    request_id=request.request_id,
                    reminder_days=reminder.days_after,
                )


def _without_ground(subject: SubjectFacts, agrement: Agrement) -> Iterator[PersonAlert]:
    """Days that a prolongation adds though what it was given for is over (R5132-1-8)."""
    contracts = subject.once(career).employments
    trained_until = {training.training_id: training.ended_on for training in subject.once(trainings)}
    for prolongation in agrement.standing_prolongations():
        if prolongation.reason == "SENIOR_CDI" and prolongation.contract_id in contracts:
            ended_on = contracts[prolongation.contract_id].ends_on
            yield from _no_longer(subject.id, "prolongation_without_contract", agrement, prolongation, ended_on)
        if prolongation.reason == "COMPLETE_TRAINING" and prolongation.training_id is not None:
            # None while it goes on, or is not known yet: what is not over takes no ground away.
            ended_on = trained_until.get(prolongation.training_id)
            yield from _no_longer(subject.id, "prolongation_beyond_training", agrement, prolongation, ended_on)


def _no_longer(
    person_id: UUID, kind: AlertKind, agrement: Agrement, prolongation: Prolongation, ended_on: date | None
) -> Iterator[PersonAlert]:
    """From the day after what it was given for ended, while it still adds days."""
    if ended_on is not None and ended_on < prolongation.ends_on:
        # Days before the prolongation were the agrément's own, whatever had ended by then.
        since = max(ended_on, prolongation.starts_on) + DAY
        yield _of_prolongation(
            person_id, agrement, prolongation, kind=kind, since=since, article="R5132-1-8", severity=MEDIUM
        )


def _flagged(person_id: UUID, agrement: Agrement) -> Iterator[PersonAlert]:
    """What the service accepted and could not check: an age that nobody gave."""
    prolongations = {prolongation.prolongation_id: prolongation for prolongation in agrement.standing_prolongations()}
    for flag in flags(agrement):
        flagged = prolongations[flag.about]
        yield _of_prolongation(
            person_id,
            agrement,
            flagged,
            kind=flag.code,
            since=flagged.starts_on,
            article=flag.article,
            severity=LOW,
        )


def _of_prolongation(
    person_id: UUID,
    agrement: Agrement,
    prolongation: Prolongation,
    *,
    kind: AlertKind,
    since: date,
    article: str,
    severity: str,
) -> PersonAlert:
    return PersonAlert(
        person_id=person_id,
        kind=kind,
        about_id=prolongation.prolongation_id,
        since=since,
        structure_kinds="",
        until=prolongation.ends_on,
        article=article,
        severity=severity,
        structure_id=prolongation.structure_id,
        agrement_id=agrement.agrement_id,
        contract_id=prolongation.contract_id,
        request_id=prolongation.request_id,
    )


SOURCE = AlertSource(
    kinds=(
        "suspension_too_long",
        "request_unanswered",
        "prolongation_without_contract",
        "prolongation_beyond_training",
        "age_not_given",
    ),
    alerts=alerts,
    about=(Suspended, ProlongationRequested, ProlongationGranted, Prolonged),
    reads=always(*OF_AGREMENTS, *OF_CONTRACTS, TrainingStarted, TrainingEnded),
)

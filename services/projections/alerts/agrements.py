"""Alerts about a person's right: no agrément, days lost, suspensions too long, requests unanswered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from services.agrement.model.file import Agrement, PersonFile, Prolongation
from services.agrement.model.flags import flags
from services.agrement.model.reference import siae_kinds
from services.agrement.model.reminding import reminders
from services.agrement.model.windows import too_long_from
from services.pathways.facts import PathwayClosed
from services.pathways.model.employments import Employment, Stay
from services.pathways.model.spans import DAY, Span, known_end, uncovered
from services.projections.alerts.alert import HIGH, LOW, MEDIUM, SEVERITIES, AlertKind, PersonAlert
from services.projections.tables.agrements import person_file
from services.projections.tables.history import History
from services.projections.tables.stays import Career, career
from services.projections.tables.trainings import trainings


def alerts(history: History) -> Iterator[PersonAlert]:
    known, file = history.once(career), history.once(person_file)
    yield from _uncovered_contracts(history.subject_id, known, file)
    yield from _gaps(history, known, file)
    yield from _long_suspensions(history.subject_id, file)
    yield from _unanswered(history.subject_id, file)
    yield from _prolongations(history, known, file)


def _uncovered_contracts(person_id: UUID, known: Career, file: PersonFile) -> Iterator[PersonAlert]:
    """Days of contracts in the pathway on which no agrément runs; suspended ones count as running."""
    covers = [(one.starts_on, one.ends_on) for one in _in_order(file)]
    for contract in known.employments.values():
        span = _days_of(contract)
        if span is None or contract.hired is None:
            continue
        for since, until in uncovered(span, covers):
            is_hire = since == contract.starts_on
            ended = next((one for one in file.agrements if one.ends_on == since - DAY), None)
            yield PersonAlert(
                person_id,
                "hired_without_agrement" if is_hire else "contract_beyond_agrement",
                contract.contract_id,
                since,
                _siae_on(since),
                known_end(until),
                "L5132-3" if is_hire else "R5132-1-2",
                HIGH,
                contract.hired.structure_id,
                agrement_id=None if is_hire or ended is None else ended.agrement_id,
                contract_id=contract.contract_id,
            )


def _days_of(contract: Employment) -> Span | None:
    if contract.hired is None or not contract.hired.in_pathway or contract.starts_on is None:
        return None
    last = contract.ends_on or date.max
    return (contract.starts_on, last) if contract.starts_on <= last else None


def _gaps(history: History, known: Career, file: PersonFile) -> Iterator[PersonAlert]:
    """Days after an employer, and before the next, that an agrément loses without being suspended. A pathway that was
    closed in between is no gap."""
    stays = [stay for stay in known.stays if stay.starts_on is not None]
    if not stays:
        return
    worked = [(stay.sort_day, stay.ends_on or date.max) for stay in stays]
    closed_on = [fact.closed_on for fact in history.of(PathwayClosed)]
    for agrement in _in_order(file):
        suspended = [(one.starts_on, one.ends_on) for one in agrement.standing_suspensions()]
        first = max(agrement.starts_on, min(worked)[0])
        for since, until in uncovered((first, agrement.ends_on), [*worked, *suspended]):
            before, after = _around(stays, since)
            if before is None or before.ends_on is None:
                continue
            is_over = any(before.ends_on <= day and (after is None or day < after.sort_day) for day in closed_on)
            if not is_over:
                yield _gap(history.subject_id, agrement, (since, until), before, after)


def _around(stays: Iterable[Stay], day: date) -> tuple[Stay | None, Stay | None]:
    """The last stay left before a day without work, and the first begun after it."""
    left = [stay for stay in stays if stay.ends_on is not None and stay.ends_on < day]
    begun = [stay for stay in stays if stay.sort_day > day]
    before = max(left, key=lambda stay: (stay.ends_on or date.min, stay.structure_id), default=None)
    return before, min(begun, key=lambda stay: (stay.sort_day, stay.structure_id), default=None)


def _gap(person_id: UUID, agrement: Agrement, span: Span, before: Stay, after: Stay | None) -> PersonAlert:
    """Once there is a next employer the one before cannot suspend any more: less pressing."""
    return PersonAlert(
        person_id,
        "gap_without_suspension",
        agrement.agrement_id,
        span[0],
        "",
        span[1],
        "R5132-1-3",
        MEDIUM if after is None else LOW,
        before.structure_id,
        next_structure_id=None if after is None else after.structure_id,
        agrement_id=agrement.agrement_id,
    )


def _long_suspensions(person_id: UUID, file: PersonFile) -> Iterator[PersonAlert]:
    for agrement in file.agrements:
        for one in agrement.standing_suspensions():
            since = too_long_from(one)
            if since <= one.ends_on:
                yield PersonAlert(
                    person_id,
                    "suspension_too_long",
                    one.suspension_id,
                    since,
                    "",
                    one.ends_on,
                    "R5132-1-3",
                    MEDIUM,
                    one.structure_id,
                    agrement_id=agrement.agrement_id,
                    suspension_id=one.suspension_id,
                )


def _unanswered(person_id: UUID, file: PersonFile) -> Iterator[PersonAlert]:
    """One row for each reminder of a request, until the next one."""
    due = reminders(file)
    for agrement in file.agrements:
        for request in agrement.requests:
            mine = [
                one for one in due if (one.agrement_id, one.request_id) == (agrement.agrement_id, request.request_id)
            ]
            for place, one in enumerate(mine):
                yield PersonAlert(
                    person_id,
                    "request_unanswered",
                    one.request_id,
                    one.due_on,
                    "",
                    mine[place + 1].due_on - DAY if place + 1 < len(mine) else None,
                    "R5132-1-8",
                    SEVERITIES[min(place, len(SEVERITIES) - 1)],
                    request.structure_id,
                    agrement_id=agrement.agrement_id,
                    request_id=one.request_id,
                    reminder_days=one.days_after,
                )


def _prolongations(history: History, known: Career, file: PersonFile) -> Iterator[PersonAlert]:
    """Days that a prolongation adds though what it was given for is over (R5132-1-8), and ages nobody gave."""
    trained_until = {one.training_id: one.ended_on for one in history.once(trainings)}
    for agrement in file.agrements:
        for one in agrement.standing_prolongations():
            if one.reason == "SENIOR_CDI" and one.contract_id in known.employments:
                ended_on = known.employments[one.contract_id].ends_on
                yield from _no_longer(history.subject_id, "prolongation_without_contract", agrement, one, ended_on)
            if one.reason == "COMPLETE_TRAINING" and one.training_id is not None:
                ended_on = trained_until.get(one.training_id)
                yield from _no_longer(history.subject_id, "prolongation_beyond_training", agrement, one, ended_on)
        for flag in flags(agrement):
            flagged = next(one for one in agrement.standing_prolongations() if one.prolongation_id == flag.about)
            yield _of_prolongation(
                history.subject_id, flag.code, agrement, flagged, flagged.starts_on, flag.article, "low"
            )


def _no_longer(
    person_id: UUID, kind: AlertKind, agrement: Agrement, one: Prolongation, ended_on: date | None
) -> Iterator[PersonAlert]:
    """From the day after what it was given for ended, while it still adds days."""
    if ended_on is not None and ended_on < one.ends_on:
        since = max(ended_on, one.starts_on) + DAY
        yield _of_prolongation(person_id, kind, agrement, one, since, "R5132-1-8", "medium")


def _of_prolongation(
    person_id: UUID, kind: AlertKind, agrement: Agrement, one: Prolongation, since: date, article: str, severity: str
) -> PersonAlert:
    return PersonAlert(
        person_id,
        kind,
        one.prolongation_id,
        since,
        "",
        one.ends_on,
        article,
        severity,
        one.structure_id,
        agrement_id=agrement.agrement_id,
        contract_id=one.contract_id,
        request_id=one.request_id,
    )


def _in_order(file: PersonFile) -> list[Agrement]:
    """Those whose last day is not before the first."""
    return [one for one in file.agrements if one.starts_on <= one.ends_on]


def _siae_on(day: date) -> str:
    """Kinds of structures that use agréments on that day."""
    return " ".join(sorted(one.kind for one in siae_kinds() if (one.valid_from or day) <= day <= (one.valid_to or day)))

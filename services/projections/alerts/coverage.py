"""Alerts about days without an agrément, and about days that an agrément loses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from uuid import UUID

from services.agrement.model.person_file import Agrement, PersonFile
from services.pathways.facts import Hired, PathwayClosed
from services.pathways.model.employments import Employment, Stay
from services.pathways.model.spans import DAY, Span, known_end, uncovered
from services.projections.alerts.alert import HIGH, LOW, MEDIUM, AlertSource, PersonAlert
from services.projections.alerts.siae_kinds import siae_kinds_on
from services.projections.tables.agrement_file import person_file
from services.projections.tables.facts_by_day import OF_AGREMENTS, OF_CONTRACTS, days_of_contracts
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import Kinds, SubjectFacts


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    file = subject.once(person_file)
    agrements = _in_order(file)
    covered = [(agrement.starts_on, agrement.ends_on) for agrement in agrements]
    for contract in subject.once(career).employments.values():
        yield from _uncovered_days(subject.id, contract, covered, file)
    stays = [stay for stay in subject.once(career).stays if stay.starts_on is not None]
    closed_on = [fact.closed_on for fact in subject.of(PathwayClosed)]
    if stays:
        for agrement in agrements:
            yield from _gaps(subject.id, agrement, stays, closed_on)


def _in_order(file: PersonFile) -> list[Agrement]:
    """Those whose last day is not before the first: one moved past its own end covers nothing."""
    return [agrement for agrement in file.agrements if agrement.starts_on <= agrement.ends_on]


def _uncovered_days(
    person_id: UUID, contract: Employment, covered: Sequence[Span], file: PersonFile
) -> Iterator[PersonAlert]:
    """Days of a contract in the pathway on which no agrément runs; suspended ones count as running."""
    span = _days_of(contract)
    if span is None or contract.hired is None:
        return
    for since, until in uncovered(span, covered):
        # Uncovered from its first day the hire itself lacked an agrément; later, the agrément ran out under it.
        is_hire = since == contract.starts_on
        ended = next((agrement for agrement in file.agrements if agrement.ends_on == since - DAY), None)
        yield PersonAlert(
            person_id=person_id,
            kind="hired_without_agrement" if is_hire else "contract_beyond_agrement",
            about_id=contract.contract_id,
            since=since,
            structure_kinds=siae_kinds_on(since),
            until=known_end(until),
            article="L5132-3" if is_hire else "R5132-1-2",
            severity=HIGH,
            structure_id=contract.hired.structure_id,
            agrement_id=None if is_hire or ended is None else ended.agrement_id,
            contract_id=contract.contract_id,
        )


def _days_of(contract: Employment) -> Span | None:
    if contract.hired is None or not contract.hired.in_pathway or contract.starts_on is None:
        return None
    last = contract.ends_on or date.max
    return (contract.starts_on, last) if contract.starts_on <= last else None


def _gaps(
    person_id: UUID, agrement: Agrement, stays: Sequence[Stay], closed_on: Sequence[date]
) -> Iterator[PersonAlert]:
    """Days after an employer, and before the next, that an agrément loses without being suspended.

    A pathway that was closed in between is no gap. `stays`: those whose first day is known, at least one.
    """
    worked = [(stay.sort_day, stay.ends_on or date.max) for stay in stays]
    suspended = [(suspension.starts_on, suspension.ends_on) for suspension in agrement.standing_suspensions()]
    # Days before the first work are no gap: an agrément may be granted some time before the hire.
    first = max(agrement.starts_on, min(worked)[0])
    for since, until in uncovered((first, agrement.ends_on), [*worked, *suspended]):
        before, after = _around(stays, since)
        if before is None or before.ends_on is None:
            continue
        # A closed pathway loses no days: nobody was to suspend what had ended.
        is_over = any(before.ends_on <= day and (after is None or day < after.sort_day) for day in closed_on)
        if not is_over:
            yield _gap(person_id, agrement, (since, until), before, after)


def _around(stays: Iterable[Stay], day: date) -> tuple[Stay | None, Stay | None]:
    """The last stay left before a day without work, and the first begun after it."""
    left = [stay for stay in stays if stay.ends_on is not None and stay.ends_on < day]
    begun = [stay for stay in stays if stay.sort_day > day]
    # Of two that ended on one day the one begun last; ids only where no day tells.
    before = max(left, key=lambda stay: (stay.ends_on or date.min, stay.sort_day, stay.structure_id), default=None)
    return before, min(begun, key=lambda stay: (stay.sort_day, stay.structure_id), default=None)


def _gap(person_id: UUID, agrement: Agrement, span: Span, before: Stay, after: Stay | None) -> PersonAlert:
    """Once there is a next employer the one before cannot suspend any more: less pressing."""
    return PersonAlert(
        person_id=person_id,
        kind="gap_without_suspension",
        about_id=agrement.agrement_id,
        since=span[0],
        structure_kinds="",
        until=span[1],
        article="R5132-1-3",
        severity=MEDIUM if after is None else LOW,
        structure_id=before.structure_id,
        next_structure_id=None if after is None else after.structure_id,
        agrement_id=agrement.agrement_id,
    )


def _reads(subject: SubjectFacts) -> Kinds:
    """Without an agrément there is none that loses days: stays, and closed pathways between them, tell nothing."""
    if subject.has(OF_AGREMENTS):
        return *OF_CONTRACTS, PathwayClosed, *OF_AGREMENTS
    return days_of_contracts(subject)


SOURCE = AlertSource(
    kinds=("hired_without_agrement", "contract_beyond_agrement", "gap_without_suspension"),
    alerts=alerts,
    about=(Hired,),
    reads=_reads,
)

"""Alerts about work while the agrément is suspended: a hire that begins on suspended days, or hours worked on them.

A hire by another SIAE ends a suspension, where the law of that day lets it: what stands afterwards is looked at here. So the
alert tells of hires by the structure that suspended, of those that lift nothing, and of suspensions declared only once the
hire was said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.agrement.facts import Suspended
from services.agrement.model.person_file import Suspension
from services.pathways.model.employments import Employment
from services.pathways.model.spans import DAY, Span, uncovered
from services.placements.facts import HoursWorked, PlacementAgreed
from services.projections.alerts.alert import HIGH, AlertSource, PersonAlert, always
from services.projections.alerts.siae_kinds import siae_kinds_on
from services.projections.tables.agrement_file import person_file
from services.projections.tables.facts_by_day import OF_AGREMENTS, OF_CONTRACTS
from services.projections.tables.hours_ledger import entries
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts


class Work(NamedTuple):
    """Days on which somebody works for a structure. `contract_id`: of the contract, where it is known."""

    structure_id: UUID
    contract_id: UUID | None
    days: Span


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    suspended = [
        (agrement.agrement_id, suspension)
        for agrement in subject.once(person_file).agrements
        for suspension in agrement.standing_suspensions()
    ]
    if not suspended:
        return
    worked = list(_worked(subject))
    spans: dict[UUID, list[Span]] = defaultdict(list)
    for agrement_id, suspension in suspended:
        spans[agrement_id].append((suspension.starts_on, suspension.ends_on))
    for agrement_id, suspension in suspended:
        hired = _hired_while(suspension, subject.once(career).employments.values())
        # Wholly suspended: an entry of a month half suspended may be about the other half. Told of the suspension that runs
        # on its first day; another may follow at once.
        in_it = [
            work
            for work in worked
            if suspension.runs_on(work.days[0]) and not any(uncovered(work.days, spans[agrement_id]))
        ]
        for work in _joined((*hired, *in_it)):
            yield PersonAlert(
                person_id=subject.id,
                kind="work_while_suspended",
                about_id=work.contract_id or suspension.suspension_id,
                since=work.days[0],
                structure_kinds=siae_kinds_on(work.days[0]),
                until=work.days[1],
                article="R5132-1-3",
                severity=HIGH,
                structure_id=work.structure_id,
                agrement_id=agrement_id,
                contract_id=work.contract_id,
                suspension_id=suspension.suspension_id,
            )


def _hired_while(suspension: Suspension, contracts: Iterable[Employment]) -> Iterator[Work]:
    """Contracts in the pathway that begin on suspended days. One of the suspending structure that begins on the first of
    them is what was suspended."""
    for contract in contracts:
        hired, first = contract.hired, contract.starts_on
        if hired is None or first is None or not hired.in_pathway:
            continue
        is_suspended = hired.structure_id == suspension.structure_id and first == suspension.starts_on
        last = min(contract.ends_on or date.max, suspension.ends_on)
        if suspension.starts_on <= first <= last and not is_suspended:
            yield Work(hired.structure_id, contract.contract_id, (first, last))


def _worked(subject: SubjectFacts) -> Iterator[Work]:
    """Each entry of the ledger with hours, on the days it is about, within its contract's where that is known: that they
    lie on suspended days is told only where all of them do. Hours of permanent staff are none."""
    contracts = subject.once(career).employments
    placed = {agreed.placement_id: agreed.contract_id for agreed in subject.of(PlacementAgreed)}
    for entry in subject.once(entries):
        named = entry.contract_id or (placed.get(entry.placement_id) if entry.placement_id is not None else None)
        contract = contracts.get(named) if named is not None else None
        if contract is None or contract.hired is None:
            contract = None
        elif not contract.hired.in_pathway:
            continue
        # An entry of none says that nobody worked.
        if entry.hours > 0:
            yield Work(entry.structure_id, contract.contract_id if contract else None, _days_of(entry, contract))


def _days_of(entry: HoursWorked, contract: Employment | None) -> Span:
    """Those of the month, or said, that lie in the contract; all of them where none does."""
    first, last = entry.first_day, entry.occurred_on
    if contract is None or contract.starts_on is None:
        return first, last
    within = max(first, contract.starts_on), min(last, contract.ends_on or date.max)
    return within if within[0] <= within[1] else (first, last)


def _joined(works: Iterable[Work]) -> Iterator[Work]:
    """One for each run of days that touch or follow each other, of one structure and contract."""
    spans: dict[tuple[UUID, UUID | None], list[Span]] = defaultdict(list)
    for work in works:
        of_contract = spans[work.structure_id, work.contract_id]
        of_contract.append(work.days)
    for (structure_id, contract_id), of_contract in spans.items():
        runs: list[Span] = []
        for first, last in sorted(of_contract):
            # Two months of hours in a row are one thing to look at, not two.
            if runs and first <= runs[-1][1] + DAY:
                runs[-1] = (runs[-1][0], max(runs[-1][1], last))
            else:
                runs.append((first, last))
        yield from (Work(structure_id, contract_id, run) for run in runs)


SOURCE = AlertSource(
    kinds=("work_while_suspended",),
    alerts=alerts,
    about=(Suspended,),
    reads=always(*OF_AGREMENTS, *OF_CONTRACTS, HoursWorked, PlacementAgreed),
)

"""The ledger of hours of a person: the entries that count, and the hours of a stay and of a placement."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from services.placements.facts import HoursWorked, PlacementAgreed
from services.placements.model.ledger import Entry, ledger, total
from services.projections.tables.stays import Employment, Stay, career, stays_by_structure
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.by_day import ByDay


def entries(subject: SubjectFacts) -> list[HoursWorked]:
    """Those that count: of one entry said several times, the last in the order of truth."""
    return [entry.hours for entry in subject.once(told)]


def told(subject: SubjectFacts) -> list[Entry]:
    """The same, each with the recorded fact that says it."""
    return ledger(subject.recorded(frozenset({HoursWorked}))) if subject.of(HoursWorked) else []


def hours_of_placements(subject: SubjectFacts) -> dict[UUID, float]:
    """Hours of the entries that name the placement; without one, it is not in it."""
    hours: dict[UUID, list[float]] = defaultdict(list)
    for entry in subject.once(entries):
        if entry.placement_id is not None:
            hours[entry.placement_id].append(entry.hours)
    return {placement_id: total(of_placement) for placement_id, of_placement in hours.items()}


def hours_of_stays(subject: SubjectFacts) -> dict[Stay, float]:
    """Each entry counts in one stay, or in none; a stay without an entry is not in it."""
    hours: dict[Stay, list[float]] = defaultdict(list)
    for entry, stay in zip(subject.once(entries), subject.once(stays_of_entries), strict=True):
        if stay is not None:
            hours[stay].append(entry.hours)
    return {stay: total(of_stay) for stay, of_stay in hours.items()}


def stays_of_entries(subject: SubjectFacts) -> list[Stay | None]:
    """Entry by entry: the stay of its contract, else the first stay of its structure that its days touch."""
    counted = subject.once(entries)
    if not counted:  # most persons: their stays need not be sorted by structure for it
        return []
    employments, stays_there = subject.once(career).employments, subject.once(stays_by_structure)
    contract_of_placement = {agreed.placement_id: agreed.contract_id for agreed in subject.of(PlacementAgreed)}
    stays_of: list[Stay | None] = []
    for entry in counted:
        contract_id = entry.contract_id
        # Hours lent to a client are worked under the contract that the placement names.
        if not contract_id and entry.placement_id:
            contract_id = contract_of_placement.get(entry.placement_id)
        contract = employments.get(contract_id) if contract_id else None
        stays_of.append(_stay_of(entry, contract, stays_there.get(entry.structure_id)))
    return stays_of


def _stay_of(entry: HoursWorked, contract: Employment | None, stays: ByDay[Stay] | None) -> Stay | None:
    """`stays`: in the structure of the entry."""
    if contract is not None and contract.hired is not None:
        return contract.stay
    if stays is None:
        return None
    return stays.touching(entry.first_day, entry.occurred_on)

"""The ledger of hours: read table `hours_by_month`, and the hours of a stay and of a placement."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.placements.facts import HoursWorked, PlacementAgreed
from services.placements.model.ledger import ledger, total
from services.projections.tables.columns import PUBLIC, ContractId, PersonId
from services.projections.tables.history import History
from services.projections.tables.stays import Employment, Stay, career, stays_by_structure
from shared.facts.by_day import ByDay
from shared.facts.fact import last_day_of


class MonthOfHours(NamedTuple):
    """Hours of a person in one structure and month, for one contract, placement and mode."""

    person_id: PersonId
    line: Annotated[int, "Number of the row, by month"]
    structure_id: Annotated[UUID, "The structure that employs", PUBLIC]
    month: Annotated[str, "YYYY-MM"]
    contract_id: ContractId
    placement_id: Annotated[UUID | None, "The placement; NULL: none named", PUBLIC]
    mode: Annotated[str | None, "placement or provision; NULL: not said"]
    hours: Annotated[float, "Hours worked"]
    entries: Annotated[int, "Entries of the ledger that make it up"]


Line = tuple[str, int, int, int, str]
"""What the hours of a row have in common, in the order of the rows."""


def entries(history: History) -> list[HoursWorked]:
    """Those that count."""
    return [entry.hours for entry in ledger(history.settled)] if history.of(HoursWorked) else []


def hours_by_month(history: History) -> list[MonthOfHours]:
    lines: dict[Line, list[HoursWorked]] = defaultdict(list)
    for entry in history.once(entries):
        lines[_line(entry)].append(entry)
    return [
        MonthOfHours(
            history.subject_id,
            number,
            its[0].structure_id,
            its[0].month,
            its[0].contract_id,
            its[0].placement_id,
            its[0].mode,
            total(entry.hours for entry in its),
            len(its),
        )
        for number, (_, its) in enumerate(sorted(lines.items()), start=1)
    ]


def _line(entry: HoursWorked) -> Line:
    contract = entry.contract_id.int if entry.contract_id else -1
    placement = entry.placement_id.int if entry.placement_id else -1
    return (entry.month, entry.structure_id.int, contract, placement, entry.mode or "")


def hours_of_placements(history: History) -> dict[UUID, float]:
    found: dict[UUID, list[float]] = defaultdict(list)
    for entry in history.once(entries):
        if entry.placement_id is not None:
            found[entry.placement_id].append(entry.hours)
    return {placement_id: total(hours) for placement_id, hours in found.items()}


def hours_of_stays(history: History) -> dict[Stay, float]:
    """Each entry once."""
    found: dict[Stay, list[float]] = defaultdict(list)
    for entry, stay in zip(history.once(entries), history.once(stays_of_entries), strict=True):
        if stay is not None:
            found[stay].append(entry.hours)
    return {stay: total(hours) for stay, hours in found.items()}


def stays_of_entries(history: History) -> list[Stay | None]:
    """Entry by entry: the stay of its contract, else the first stay of its structure that its days touch."""
    counted = history.once(entries)
    if not counted:
        return []
    known, stays = history.once(career), history.once(stays_by_structure)
    placed_under = {agreed.placement_id: agreed.contract_id for agreed in history.of(PlacementAgreed)}
    found: list[Stay | None] = []
    for entry in counted:
        contract_id = entry.contract_id or (placed_under.get(entry.placement_id) if entry.placement_id else None)
        contract = known.employments.get(contract_id) if contract_id else None
        found.append(_stay_of(entry, contract, stays.get(entry.structure_id)))
    return found


def _stay_of(entry: HoursWorked, contract: Employment | None, stays: ByDay[Stay] | None) -> Stay | None:
    """`stays`: in the structure of the entry."""
    if contract is not None and contract.hired is not None:
        return contract.stay
    if stays is None:
        return None
    first = entry.from_day or date(int(entry.month[:4]), int(entry.month[5:]), 1)
    return stays.touching(first, entry.to_day or last_day_of(entry.month))

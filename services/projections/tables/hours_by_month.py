"""Read table `hours_by_month`: the ledger of hours, added up."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, NamedTuple
from uuid import UUID

from services.placements.facts import HoursWorked
from services.placements.model.ledger import total
from services.projections.tables.columns import PUBLIC, ContractId, PersonId
from services.projections.tables.hours_ledger import entries
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


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
"""What the entries of a row have in common (month, structure, contract, placement, mode), in the order of the rows."""


def hours_by_month(subject: SubjectFacts) -> list[MonthOfHours]:
    by_line: dict[Line, list[HoursWorked]] = defaultdict(list)
    for entry in subject.once(entries):
        by_line[_line(entry)].append(entry)
    lines = (by_line[line] for line in sorted(by_line))
    return [_row(subject.id, number, of_line) for number, of_line in enumerate(lines, start=1)]


def _line(entry: HoursWorked) -> Line:
    # Numbers, since None does not compare; a row without contract or placement comes first.
    contract = entry.contract_id.int if entry.contract_id else -1
    placement = entry.placement_id.int if entry.placement_id else -1
    return (entry.month, entry.structure_id.int, contract, placement, entry.mode or "")


def _row(person_id: UUID, number: int, of_line: list[HoursWorked]) -> MonthOfHours:
    first = of_line[0]
    return MonthOfHours(
        person_id=person_id,
        line=number,
        structure_id=first.structure_id,
        month=first.month,
        contract_id=first.contract_id,
        placement_id=first.placement_id,
        mode=first.mode,
        hours=total(entry.hours for entry in of_line),
        entries=len(of_line),
    )


TABLE = ReadTable(
    name="hours_by_month",
    subject_kind="person",
    row=MonthOfHours,
    rows=hours_by_month,
    key=2,
    indexes=(("structure_id", "month"),),
)

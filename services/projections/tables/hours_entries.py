"""Read table `hours_entries`: the ledger of hours itself, entry by entry, for what counts by days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, ContractId, PersonId, StepNumber
from services.projections.tables.hours_ledger import entries, stays_of_entries
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import step_numbers
from services.projections.tables.subject_facts import SubjectFacts


class HoursEntry(NamedTuple):
    """One entry of the ledger that counts, as said last."""

    person_id: PersonId
    structure_id: Annotated[UUID, "The structure that employs", PUBLIC]
    entry_id: Annotated[UUID, "The entry", PUBLIC]
    month: Annotated[str, "YYYY-MM"]
    from_day: Annotated[date | None, "First of the days it is about; NULL: of the month"]
    to_day: Annotated[date | None, "Last of the days it is about; NULL: of the month"]
    worked_by: Annotated[date, "Day by which they are worked: the last it is about"]
    hours: Annotated[float, "Hours worked"]
    mode: Annotated[str | None, "placement or provision; NULL: not said"]
    contract_id: ContractId
    placement_id: Annotated[UUID | None, "The placement; NULL: none named", PUBLIC]
    step: StepNumber


def hours_entries(subject: SubjectFacts) -> list[HoursEntry]:
    numbers = subject.once(step_numbers)
    return [
        HoursEntry(
            person_id=subject.id,
            structure_id=entry.structure_id,
            entry_id=entry.entry_id,
            month=entry.month,
            from_day=entry.from_day,
            to_day=entry.to_day,
            worked_by=entry.occurred_on,
            hours=entry.hours,
            mode=entry.mode,
            contract_id=entry.contract_id,
            placement_id=entry.placement_id,
            step=numbers[stay] if stay else None,
        )
        for entry, stay in zip(subject.once(entries), subject.once(stays_of_entries), strict=True)
    ]


TABLE = ReadTable(
    name="hours_entries",
    subject_kind="person",
    row=HoursEntry,
    rows=hours_entries,
    key=3,
)

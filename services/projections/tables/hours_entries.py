"""Read table `hours_entries`: the ledger of hours itself, entry by entry, for what counts by days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, ContractId, PersonId, StepNumber
from services.projections.tables.history import History
from services.projections.tables.hours import entries, stays_of_entries
from services.projections.tables.stays import career


class HoursEntry(NamedTuple):
    """One entry of the ledger that counts, as told last."""

    person_id: PersonId
    structure_id: Annotated[UUID, "The structure that employs", PUBLIC]
    entry_id: Annotated[UUID, "The entry", PUBLIC]
    month: Annotated[str, "YYYY-MM"]
    from_day: Annotated[date | None, "First of the days it is about; NULL: of the month"]
    to_day: Annotated[date | None, "Last of the days it is about; NULL: of the month"]
    hours: Annotated[float, "Hours worked"]
    mode: Annotated[str | None, "placement or provision; NULL: not said"]
    contract_id: ContractId
    placement_id: Annotated[UUID | None, "The placement; NULL: none named", PUBLIC]
    step: StepNumber


def hours_entries(history: History) -> list[HoursEntry]:
    numbers = {stay: number for number, stay in enumerate(history.once(career).stays, start=1)}
    return [
        HoursEntry(
            history.subject_id,
            entry.structure_id,
            entry.entry_id,
            entry.month,
            entry.from_day,
            entry.to_day,
            entry.hours,
            entry.mode,
            entry.contract_id,
            entry.placement_id,
            numbers[stay] if stay else None,
        )
        for entry, stay in zip(history.once(entries), history.once(stays_of_entries), strict=True)
    ]

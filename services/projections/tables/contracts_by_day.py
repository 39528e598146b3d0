"""Read table `contracts_by_day`: the days and hours of a contract as they stood on each day, for views about a day that is
past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, EndsOn, PersonId
from services.projections.tables.periods import Held, same_for_days
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import Employment, career
from services.projections.tables.subject_facts import SubjectFacts


class ContractByDay(NamedTuple):
    """Days on which a contract had one first day, one last day and the same hours a week: as agreed until then, and once it is
    over, as it ended."""

    person_id: PersonId
    contract_id: Annotated[UUID, "The contract", PUBLIC]
    true_from: Annotated[date, "First of the days"]
    true_until: Annotated[date | None, "Last of the days, included; NULL: still"]
    ends_on: EndsOn
    starts_on: Annotated[date, "First day"]
    weekly_hours: Annotated[float | None, "Hours a week; NULL: not said"]


def contracts_by_day(subject: SubjectFacts) -> list[ContractByDay]:
    """None of a contract whose hire is not known yet."""
    return [
        ContractByDay(
            person_id=subject.id,
            contract_id=contract.contract_id,
            true_from=days[0],
            true_until=days[1],
            ends_on=ends_on,
            starts_on=starts_on,
            weekly_hours=weekly_hours,
        )
        for contract in subject.once(career).employments.values()
        for _, days, (starts_on, ends_on, weekly_hours) in same_for_days(list(_held(contract)))
    ]


Terms = tuple[date, date | None, float | None]
"""First day, last day, hours a week."""


def _held(contract: Employment) -> Iterator[Held[None, Terms]]:
    """A last day that was declared counts from that day on; what was agreed before it, until then."""
    if contract.hired is None or contract.starts_on is None:
        return
    hired, over_on = contract.hired, contract.ends_on
    starts_on, ends_on, hours = hired.starts_on, hired.ends_on, hired.weekly_hours
    # Ended as planned, the last day was known all along; there is nothing that one learnt on it.
    is_over = over_on is not None and over_on != contract.planned_ends_on
    # From the earlier of both first days: moved later, the contract had been known under the first one.
    yield min(contract.starts_on, starts_on), {None: (starts_on, ends_on, hours)}
    for change in contract.changes:
        # What is said of a contract that is over changes no day of it.
        if is_over and over_on is not None and change.changed_on >= over_on:
            break
        starts_on, ends_on = change.starts_on or starts_on, change.ends_on or ends_on
        hours = hours if change.weekly_hours is None else change.weekly_hours
        yield change.changed_on, {None: (starts_on, ends_on, hours)}
    if is_over and over_on is not None:
        yield over_on, {None: (starts_on, over_on, hours)}


TABLE = ReadTable(
    name="contracts_by_day",
    subject_kind="person",
    row=ContractByDay,
    rows=contracts_by_day,
    key=3,
)

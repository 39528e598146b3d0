"""Read table `contracts_by_day`: the last day of a contract as it stood on each day, for views about a day that is past."""

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
    """Days on which a contract had one last day: as agreed until then, and once it is over, as it ended."""

    person_id: PersonId
    contract_id: Annotated[UUID, "The contract", PUBLIC]
    true_from: Annotated[date, "First of the days"]
    true_until: Annotated[date | None, "Last of the days, included; NULL: still"]
    ends_on: EndsOn


def contracts_by_day(subject: SubjectFacts) -> list[ContractByDay]:
    """None of a contract whose hire is not known yet."""
    return [
        ContractByDay(
            person_id=subject.id,
            contract_id=contract.contract_id,
            true_from=days[0],
            true_until=days[1],
            ends_on=ends_on,
        )
        for contract in subject.once(career).employments.values()
        for _, days, (ends_on,) in same_for_days(list(_held(contract)))
    ]


def _held(contract: Employment) -> Iterator[Held[None, tuple[date | None]]]:
    """A last day that was declared counts from that day on; what was agreed before it, until then."""
    if contract.hired is None or contract.starts_on is None:
        return
    ends_on, over_on = contract.hired.ends_on, contract.ends_on
    # Ended as planned, the last day was known all along; there is nothing that one learnt on it.
    is_over = over_on is not None and over_on != contract.planned_ends_on
    # From the earlier of both first days: moved later, the contract had been known under the first one.
    yield min(contract.starts_on, contract.hired.starts_on), {None: (ends_on,)}
    for change in contract.changes:
        # What is said of a contract that is over changes no day of it.
        if is_over and over_on is not None and change.changed_on >= over_on:
            break
        ends_on = change.ends_on or ends_on
        yield change.changed_on, {None: (ends_on,)}
    if is_over and over_on is not None:
        yield over_on, {None: (over_on,)}


TABLE = ReadTable(
    name="contracts_by_day",
    subject_kind="person",
    row=ContractByDay,
    rows=contracts_by_day,
    key=3,
)

"""A person's contracts as pathways has recorded them: with whom, from which day to which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from services.pathways.facts import ContractChanged, ContractEnded, Exited, Hired
from shared.facts.fact import Recorded


@dataclass(frozen=True, slots=True)
class Contract:
    """`ends_on`: its last day as it was ended or left, else as last planned, none after its structure was left; None where
    it is open."""

    contract_id: UUID
    structure_id: UUID
    starts_on: date
    ends_on: date | None

    def touches(self, first: date, last: date) -> bool:
        return self.starts_on <= last and (self.ends_on is None or first <= self.ends_on)


def contracts(standing: Sequence[Recorded]) -> list[Contract]:
    """Of a person's standing facts of pathways, in the order of truth; those whose hire is known."""
    facts = [recorded.data for recorded in standing]
    # By contract, in one pass each: who is hired day by day has a thousand of them.
    changes: dict[UUID, list[ContractChanged]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, ContractChanged):
            changes[fact.contract_id].append(fact)
    ended = {fact.contract_id: fact.ended_on for fact in facts if isinstance(fact, ContractEnded)}
    agreed = [_agreed(hired, changes[hired.contract_id]) for hired in facts if isinstance(hired, Hired)]
    # Of each structure alone: an exit from another one says nothing of a contract, whatever contract it names.
    exits: dict[UUID, list[Exited]] = defaultdict(list)
    starts: dict[UUID, list[date]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Exited):
            exits[fact.structure_id].append(fact)
    for contract in agreed:
        starts[contract.structure_id].append(contract.starts_on)
    return [
        replace(contract, ends_on=ended[contract.contract_id])
        if contract.contract_id in ended
        else _left(contract, exits[contract.structure_id], starts[contract.structure_id])
        for contract in agreed
    ]


def _agreed(hired: Hired, changes: Iterable[ContractChanged]) -> Contract:
    starts_on, planned = hired.starts_on, hired.ends_on
    for change in changes:
        starts_on, planned = change.starts_on or starts_on, change.ends_on or planned
    return Contract(hired.contract_id, hired.structure_id, starts_on, planned)


def _left(contract: Contract, exits: Sequence[Exited], starts: Sequence[date]) -> Contract:
    """The contract as an exit from its structure ended it: the one that names it, else it is cut by the last one before the
    person was hired there anew."""
    named = [left.exited_on for left in exits if left.contract_id == contract.contract_id]
    if named:
        return replace(contract, ends_on=named[-1])
    after = [left.exited_on for left in exits if left.exited_on >= contract.starts_on]
    if not after:
        return contract
    hired_anew = min((day for day in starts if day > min(after)), default=date.max)
    left_on = max(day for day in after if day < hired_anew)
    return replace(contract, ends_on=left_on if contract.ends_on is None else min(contract.ends_on, left_on))


def covers(known: Iterable[Contract], first: date, last: date) -> bool:
    """Whether each day from the first to the last lies in one of them."""
    day = first
    for contract in sorted(known, key=lambda contract: contract.starts_on):
        if contract.starts_on <= day and contract.touches(day, last):
            if contract.ends_on is None or contract.ends_on >= last:
                return True
            day = contract.ends_on + timedelta(days=1)
    return False

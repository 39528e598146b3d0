"""A person's contracts as pathways has recorded them: with whom, from which day to which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.pathways.facts import ContractChanged, ContractEnded, Exited, Hired
from shared.facts.fact import Recorded


@dataclass(frozen=True, slots=True)
class Contract:
    """`ends_on`: its last day as it was ended or left, else as last planned; None where it is open."""

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
    left = {fact.contract_id: fact.exited_on for fact in facts if isinstance(fact, Exited) and fact.contract_id}
    return [
        _contract(hired, changes[hired.contract_id], ended.get(hired.contract_id) or left.get(hired.contract_id))
        for hired in facts
        if isinstance(hired, Hired)
    ]


def _contract(hired: Hired, changes: Iterable[ContractChanged], over_on: date | None) -> Contract:
    """`over_on`: its last day as it was ended or left."""
    starts_on, planned = hired.starts_on, hired.ends_on
    for change in changes:
        starts_on, planned = change.starts_on or starts_on, change.ends_on or planned
    return Contract(hired.contract_id, hired.structure_id, starts_on, over_on or planned)


def covers(known: Iterable[Contract], first: date, last: date) -> bool:
    """Whether each day from the first to the last lies in one of them."""
    day = first
    for contract in sorted(known, key=lambda contract: contract.starts_on):
        if contract.starts_on <= day and contract.touches(day, last):
            if contract.ends_on is None or contract.ends_on >= last:
                return True
            day = contract.ends_on + timedelta(days=1)
    return False

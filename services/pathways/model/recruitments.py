"""Recruitments: contracts chained by `renews_contract_id`, of which the law counts the whole length."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.pathways.model.employments import Employment


class Hire(NamedTuple):
    """A contract whose hire is known; its fields in the order in which hires are sorted."""

    starts_on: date
    contract_id: UUID
    contract_type: str
    structure_id: UUID
    contract: Employment


class Recruitment(NamedTuple):
    """Contracts that renew each other, by first day; at least one."""

    hires: tuple[Hire, ...]

    def under(self, contract_types: Collection[str]) -> Recruitment | None:
        """The part of it under contracts of these types; None where there is none."""
        hires = tuple(hire for hire in self.hires if hire.contract_type in contract_types)
        return Recruitment(hires) if hires else None

    @property
    def starts_on(self) -> date:
        return self.hires[0].starts_on

    @property
    def ends_on(self) -> date | None:
        """Last day known, cut where the person left. None: open."""
        return _last([hire.contract.ends_on for hire in self.hires])

    @property
    def planned_ends_on(self) -> date | None:
        """Last day as agreed, extensions included, whatever came of it. None: no end was agreed."""
        return _last([hire.contract.planned_ends_on or hire.contract.last_day for hire in self.hires])


def _last(days: Sequence[date | None]) -> date | None:
    """Contracts come by first day: one that is open is over once another renews it."""
    return None if days[-1] is None else max(day for day in days if day is not None)


def in_pathway(contracts: Mapping[UUID, Employment]) -> dict[UUID, Employment]:
    """Those whose hire is known and belongs to the pathway."""
    return {
        contract_id: contract
        for contract_id, contract in contracts.items()
        if contract.hired is not None and contract.hired.in_pathway
    }


def recruitments(contracts: Mapping[UUID, Employment]) -> list[Recruitment]:
    """By first day. The renewal of a contract that is not known begins a recruitment, until that contract is known."""
    chains: dict[UUID, list[Hire]] = {}
    firsts = first_contracts(contracts)
    for contract in contracts.values():
        if contract.hired is not None and contract.starts_on is not None:
            hired = contract.hired
            hire = Hire(contract.starts_on, contract.contract_id, hired.contract_type, hired.structure_id, contract)
            chains.setdefault(firsts[contract.contract_id].contract_id, []).append(hire)
    return sorted(Recruitment(tuple(sorted(hires, key=_by_day))) for hires in chains.values())


def _by_day(hire: Hire) -> tuple[date, UUID]:
    return hire.starts_on, hire.contract_id


def first_contracts(contracts: Mapping[UUID, Employment]) -> dict[UUID, Employment]:
    """For each contract the one that its renewals lead back to, as far as hires are known. Of contracts that renew each
    other in a circle: that of the least id, so that the answer does not depend on where one begins.

    Each contract is walked through once, also where a person has a chain of thousands.
    """
    if all(_renewed(contract, contracts) is None for contract in contracts.values()):
        return dict(contracts)  # most persons, most of the time
    found: dict[UUID, Employment] = {}
    for contract in contracts.values():
        chain: dict[UUID, Employment] = {}
        first = contract
        before: Employment | None = contract
        # Stops at what another walk has found, or at itself: renewals may go round in a circle by a mistake.
        while before is not None and before.contract_id not in found and before.contract_id not in chain:
            chain[before.contract_id] = first = before
            before = _renewed(before, contracts)
        if before is not None:
            first = found.get(before.contract_id) or _least_of_circle(before, contracts)
        found |= dict.fromkeys(chain, first)
    return found


def _renewed(contract: Employment, contracts: Mapping[UUID, Employment]) -> Employment | None:
    """The contract that it renews, where the hire of that one is known."""
    renewed = contract.hired.renews_contract_id if contract.hired is not None else None
    before = contracts.get(renewed) if renewed is not None else None
    return before if before is not None and before.hired is not None else None


def _least_of_circle(contract: Employment, contracts: Mapping[UUID, Employment]) -> Employment:
    circle: dict[UUID, Employment] = {}
    while contract.contract_id not in circle and contract.hired is not None:
        circle[contract.contract_id] = contract
        # In a circle each contract renews a known one: that is how it was found to be one.
        contract = contracts[contract.hired.renews_contract_id or contract.contract_id]
    return circle[min(circle)]

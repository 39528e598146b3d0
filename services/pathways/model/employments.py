"""A person's contracts with their changes applied, and the stays they may form in one structure.

Facts may be missing at any moment: a contract may be known from its end alone, a stay from its exit alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar
from uuid import UUID

from services.pathways.facts import ContractChanged, ContractEnded, ContractSuspended, Exited, Hired
from shared.facts.fact import Fact

F = TypeVar("F", bound=Fact)


class StandingFacts(Protocol):
    """The standing facts of one type, in the order of truth: those of a history, or of the case of a decision."""

    def __call__(self, kind: type[F], /) -> Iterable[F]: ...


@dataclass(slots=True, eq=False)
class Employment:
    """One contract as far as it is known: its own hire may be missing. `weekly_hours`: as last agreed.

    Compared by identity (`eq=False`): a contract and its stay point to each other, so comparing values would not end.
    """

    contract_id: UUID
    hired: Hired | None = None
    starts_on: date | None = None
    planned_ends_on: date | None = None
    weekly_hours: float | None = None
    extension_ground: str | None = None
    training_id: UUID | None = None
    changes: list[ContractChanged] = field(default_factory=list)
    suspended: ContractSuspended | None = None
    ended: ContractEnded | None = None
    exit: Exited | None = None
    stay: Stay | None = None

    @property
    def last_day(self) -> date | None:
        """As declared by its end, else by its exit, else as planned. None: open."""
        if self.ended is not None:
            return self.ended.ended_on
        return self.exit.exited_on if self.exit is not None else self.planned_ends_on

    @property
    def ends_on(self) -> date | None:
        """Last day, cut where its stay was left. None: open."""
        last = self.last_day
        left = self.stay.exit if self.stay is not None else None
        # A declared end stands as it is; an exit from the stay cuts only what was merely planned.
        if left is None or self.ended is not None:
            return last
        return left.exited_on if last is None else min(last, left.exited_on)

    def change(self, changed: ContractChanged) -> None:
        """Changes come in the order of truth; what one leaves out keeps its value."""
        self.changes.append(changed)
        self.starts_on = changed.starts_on or self.starts_on
        self.planned_ends_on = changed.ends_on or self.planned_ends_on
        if changed.weekly_hours is not None:
            self.weekly_hours = changed.weekly_hours
        self.extension_ground = changed.extension_ground or self.extension_ground
        self.training_id = changed.training_id or self.training_id


@dataclass(slots=True, eq=False)
class Stay:
    """Contracts of one structure that belong together, by first day, and the exit that ended them."""

    structure_id: UUID
    exit: Exited | None = None
    employments: dict[UUID, Employment] = field(default_factory=dict)
    starts_on: date | None = None
    last_day: date | None = date.min  # no contract yet; then the latest of their last days, None once one is open

    @property
    def ends_on(self) -> date | None:
        """The day it was left, else the last day under a contract. None: open."""
        return self.exit.exited_on if self.exit is not None else self.last_day

    @property
    def sort_day(self) -> date:
        """The first day; without it, the day of the exit."""
        return self.starts_on or (self.exit.exited_on if self.exit is not None else date.max)

    def take(self, contract: Employment) -> None:
        """Contracts are taken by first day, so that the first of them gives the stay's."""
        self.employments[contract.contract_id] = contract
        contract.stay = self
        self.starts_on = self.starts_on or contract.starts_on
        last = contract.last_day
        # One contract without an end keeps the whole stay open, whatever the others say.
        self.last_day = None if last is None or self.last_day is None else max(last, self.last_day)
        if contract.exit is not None:
            self.leave(contract.exit)

    def leave(self, left: Exited) -> None:
        """Of several exits the latest ends the stay; on one day, the last in the order of truth."""
        if self.exit is None or left.exited_on >= self.exit.exited_on:
            self.exit = left

    def ended_before(self, day: date) -> bool:
        return self.exit is not None and self.exit.exited_on < day

    def reaches(self, day: date, gap_days: int) -> bool:
        """Whether at most so many days without a contract lie between its last day and that day."""
        return self.last_day is None or (day - self.last_day).days - 1 <= gap_days


def employments(standing: StandingFacts) -> dict[UUID, Employment]:
    """Every contract that a fact about contracts names, permanent staff included, by its id; in no stay yet.

    An exit says something of a contract only where another fact names it, and its structure does not contradict.
    """
    contracts: dict[UUID, Employment] = {}

    def named(contract_id: UUID) -> Employment:
        if (contract := contracts.get(contract_id)) is None:
            contract = contracts[contract_id] = Employment(contract_id)
        return contract

    for hired in standing(Hired):
        contract = named(hired.contract_id)
        contract.hired, contract.starts_on = hired, hired.starts_on
        contract.planned_ends_on, contract.weekly_hours = hired.ends_on, hired.weekly_hours
    for changed in standing(ContractChanged):
        named(changed.contract_id).change(changed)
    for suspended in standing(ContractSuspended):
        named(suspended.contract_id).suspended = suspended
    for ended in standing(ContractEnded):
        named(ended.contract_id).ended = ended
    # Last: an exit is joined to a contract that another fact made known, and makes none known itself.
    for left in standing(Exited):
        contract_of_exit = contracts.get(left.contract_id) if left.contract_id is not None else None
        if contract_of_exit is not None and _same_structure(contract_of_exit, left):
            contract_of_exit.exit = left
    return contracts


def _same_structure(contract: Employment, left: Exited) -> bool:
    return contract.hired is None or contract.hired.structure_id == left.structure_id

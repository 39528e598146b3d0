"""What hires, changes, ends and exits amount to: a person's contracts, and the stays they form in one structure.

A stay = contracts in the pathway of one person in one structure, each chained to the ones before by
`renews_contract_id` or by at most `step_gap_days` between (start − previous end − 1); an exit ends it.
Facts may be missing at any moment: a stay known from its exit alone has no first day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from services.pathways.facts import ContractChanged, ContractEnded, ContractSuspended, Exited, Hired
from services.projections.reading.history import History


@dataclass(slots=True, eq=False)
class Employment:
    """One contract as far as it is known: its own hire may be missing."""

    contract_id: UUID
    hired: Hired | None = None
    starts_on: date | None = None
    planned_ends_on: date | None = None
    weekly_hours: float | None = None
    extension_ground: str | None = None
    training_id: UUID | None = None
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
        if left is None or self.ended is not None:
            return last
        return left.exited_on if last is None else min(last, left.exited_on)


@dataclass(slots=True, eq=False)
class Stay:
    """Contracts of one structure that belong together, by first day, and the exit that ended them."""

    structure_id: UUID
    exit: Exited | None = None
    employments: dict[UUID, Employment] = field(default_factory=dict)
    starts_on: date | None = None
    last_day: date | None = date.min

    @property
    def ends_on(self) -> date | None:
        """The day it was left, else the last day under a contract. None: open."""
        return self.exit.exited_on if self.exit is not None else self.last_day

    @property
    def sort_day(self) -> date:
        """The first day; without it, the day of the exit."""
        return self.starts_on or (self.exit.exited_on if self.exit is not None else date.max)

    def take(self, contract: Employment) -> None:
        """Contracts come by first day."""
        self.employments[contract.contract_id] = contract
        contract.stay = self
        self.starts_on = self.starts_on or contract.starts_on
        last = contract.last_day
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
        return self.last_day is None or (day - self.last_day).days - 1 <= gap_days


class Career(NamedTuple):
    """Every contract a fact names, permanent staff included, and the stays of the pathway in the order of the steps."""

    employments: dict[UUID, Employment]
    stays: list[Stay]


def career(history: History) -> Career:
    employments = _employments(history)
    return Career(employments, _stays(history, employments))


def _employments(history: History) -> dict[UUID, Employment]:
    known: dict[UUID, Employment] = {}

    def one(contract_id: UUID) -> Employment:
        if contract_id not in known:
            known[contract_id] = Employment(contract_id)
        return known[contract_id]

    for hired in history.of(Hired):
        contract = one(hired.contract_id)
        contract.hired, contract.starts_on = hired, hired.starts_on
        contract.planned_ends_on, contract.weekly_hours = hired.ends_on, hired.weekly_hours
    for changed in history.of(ContractChanged):
        _change(one(changed.contract_id), changed)
    for suspended in history.of(ContractSuspended):
        one(suspended.contract_id).suspended = suspended
    for ended in history.of(ContractEnded):
        one(ended.contract_id).ended = ended
    for left in history.of(Exited):
        contract_of_exit = known.get(left.contract_id) if left.contract_id is not None else None
        if contract_of_exit is not None and _same_structure(contract_of_exit, left):
            contract_of_exit.exit = left
    return known


def _change(contract: Employment, changed: ContractChanged) -> None:
    contract.starts_on = changed.starts_on or contract.starts_on
    contract.planned_ends_on = changed.ends_on or contract.planned_ends_on
    if changed.weekly_hours is not None:
        contract.weekly_hours = changed.weekly_hours
    contract.extension_ground = changed.extension_ground or contract.extension_ground
    contract.training_id = changed.training_id or contract.training_id


def _same_structure(contract: Employment, left: Exited) -> bool:
    return contract.hired is None or contract.hired.structure_id == left.structure_id


Event = tuple[date, int, int, Employment | Exited]
"""A contract's first day or an exit; on one day contracts come first, so that the exit ends them."""


def _stays(history: History, employments: Mapping[UUID, Employment]) -> list[Stay]:
    events: dict[UUID, list[Event]] = {}
    for contract in employments.values():
        if contract.hired is not None and contract.starts_on is not None and contract.hired.in_pathway:
            event = (contract.starts_on, 0, contract.contract_id.int, contract)
            events.setdefault(contract.hired.structure_id, []).append(event)
    for place, left in enumerate(history.of(Exited)):
        if not _names_a_hire(left, employments):
            events.setdefault(left.structure_id, []).append((left.exited_on, 1, place, left))
    found = [
        (stay.sort_day, stay.ends_on or date.max, structure_id.int, place, stay)
        for structure_id, known in events.items()
        for place, stay in enumerate(_stays_in(structure_id, known, history.rules.step_gap_days))
    ]
    found.sort(key=itemgetter(0, 1, 2, 3))
    return [entry[4] for entry in found]


def _names_a_hire(left: Exited, employments: Mapping[UUID, Employment]) -> bool:
    """Whether the exit goes with a known contract of its structure (permanent staff's too: they make no stay)."""
    contract = employments.get(left.contract_id) if left.contract_id is not None else None
    return contract is not None and contract.exit is not None and contract.hired is not None


def _stays_in(structure_id: UUID, events: list[Event], gap_days: int) -> list[Stay]:
    found: list[Stay] = []
    for *_, event in sorted(events, key=itemgetter(0, 1, 2)):
        if isinstance(event, Employment):
            _enter(found, structure_id, event, gap_days)
        else:
            _leave(found, structure_id, event)
    return found


def _enter(found: list[Stay], structure_id: UUID, contract: Employment, gap_days: int) -> None:
    """Join the stays the contract continues (a renewal may bridge several), or open a new one."""
    first = min(_continued(found, contract, gap_days), default=len(found))
    joined = found[first] if first < len(found) else Stay(structure_id)
    for stay in found[first + 1 :]:
        for employment in stay.employments.values():
            joined.take(employment)
        if stay.exit is not None:
            joined.leave(stay.exit)
    joined.take(contract)
    found[first:] = [joined]


def _continued(found: list[Stay], contract: Employment, gap_days: int) -> Iterator[int]:
    """Places of the stays it continues; none lies before an exit."""
    if contract.hired is None or contract.starts_on is None:
        return
    for place in range(len(found) - 1, -1, -1):
        stay = found[place]
        if stay.ended_before(contract.starts_on):
            return
        near = place == len(found) - 1 and stay.reaches(contract.starts_on, gap_days)
        if near or contract.hired.renews_contract_id in stay.employments:
            yield place


def _leave(found: list[Stay], structure_id: UUID, left: Exited) -> None:
    """End the last stay begun by that day. An exit after an exit is one whose hire is not known yet."""
    if found and not found[-1].ended_before(left.exited_on):
        found[-1].leave(left)
    else:
        found.append(Stay(structure_id, left))

"""The stays that a person's contracts form in one structure, in the order of the steps.

A stay = contracts in the pathway of one person in one structure, each chained to the ones before by
`renews_contract_id` or by at most `step_gap_days` between (start − previous end − 1); an exit ends it.
Facts may be missing at any moment: a stay known from its exit alone has no first day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from services.pathways.facts import Exited
from services.pathways.model.employments import Employment, Stay, employments
from services.pathways.model.recruitments import first_contracts
from services.projections.tables.history import History
from shared.facts.by_day import ByDay

__all__ = [
    "Career",
    "Employment",
    "Stay",
    "career",
    "first_of_recruitment",
    "hires_by_structure",
    "stays_by_day",
    "stays_by_structure",
]


class Career(NamedTuple):
    """Every contract a fact names, permanent staff included, and the stays of the pathway in the order of the steps."""

    employments: dict[UUID, Employment]
    stays: list[Stay]


def career(history: History) -> Career:
    known = employments(history.of)
    return Career(known, _stays(history, known))


def first_of_recruitment(history: History) -> dict[UUID, Employment]:
    """Of each contract the first of the contracts that renew each other up to it."""
    return first_contracts(history.once(career).employments)


def stays_by_day(history: History) -> ByDay[Stay]:
    return _by_day(history.once(career).stays)


def stays_by_structure(history: History) -> dict[UUID, ByDay[Stay]]:
    found: dict[UUID, list[Stay]] = defaultdict(list)
    for stay in history.once(career).stays:
        found[stay.structure_id].append(stay)
    return {structure_id: _by_day(its) for structure_id, its in found.items()}


def _by_day(stays: Iterable[Stay]) -> ByDay[Stay]:
    return ByDay((stay.sort_day, stay.ends_on or date.max, stay) for stay in stays)


def hires_by_structure(history: History) -> dict[tuple[UUID, bool], ByDay[Employment]]:
    """Contracts whose hire is known, permanent staff's (False) and in the pathway (True); on one day, by id."""
    found: dict[tuple[UUID, bool], list[tuple[date, UUID, Employment]]] = defaultdict(list)
    for contract in history.once(career).employments.values():
        if contract.hired is not None and contract.starts_on is not None:
            hire = (contract.starts_on, contract.contract_id, contract)
            found[contract.hired.structure_id, contract.hired.in_pathway].append(hire)
    return {
        where: ByDay((day, day, contract) for day, _, contract in sorted(its, key=itemgetter(0, 1)))
        for where, its in found.items()
    }


Event = tuple[date, int, int, Employment | Exited]
"""A contract's first day or an exit; on one day contracts come first, so that the exit ends them."""


def _stays(history: History, known: Mapping[UUID, Employment]) -> list[Stay]:
    events: dict[UUID, list[Event]] = {}
    for contract in known.values():
        if contract.hired is not None and contract.starts_on is not None and contract.hired.in_pathway:
            event = (contract.starts_on, 0, contract.contract_id.int, contract)
            events.setdefault(contract.hired.structure_id, []).append(event)
    for place, left in enumerate(history.of(Exited)):
        if not _names_a_hire(left, known):
            events.setdefault(left.structure_id, []).append((left.exited_on, 1, place, left))
    found = [
        (stay.sort_day, stay.ends_on or date.max, structure_id.int, place, stay)
        for structure_id, its in events.items()
        for place, stay in enumerate(_stays_in(structure_id, its, known, history.rules.step_gap_days))
    ]
    found.sort(key=itemgetter(0, 1, 2, 3))
    return [entry[4] for entry in found]


def _names_a_hire(left: Exited, known: Mapping[UUID, Employment]) -> bool:
    """Whether the exit goes with a known contract of its structure (permanent staff's too: they make no stay)."""
    contract = known.get(left.contract_id) if left.contract_id is not None else None
    return contract is not None and contract.exit is not None and contract.hired is not None


def _stays_in(structure_id: UUID, events: list[Event], known: Mapping[UUID, Employment], gap_days: int) -> list[Stay]:
    found: list[Stay] = []
    for *_, event in sorted(events, key=itemgetter(0, 1, 2)):
        if isinstance(event, Employment):
            _enter(found, structure_id, event, _renewed(event, known), gap_days)
        else:
            _leave(found, structure_id, event)
    return found


def _renewed(contract: Employment, known: Mapping[UUID, Employment]) -> Stay | None:
    """The stay, in the same structure, of the contract that this one renews, as far as contracts were taken."""
    renewed = contract.hired.renews_contract_id if contract.hired is not None else None
    before = known.get(renewed) if renewed is not None else None
    stay = before.stay if before is not None else None
    return stay if stay and contract.hired and stay.structure_id == contract.hired.structure_id else None


def _enter(found: list[Stay], structure_id: UUID, contract: Employment, renewed: Stay | None, gap_days: int) -> None:
    """Join the stays the contract continues (a renewal may bridge several), or open a new one."""
    first = min(_continued(found, contract, renewed, gap_days), default=len(found))
    joined = found[first] if first < len(found) else Stay(structure_id)
    for stay in found[first + 1 :]:
        for employment in stay.employments.values():
            joined.take(employment)
        if stay.exit is not None:
            joined.leave(stay.exit)
    joined.take(contract)
    found[first:] = [joined]


def _continued(found: list[Stay], contract: Employment, renewed: Stay | None, gap_days: int) -> Iterator[int]:
    """Places of the stays it continues; none lies before an exit. What it renews is the furthest."""
    if contract.starts_on is None:
        return
    for place in range(len(found) - 1, -1, -1):
        stay = found[place]
        if stay.ended_before(contract.starts_on):
            return
        near = place == len(found) - 1 and stay.reaches(contract.starts_on, gap_days)
        if near or stay is renewed:
            yield place
        if renewed is None or stay is renewed:
            return


def _leave(found: list[Stay], structure_id: UUID, left: Exited) -> None:
    """End the last stay begun by that day. An exit after an exit is one whose hire is not known yet."""
    if found and not found[-1].ended_before(left.exited_on):
        found[-1].leave(left)
    else:
        found.append(Stay(structure_id, left))

"""The stays that a person's contracts form in one structure, in the order of the steps.

A stay = contracts in the pathway of one person in one structure, each chained to the ones before by
`renews_contract_id` or by at most `step_gap_days` between (start − previous end − 1); an exit ends it.
Facts may be missing at any moment: a stay known from its exit alone has no first day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import itemgetter
from uuid import UUID

from services.pathways.facts import Exited
from services.pathways.model.employments import Employment, Stay, employments
from services.pathways.model.immersion_limits import BindingRecruitments
from services.pathways.model.recruitments import Recruitment, first_contracts, in_pathway, recruitments
from services.projections.tables.subject_facts import SubjectFacts
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
    "step_numbers",
]


@dataclass(frozen=True, eq=False)
class Career:
    """Every contract a fact names, permanent staff included, and the stays of the pathway in the order of the steps.
    Recruitments are for those who ask: several fields of rules do, of the same days."""

    employments: dict[UUID, Employment]
    stays: list[Stay]

    @cached_property
    def recruitments(self) -> Sequence[Recruitment]:
        """Permanent staff's included."""
        return recruitments(self.employments)

    @cached_property
    def recruitments_in_pathway(self) -> Sequence[Recruitment]:
        within = in_pathway(self.employments)
        # Nearly always all contracts are: then these are the same.
        return self.recruitments if len(within) == len(self.employments) else recruitments(within)

    @cached_property
    def binding_recruitments(self) -> BindingRecruitments:
        """Those whose length limits immersions."""
        return BindingRecruitments(self.recruitments)


def career(subject: SubjectFacts) -> Career:
    contracts = employments(subject.of)
    return Career(contracts, _stays(subject, contracts))


def step_numbers(subject: SubjectFacts) -> dict[Stay, int]:
    """From 1, over all pathways."""
    return {stay: number for number, stay in enumerate(subject.once(career).stays, start=1)}


def first_of_recruitment(subject: SubjectFacts) -> dict[UUID, Employment]:
    """For the id of each contract, the first of the contracts that renew each other up to it."""
    return first_contracts(subject.once(career).employments)


def stays_by_day(subject: SubjectFacts) -> ByDay[Stay]:
    return _by_day(subject.once(career).stays)


def stays_by_structure(subject: SubjectFacts) -> dict[UUID, ByDay[Stay]]:
    stays: dict[UUID, list[Stay]] = defaultdict(list)
    for stay in subject.once(career).stays:
        stays[stay.structure_id].append(stay)
    return {structure_id: _by_day(there) for structure_id, there in stays.items()}


def _by_day(stays: Iterable[Stay]) -> ByDay[Stay]:
    return ByDay((stay.sort_day, stay.ends_on or date.max, stay) for stay in stays)


def hires_by_structure(subject: SubjectFacts) -> dict[tuple[UUID, bool], ByDay[Employment]]:
    """Contracts whose hire is known, by structure and whether in the pathway; of one day, in the order of their ids."""
    hires: dict[tuple[UUID, bool], list[tuple[date, UUID, Employment]]] = defaultdict(list)
    for contract in subject.once(career).employments.values():
        if contract.hired is not None and contract.starts_on is not None:
            hire = (contract.starts_on, contract.contract_id, contract)
            hires[contract.hired.structure_id, contract.hired.in_pathway].append(hire)
    return {
        where: ByDay((day, day, contract) for day, _, contract in sorted(there, key=itemgetter(0, 1)))
        for where, there in hires.items()
    }


StayEvent = tuple[date, int, int, Employment | Exited]
"""A contract's first day or an exit; on one day contracts come first, so that the exit ends them."""


def _stays(subject: SubjectFacts, contracts: Mapping[UUID, Employment]) -> list[Stay]:
    events: dict[UUID, list[StayEvent]] = {}
    for contract in contracts.values():
        if contract.hired is not None and contract.starts_on is not None and contract.hired.in_pathway:
            event = (contract.starts_on, 0, contract.contract_id.int, contract)
            events.setdefault(contract.hired.structure_id, []).append(event)
    # An exit that goes with a known contract has ended it already; the others end a stay by their structure and day.
    for place, exit in enumerate(subject.of(Exited)):
        if not _names_a_hire(exit, contracts):
            events.setdefault(exit.structure_id, []).append((exit.exited_on, 1, place, exit))
    gap_days = subject.settings.step_gap_days
    # Two stays may have the same days: structure and place make their order, and so the steps' numbers, certain.
    in_order = [
        (stay.sort_day, stay.ends_on or date.max, structure_id.int, place, stay)
        for structure_id, there in events.items()
        for place, stay in enumerate(_stays_in(structure_id, there, contracts, gap_days))
    ]
    # By these alone: stays do not compare, and two may be alike in all that comes before them.
    in_order.sort(key=itemgetter(0, 1, 2, 3))
    return [entry[4] for entry in in_order]


def _names_a_hire(exit: Exited, contracts: Mapping[UUID, Employment]) -> bool:
    """Whether the exit goes with a known contract of its structure (permanent staff's too: they make no stay)."""
    contract = contracts.get(exit.contract_id) if exit.contract_id is not None else None
    return contract is not None and contract.exit is not None and contract.hired is not None


def _stays_in(
    structure_id: UUID, events: list[StayEvent], contracts: Mapping[UUID, Employment], gap_days: int
) -> list[Stay]:
    stays: list[Stay] = []
    for *_, event in sorted(events, key=itemgetter(0, 1, 2)):
        if isinstance(event, Employment):
            _enter(stays, structure_id, event, _renewed(event, contracts), gap_days)
        else:
            _leave(stays, structure_id, event)
    return stays


def _renewed(contract: Employment, contracts: Mapping[UUID, Employment]) -> Stay | None:
    """The stay, in the same structure, of the contract that this one renews, as far as contracts were taken."""
    renewed_id = contract.hired.renews_contract_id if contract.hired is not None else None
    renewed = contracts.get(renewed_id) if renewed_id is not None else None
    stay = renewed.stay if renewed is not None else None
    return stay if stay and contract.hired and stay.structure_id == contract.hired.structure_id else None


def _enter(stays: list[Stay], structure_id: UUID, contract: Employment, renewed: Stay | None, gap_days: int) -> None:
    """Join the stays the contract continues (a renewal may bridge several), or open a new one."""
    # From the earliest stay it continues to the last: what lies between is bridged by the renewal.
    first = min(_continued(stays, contract, renewed, gap_days), default=len(stays))
    joined = stays[first] if first < len(stays) else Stay(structure_id)
    for stay in stays[first + 1 :]:
        for employment in stay.employments.values():
            joined.take(employment)
        if stay.exit is not None:
            joined.leave(stay.exit)
    joined.take(contract)
    stays[first:] = [joined]


def _continued(stays: list[Stay], contract: Employment, renewed: Stay | None, gap_days: int) -> Iterator[int]:
    """Places of the stays it continues; none lies before an exit. What it renews is the furthest."""
    if contract.starts_on is None:
        return
    # Backwards, and no further than an exit: whoever left and came back begins another step.
    for place in range(len(stays) - 1, -1, -1):
        stay = stays[place]
        if stay.ended_before(contract.starts_on):
            return
        is_near = place == len(stays) - 1 and stay.reaches(contract.starts_on, gap_days)
        if is_near or stay is renewed:
            yield place
        if renewed is None or stay is renewed:
            return


def _leave(stays: list[Stay], structure_id: UUID, exit: Exited) -> None:
    """End the last stay begun by that day. An exit after an exit is one whose hire is not known yet."""
    if stays and not stays[-1].ended_before(exit.exited_on):
        stays[-1].leave(exit)
    else:
        stays.append(Stay(structure_id, exit))

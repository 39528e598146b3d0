"""What an exit ends: the stay, and the recruitment (contracts that renew each other), if nothing of it comes later."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.pathways.facts import Exited
from services.projections.tables.stays import Employment, Stay, career, first_of_recruitment, stays_by_structure
from services.projections.tables.subject_facts import SubjectFacts


def stay_of(subject: SubjectFacts, exit: Exited) -> Stay | None:
    """The stay of its contract, else the last stay of that structure begun by that day."""
    contract = _contract_of(subject, exit)
    if contract is not None:
        return contract.stay
    there = subject.once(stays_by_structure).get(exit.structure_id)
    return there.begun_by(exit.exited_on) if there is not None else None


def recruitment_of(subject: SubjectFacts, exit: Exited) -> Employment | None:
    """First contract of the chain of renewals that leads to the contract left (else to the last contract of the stay)."""
    contract = _contract_of(subject, exit)
    if contract is None:
        stay = stay_of(subject, exit)
        if stay is None or not stay.employments:
            return None
        # Contracts were taken by first day, so the last of them is the one that was left.
        contract = next(reversed(stay.employments.values()))
    return subject.once(first_of_recruitment)[contract.contract_id]


def is_definitive(subject: SubjectFacts, exit: Exited) -> bool:
    """Whether it ends its recruitment; one whose hire is not known has nothing that goes on."""
    recruitment = recruitment_of(subject, exit)
    return recruitment is None or subject.once(_last_events)[recruitment.contract_id] == _event(exit)


def _contract_of(subject: SubjectFacts, exit: Exited) -> Employment | None:
    """The contract it names, once its hire in that structure is known."""
    employments = subject.once(career).employments
    contract = employments.get(exit.contract_id) if exit.contract_id is not None else None
    if contract is None or contract.hired is None or contract.hired.structure_id != exit.structure_id:
        return None
    return contract


LastEvent = tuple[date, int, UUID]
"""A contract's first day, or an exit, which comes after it on the same day."""


def _event(exit: Exited) -> LastEvent:
    return exit.exited_on, 1, exit.exit_id


def _last_events(subject: SubjectFacts) -> dict[UUID, LastEvent]:
    """The last event known of each recruitment, by its first contract: an exit, or a contract that goes on after it."""
    employments = subject.once(career).employments
    last: dict[UUID, LastEvent] = {}
    for contract_id, first in subject.once(first_of_recruitment).items():
        starts_on = employments[contract_id].starts_on
        if starts_on is not None:
            begun = (starts_on, 0, contract_id)
            # A contract that begins after an exit goes on with the recruitment: that exit was then not its end.
            last[first.contract_id] = max(last.get(first.contract_id, begun), begun)
    for exit in {exit.exit_id: exit for exit in subject.of(Exited)}.values():
        recruitment = recruitment_of(subject, exit)
        if recruitment is not None:
            event = _event(exit)
            last[recruitment.contract_id] = max(last.get(recruitment.contract_id, event), event)
    return last

"""Rules of contracts, and of a person's derogations from the weekly floor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from services.pathways.facts import (
    ContractChanged,
    ContractEnded,
    ContractSuspended,
    Hired,
    WeeklyHoursDerogationGranted,
)
from services.pathways.refusals.contracts import (
    ContractAlreadyEndedError,
    ContractEndedBeforeStartError,
    ContractEndsBeforeStartError,
    ContractIdUsedError,
    ContractRenewsItselfError,
    ContractSuspensionEndsBeforeStartError,
    DerogationEndsBeforeStartError,
    DerogationIdUsedError,
)
from shared.deciding.contradicting_days import ends_first
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_contract_id_is_new(fact: Hired, case: Case) -> Iterator[DomainError]:
    if any(hired.contract_id == fact.contract_id for hired in case.standing(Hired)):
        yield ContractIdUsedError(contract_id=fact.contract_id)


def a_contract_is_planned_to_end_after_it_starts(fact: Hired | ContractChanged, _: Case) -> Iterator[DomainError]:
    if ends_first(fact.starts_on, fact.ends_on):
        yield ContractEndsBeforeStartError(contract_id=fact.contract_id, starts_on=fact.starts_on, ends_on=fact.ends_on)


def a_contract_renews_another(fact: Hired, _: Case) -> Iterator[DomainError]:
    if fact.renews_contract_id == fact.contract_id:
        yield ContractRenewsItselfError(contract_id=fact.contract_id)


def a_contract_ends_once(fact: ContractEnded, case: Case) -> Iterator[DomainError]:
    for ended in case.standing(ContractEnded):
        if ended.contract_id == fact.contract_id:
            yield ContractAlreadyEndedError(contract_id=fact.contract_id, ended_on=ended.ended_on)


def a_contract_ended_after_it_started(
    fact: Hired | ContractChanged | ContractEnded, case: Case
) -> Iterator[DomainError]:
    """Whichever of the two days is recorded second is refused."""
    if isinstance(fact, ContractChanged) and fact.starts_on is None:  # it moves no day: what was wrong before stays so
        return
    starts_on = _start_of_contract(fact.contract_id, case)
    for end in case.with_event(ContractEnded):
        if end.contract_id == fact.contract_id and ends_first(starts_on, end.ended_on):
            yield ContractEndedBeforeStartError(
                contract_id=fact.contract_id, starts_on=starts_on, ended_on=end.ended_on
            )


def _start_of_contract(contract_id: UUID, case: Case) -> date | None:
    """The first day as last said: by the hire, or by a change after it."""
    # In the order of truth, so that the last of the list is the last said.
    starts = [hired.starts_on for hired in case.with_event(Hired) if hired.contract_id == contract_id]
    changes = (change for change in case.with_event(ContractChanged) if change.contract_id == contract_id)
    starts += [change.starts_on for change in changes if change.starts_on is not None]
    return starts[-1] if starts else None


def a_suspension_ends_after_it_starts(fact: ContractSuspended, _: Case) -> Iterator[DomainError]:
    if ends_first(fact.starts_on, fact.ends_on):
        yield ContractSuspensionEndsBeforeStartError(
            contract_id=fact.contract_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )


def a_derogation_id_is_new(fact: WeeklyHoursDerogationGranted, case: Case) -> Iterator[DomainError]:
    if any(
        derogation.derogation_id == fact.derogation_id for derogation in case.standing(WeeklyHoursDerogationGranted)
    ):
        yield DerogationIdUsedError(derogation_id=fact.derogation_id)


def a_derogation_ends_after_it_starts(fact: WeeklyHoursDerogationGranted, _: Case) -> Iterator[DomainError]:
    if ends_first(fact.starts_on, fact.ends_on):
        yield DerogationEndsBeforeStartError(
            derogation_id=fact.derogation_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )

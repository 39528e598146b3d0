"""What is recorded though it looks mistaken: a day still to come, something named that nobody has told of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from services.pathways.facts import (
    ContractChanged,
    ContractEnded,
    ContractSuspended,
    EsfParticipationEnded,
    EsfParticipationStarted,
    Exited,
    FactVoided,
    FollowedUp,
    HandoverAnswered,
    HandoverProposed,
    Hired,
    ImmersionAgreed,
    ImmersionEnded,
    PathwayClosed,
    PersonRegistered,
    Received,
    SharingInformed,
    SharingObjected,
    SkillValidated,
    SupportAction,
    TrainingEnded,
    TrainingStarted,
    WeeklyHoursDerogationGranted,
)
from services.pathways.law.tables import law_on
from services.pathways.warnings import (
    ContractOfAnotherStructure,
    ContractUnknown,
    ExitBeforeContract,
    ExitUnknown,
    FollowUpBeforeExit,
    HandoverUnknown,
    ImmersionUnknown,
    MilestoneNotAsked,
    NoContractWithStructure,
    ParticipationUnknown,
    TrainingUnknown,
)
from shared.deciding.future_days import DoneOn, future_day
from shared.deciding.rules import Case
from shared.deciding.warnings import DomainWarning
from shared.facts.fact import Fact

DONE_ON: DoneOn = {
    PersonRegistered: "registered_on",
    Received: "received_on",
    ContractEnded: "ended_on",
    WeeklyHoursDerogationGranted: "decided_on",
    TrainingEnded: "ended_on",
    SkillValidated: "validated_on",
    ImmersionEnded: "ended_on",
    SupportAction: "done_on",
    HandoverProposed: "proposed_on",
    HandoverAnswered: "answered_on",
    Exited: "exited_on",
    FollowedUp: "observed_on",
    PathwayClosed: "closed_on",
    SharingInformed: "informed_on",
    SharingObjected: "objected_on",
    EsfParticipationStarted: "collected_on",
    EsfParticipationEnded: "collected_on",
    FactVoided: "voided_on",
}
"""What starts, changes or is suspended may be said beforehand. An end is the real one; one announced gets the warning."""


def what_is_done_is_not_to_come(fact: Fact, case: Case) -> Iterator[DomainWarning]:
    return future_day(fact, case, DONE_ON)


def a_contract_is_known(
    fact: ContractChanged
    | ContractSuspended
    | ContractEnded
    | WeeklyHoursDerogationGranted
    | TrainingStarted
    | ImmersionAgreed,
    case: Case,
) -> Iterator[DomainWarning]:
    if _is_unknown(fact.contract_id, _contracts(case)):
        yield ContractUnknown("/data/contract_id")


def a_renewed_contract_is_known(fact: Hired, case: Case) -> Iterator[DomainWarning]:
    if _is_unknown(fact.renews_contract_id, _contracts(case)):
        yield ContractUnknown("/data/renews_contract_id")


def an_exit_is_from_a_known_contract(fact: Exited, case: Case) -> Iterator[DomainWarning]:
    """The contract it names, else any with the structure."""
    hires = list(case.standing(Hired))
    if fact.contract_id is None:
        if not any(hired.structure_id == fact.structure_id for hired in hires):
            yield NoContractWithStructure("/data/structure_id")
        return
    named = next((hired for hired in hires if hired.contract_id == fact.contract_id), None)
    if named is None:
        yield ContractUnknown("/data/contract_id")
    elif named.structure_id != fact.structure_id:
        yield ContractOfAnotherStructure("/data/structure_id")
    # The earliest day said: only an exit before every first day that anybody gave is surely a mistake.
    elif fact.exited_on < min(_starts(named, case)):
        yield ExitBeforeContract("/data/exited_on")


def a_follow_up_is_of_a_known_exit(fact: FollowedUp, case: Case) -> Iterator[DomainWarning]:
    exits = [exited for exited in case.standing(Exited) if exited.exit_id == fact.exit_id]
    if not exits:
        yield ExitUnknown("/data/exit_id")
    elif all(fact.observed_on < exited.exited_on for exited in exits):
        yield FollowUpBeforeExit("/data/observed_on")


def a_follow_up_is_of_a_milestone(fact: FollowedUp, case: Case) -> Iterator[DomainWarning]:
    """By the law of the exit's day; of an exit that is not known yet, by that of the day of the follow-up."""
    exited_on = (exited.exited_on for exited in case.standing(Exited) if exited.exit_id == fact.exit_id)
    milestones = law_on(next(exited_on, fact.observed_on)).milestones
    if all(fact.milestone_months != milestone.months for milestone in milestones):
        yield MilestoneNotAsked("/data/milestone_months")


def a_training_is_known(fact: TrainingEnded | ContractChanged, case: Case) -> Iterator[DomainWarning]:
    if _is_unknown(fact.training_id, (fact.training_id for fact in case.standing(TrainingStarted))):
        yield TrainingUnknown("/data/training_id")


def an_immersion_is_known(fact: ImmersionEnded, case: Case) -> Iterator[DomainWarning]:
    if _is_unknown(fact.immersion_id, _immersions(case)):
        yield ImmersionUnknown("/data/immersion_id")


def a_renewed_immersion_is_known(fact: ImmersionAgreed, case: Case) -> Iterator[DomainWarning]:
    if _is_unknown(fact.renews_immersion_id, _immersions(case)):
        yield ImmersionUnknown("/data/renews_immersion_id")


def a_handover_is_known(fact: HandoverAnswered, case: Case) -> Iterator[DomainWarning]:
    if _is_unknown(fact.handover_id, (fact.handover_id for fact in case.standing(HandoverProposed))):
        yield HandoverUnknown("/data/handover_id")


def a_participation_is_known(fact: EsfParticipationEnded, case: Case) -> Iterator[DomainWarning]:
    started = (fact.participation_id for fact in case.standing(EsfParticipationStarted))
    if _is_unknown(fact.participation_id, started):
        yield ParticipationUnknown("/data/participation_id")


def _is_unknown(named: UUID | None, known: Iterable[UUID]) -> bool:
    return named is not None and named not in known


def _contracts(case: Case) -> Iterator[UUID]:
    return (hired.contract_id for hired in case.standing(Hired))


def _immersions(case: Case) -> Iterator[UUID]:
    return (agreed.immersion_id for agreed in case.standing(ImmersionAgreed))


def _starts(hired: Hired, case: Case) -> Iterator[date]:
    """The first day by the hire, and by changes of it."""
    yield hired.starts_on
    for changed in case.standing(ContractChanged):
        if changed.contract_id == hired.contract_id and changed.starts_on is not None:
            yield changed.starts_on

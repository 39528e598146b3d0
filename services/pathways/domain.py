"""What may be recorded about a person's pathway. A new rule is a function here, under its fact.

Only what cannot be true is refused. What is not known yet, contracts that overlap, hires without agrément or against
the law are facts and are recorded; facts may arrive in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from services.pathways.facts import (
    ContractChanged,
    ContractEnded,
    ContractSuspended,
    EsfParticipationEnded,
    EsfParticipationStarted,
    Exited,
    HandoverAnswered,
    HandoverProposed,
    Hired,
    ImmersionAgreed,
    ImmersionEnded,
    SupportAction,
    TrainingEnded,
    TrainingStarted,
    WeeklyHoursDerogationGranted,
)
from services.pathways.refusals import (
    ActionIdUsedError,
    ContractAlreadyEndedError,
    ContractEndedBeforeStartError,
    ContractEndsBeforeStartError,
    ContractIdUsedError,
    ContractRenewsItselfError,
    ContractSuspensionEndsBeforeStartError,
    DerogationEndsBeforeStartError,
    DerogationIdUsedError,
    ExitIdUsedError,
    HandoverAlreadyAnsweredError,
    HandoverAnsweredBeforeProposedError,
    HandoverIdUsedError,
    HandoverToItselfError,
    ImmersionAlreadyEndedError,
    ImmersionEndedBeforeStartError,
    ImmersionEndsBeforeStartError,
    ImmersionIdUsedError,
    ImmersionRenewsItselfError,
    NextStepEndsBeforeStartError,
    ParticipationAlreadyEndedError,
    ParticipationEndedBeforeStartError,
    ParticipationIdUsedError,
    TrainingAlreadyEndedError,
    TrainingEndedBeforeStartError,
    TrainingIdUsedError,
)
from shared.deciding import Case, Rules
from shared.problems import DomainError

RULES = Rules(strict_links=False)
decide = RULES.decide


# Contracts


@RULES.rule
def a_contract_id_is_new(fact: Hired, case: Case) -> Iterator[DomainError]:
    if any(known.contract_id == fact.contract_id for known in case.standing(Hired)):
        yield ContractIdUsedError(contract_id=fact.contract_id)


@RULES.rule
def a_contract_is_planned_to_end_after_it_starts(fact: Hired | ContractChanged, _: Case) -> Iterator[DomainError]:
    if _ends_first(fact.starts_on, fact.ends_on):
        yield ContractEndsBeforeStartError(contract_id=fact.contract_id, starts_on=fact.starts_on, ends_on=fact.ends_on)


@RULES.rule
def a_contract_renews_another(fact: Hired, _: Case) -> Iterator[DomainError]:
    if fact.renews_contract_id == fact.contract_id:
        yield ContractRenewsItselfError(contract_id=fact.contract_id)


@RULES.rule
def a_contract_ends_once(fact: ContractEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(ContractEnded):
        if known.contract_id == fact.contract_id:
            yield ContractAlreadyEndedError(contract_id=fact.contract_id, ended_on=known.ended_on)


@RULES.rule
def a_contract_ended_after_it_started(
    fact: Hired | ContractChanged | ContractEnded, case: Case
) -> Iterator[DomainError]:
    """Whichever of the two days is said second is refused."""
    if isinstance(fact, ContractChanged) and fact.starts_on is None:
        return
    starts_on = _start_of_contract(fact.contract_id, case)
    for end in case.with_event(ContractEnded):
        if end.contract_id == fact.contract_id and _ends_first(starts_on, end.ended_on):
            yield ContractEndedBeforeStartError(
                contract_id=fact.contract_id, starts_on=starts_on, ended_on=end.ended_on
            )


def _start_of_contract(contract_id: UUID, case: Case) -> date | None:
    """The first day as last said: by the hire, or by a change after it."""
    said = [hired.starts_on for hired in case.with_event(Hired) if hired.contract_id == contract_id]
    changes = (change for change in case.with_event(ContractChanged) if change.contract_id == contract_id)
    said += [change.starts_on for change in changes if change.starts_on is not None]
    return said[-1] if said else None


@RULES.rule
def a_suspension_ends_after_it_starts(fact: ContractSuspended, _: Case) -> Iterator[DomainError]:
    if _ends_first(fact.starts_on, fact.ends_on):
        yield ContractSuspensionEndsBeforeStartError(
            contract_id=fact.contract_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )


@RULES.rule
def a_derogation_id_is_new(fact: WeeklyHoursDerogationGranted, case: Case) -> Iterator[DomainError]:
    if any(known.derogation_id == fact.derogation_id for known in case.standing(WeeklyHoursDerogationGranted)):
        yield DerogationIdUsedError(derogation_id=fact.derogation_id)


@RULES.rule
def a_derogation_ends_after_it_starts(fact: WeeklyHoursDerogationGranted, _: Case) -> Iterator[DomainError]:
    if _ends_first(fact.starts_on, fact.ends_on):
        yield DerogationEndsBeforeStartError(
            derogation_id=fact.derogation_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )


# Trainings


@RULES.rule
def a_training_id_is_new(fact: TrainingStarted, case: Case) -> Iterator[DomainError]:
    if any(known.training_id == fact.training_id for known in case.standing(TrainingStarted)):
        yield TrainingIdUsedError(training_id=fact.training_id)


@RULES.rule
def a_training_ends_once(fact: TrainingEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(TrainingEnded):
        if known.training_id == fact.training_id:
            yield TrainingAlreadyEndedError(training_id=fact.training_id, ended_on=known.ended_on)


@RULES.rule
def a_training_ended_after_it_started(fact: TrainingStarted | TrainingEnded, case: Case) -> Iterator[DomainError]:
    starts = [start.started_on for start in case.with_event(TrainingStarted) if start.training_id == fact.training_id]
    ends = [end.ended_on for end in case.with_event(TrainingEnded) if end.training_id == fact.training_id]
    for start, end in _crossed(starts, ends):
        yield TrainingEndedBeforeStartError(training_id=fact.training_id, started_on=start, ended_on=end)


# Immersions


@RULES.rule
def an_immersion_id_is_new(fact: ImmersionAgreed, case: Case) -> Iterator[DomainError]:
    if any(known.immersion_id == fact.immersion_id for known in case.standing(ImmersionAgreed)):
        yield ImmersionIdUsedError(immersion_id=fact.immersion_id)


@RULES.rule
def an_immersion_is_planned_to_end_after_it_starts(fact: ImmersionAgreed, _: Case) -> Iterator[DomainError]:
    if _ends_first(fact.starts_on, fact.ends_on):
        yield ImmersionEndsBeforeStartError(
            immersion_id=fact.immersion_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )


@RULES.rule
def an_immersion_renews_another(fact: ImmersionAgreed, _: Case) -> Iterator[DomainError]:
    if fact.renews_immersion_id == fact.immersion_id:
        yield ImmersionRenewsItselfError(immersion_id=fact.immersion_id)


@RULES.rule
def an_immersion_ends_once(fact: ImmersionEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(ImmersionEnded):
        if known.immersion_id == fact.immersion_id:
            yield ImmersionAlreadyEndedError(immersion_id=fact.immersion_id, ended_on=known.ended_on)


@RULES.rule
def an_immersion_ended_after_it_started(fact: ImmersionAgreed | ImmersionEnded, case: Case) -> Iterator[DomainError]:
    starts = [known.starts_on for known in case.with_event(ImmersionAgreed) if known.immersion_id == fact.immersion_id]
    ends = [known.ended_on for known in case.with_event(ImmersionEnded) if known.immersion_id == fact.immersion_id]
    for start, end in _crossed(starts, ends):
        yield ImmersionEndedBeforeStartError(immersion_id=fact.immersion_id, starts_on=start, ended_on=end)


# Support and hand-overs


@RULES.rule
def an_action_id_is_new(fact: SupportAction, case: Case) -> Iterator[DomainError]:
    if any(known.action_id == fact.action_id for known in case.standing(SupportAction)):
        yield ActionIdUsedError(action_id=fact.action_id)


@RULES.rule
def a_handover_id_is_new(fact: HandoverProposed, case: Case) -> Iterator[DomainError]:
    if any(known.handover_id == fact.handover_id for known in case.standing(HandoverProposed)):
        yield HandoverIdUsedError(handover_id=fact.handover_id)


@RULES.rule
def a_handover_goes_to_another_structure(fact: HandoverProposed, _: Case) -> Iterator[DomainError]:
    if fact.from_structure_id == fact.to_structure_id:
        yield HandoverToItselfError(handover_id=fact.handover_id, structure_id=fact.to_structure_id)


@RULES.rule
def a_handover_is_answered_once(fact: HandoverAnswered, case: Case) -> Iterator[DomainError]:
    for known in case.standing(HandoverAnswered):
        if known.handover_id == fact.handover_id:
            yield HandoverAlreadyAnsweredError(
                handover_id=fact.handover_id, answer=known.answer, answered_on=known.answered_on
            )


@RULES.rule
def a_handover_is_proposed_before_it_is_answered(
    fact: HandoverProposed | HandoverAnswered, case: Case
) -> Iterator[DomainError]:
    proposed = [f.proposed_on for f in case.with_event(HandoverProposed) if f.handover_id == fact.handover_id]
    answered = [f.answered_on for f in case.with_event(HandoverAnswered) if f.handover_id == fact.handover_id]
    for start, end in _crossed(proposed, answered):
        yield HandoverAnsweredBeforeProposedError(handover_id=fact.handover_id, proposed_on=start, answered_on=end)


# Exits


@RULES.rule
def an_exit_id_is_new(fact: Exited, case: Case) -> Iterator[DomainError]:
    if any(known.exit_id == fact.exit_id for known in case.standing(Exited)):
        yield ExitIdUsedError(exit_id=fact.exit_id)


@RULES.rule
def what_comes_next_ends_after_it_starts(fact: Exited, _: Case) -> Iterator[DomainError]:
    if fact.next is not None and _ends_first(fact.next.starts_on, fact.next.ends_on):
        yield NextStepEndsBeforeStartError(
            exit_id=fact.exit_id, starts_on=fact.next.starts_on, ends_on=fact.next.ends_on
        )


# European Social Fund


@RULES.rule
def a_participation_id_is_new(fact: EsfParticipationStarted, case: Case) -> Iterator[DomainError]:
    if any(known.participation_id == fact.participation_id for known in case.standing(EsfParticipationStarted)):
        yield ParticipationIdUsedError(participation_id=fact.participation_id)


@RULES.rule
def a_participation_ends_once(fact: EsfParticipationEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(EsfParticipationEnded):
        if known.participation_id == fact.participation_id:
            yield ParticipationAlreadyEndedError(participation_id=fact.participation_id, left_on=known.left_on)


@RULES.rule
def a_participation_ended_after_it_started(
    fact: EsfParticipationStarted | EsfParticipationEnded, case: Case
) -> Iterator[DomainError]:
    mine = fact.participation_id
    entered = [f.entered_on for f in case.with_event(EsfParticipationStarted) if f.participation_id == mine]
    left = [f.left_on for f in case.with_event(EsfParticipationEnded) if f.participation_id == mine]
    for start, end in _crossed(entered, left):
        yield ParticipationEndedBeforeStartError(participation_id=mine, entered_on=start, left_on=end)


def _ends_first(start: date | None, end: date | None) -> bool:
    return start is not None and end is not None and end < start


def _crossed(starts: list[date], ends: list[date]) -> Iterator[tuple[date, date]]:
    """Each start with each end that lies before it; a thing has one of both unless its id is used twice."""
    return ((start, end) for start in starts for end in ends if end < start)

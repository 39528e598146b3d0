"""Rules of hand-overs."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.facts import HandoverAnswered, HandoverProposed
from services.pathways.refusals.handovers import (
    HandoverAlreadyAnsweredError,
    HandoverAnsweredBeforeProposedError,
    HandoverIdUsedError,
    HandoverToItselfError,
)
from shared.deciding.contradicting_days import contradictions
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_handover_id_is_new(fact: HandoverProposed, case: Case) -> Iterator[DomainError]:
    if any(proposed.handover_id == fact.handover_id for proposed in case.standing(HandoverProposed)):
        yield HandoverIdUsedError(handover_id=fact.handover_id)


def a_handover_goes_to_another_structure(fact: HandoverProposed, _: Case) -> Iterator[DomainError]:
    if fact.from_structure_id == fact.to_structure_id:
        yield HandoverToItselfError(handover_id=fact.handover_id, structure_id=fact.to_structure_id)


def a_handover_is_answered_once(fact: HandoverAnswered, case: Case) -> Iterator[DomainError]:
    for answered in case.standing(HandoverAnswered):
        if answered.handover_id == fact.handover_id:
            yield HandoverAlreadyAnsweredError(
                handover_id=fact.handover_id, answer=answered.answer, answered_on=answered.answered_on
            )


def a_handover_is_proposed_before_it_is_answered(
    fact: HandoverProposed | HandoverAnswered, case: Case
) -> Iterator[DomainError]:
    proposed = [
        proposal.proposed_on
        for proposal in case.with_event(HandoverProposed)
        if proposal.handover_id == fact.handover_id
    ]
    answered = [
        answer.answered_on for answer in case.with_event(HandoverAnswered) if answer.handover_id == fact.handover_id
    ]
    for proposed_on, answered_on in contradictions(proposed, answered):
        yield HandoverAnsweredBeforeProposedError(
            handover_id=fact.handover_id, proposed_on=proposed_on, answered_on=answered_on
        )

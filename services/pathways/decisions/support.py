"""Rules of support and hand-overs."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.decisions.case import crossed
from services.pathways.facts import HandoverAnswered, HandoverProposed, SupportAction
from services.pathways.refusals.handovers import (
    HandoverAlreadyAnsweredError,
    HandoverAnsweredBeforeProposedError,
    HandoverIdUsedError,
    HandoverToItselfError,
)
from services.pathways.refusals.support import ActionIdUsedError
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def an_action_id_is_new(fact: SupportAction, case: Case) -> Iterator[DomainError]:
    if any(known.action_id == fact.action_id for known in case.standing(SupportAction)):
        yield ActionIdUsedError(action_id=fact.action_id)


def a_handover_id_is_new(fact: HandoverProposed, case: Case) -> Iterator[DomainError]:
    if any(known.handover_id == fact.handover_id for known in case.standing(HandoverProposed)):
        yield HandoverIdUsedError(handover_id=fact.handover_id)


def a_handover_goes_to_another_structure(fact: HandoverProposed, _: Case) -> Iterator[DomainError]:
    if fact.from_structure_id == fact.to_structure_id:
        yield HandoverToItselfError(handover_id=fact.handover_id, structure_id=fact.to_structure_id)


def a_handover_is_answered_once(fact: HandoverAnswered, case: Case) -> Iterator[DomainError]:
    for known in case.standing(HandoverAnswered):
        if known.handover_id == fact.handover_id:
            yield HandoverAlreadyAnsweredError(
                handover_id=fact.handover_id, answer=known.answer, answered_on=known.answered_on
            )


def a_handover_is_proposed_before_it_is_answered(
    fact: HandoverProposed | HandoverAnswered, case: Case
) -> Iterator[DomainError]:
    proposed = [f.proposed_on for f in case.with_event(HandoverProposed) if f.handover_id == fact.handover_id]
    answered = [f.answered_on for f in case.with_event(HandoverAnswered) if f.handover_id == fact.handover_id]
    for start, end in crossed(proposed, answered):
        yield HandoverAnsweredBeforeProposedError(handover_id=fact.handover_id, proposed_on=start, answered_on=end)

"""Rules of the answer to a request of prolongation, and the prolongation a grant records. Source: R5132-1-8."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.agrement.decisions.case import AgrementCase
from services.agrement.facts import ProlongationDenied, ProlongationGranted, Prolonged, said
from services.agrement.model.person_file import Agrement, Request
from services.agrement.refusals.prolongations import (
    NextStepMissingError,
    PrescriberNotAuthorisedError,
    ProlongationIdUsedError,
    ProlongationsOverlapError,
    RequestAlreadyAnsweredError,
    RequestUnknownError,
)
from shared.deciding.refusals import DomainError
from shared.facts.days import plus

AnsweredRequest = ProlongationGranted | ProlongationDenied


def a_request_is_answered_one_way(fact: AnsweredRequest, case: AgrementCase) -> Iterator[DomainError]:
    """The same answer again changes nothing."""
    agrement = case.agrement(fact.agrement_id)
    if agrement is None:
        return
    request = agrement.request(fact.request_id)
    opposite = "denied" if isinstance(fact, ProlongationGranted) else "granted"
    if request is None:
        yield RequestUnknownError(agrement_id=fact.agrement_id, request_id=fact.request_id)
    elif request.state == opposite:
        yield RequestAlreadyAnsweredError(request_id=fact.request_id, state=request.state)


def only_an_authorised_prescriber_answers(fact: AnsweredRequest, case: AgrementCase) -> Iterator[DomainError]:
    if not fact.authorised:
        yield PrescriberNotAuthorisedError(prescriber_id=fact.prescriber_id, decided_on=fact.decided_on)


def a_denial_says_what_comes_next(fact: ProlongationDenied, case: AgrementCase) -> Iterator[DomainError]:
    if case.law.deny_reasons[fact.deny_reason].next_step and fact.next_step is None:
        yield NextStepMissingError(request_id=fact.request_id, deny_reason=fact.deny_reason)


def the_prolongation_of_a_grant_is_new(fact: ProlongationGranted, case: AgrementCase) -> Iterator[DomainError]:
    """Not asked of a grant said again: it gives nothing."""
    if _pending_request(case, fact) is None:
        return
    if any(prolonged.prolongation_id == fact.prolongation_id for prolonged in case.standing(Prolonged)):
        yield ProlongationIdUsedError(prolongation_id=fact.prolongation_id)


def a_grant_gives_days_that_are_free(fact: ProlongationGranted, case: AgrementCase) -> Iterator[DomainError]:
    """Neither the days asked nor those it would give may be another's; refused, the request stays pending."""
    pending = _pending_request(case, fact)
    if pending is None:
        return
    agrement, request = pending
    spans = {(request.starts_on, request.ends_on), granted_days(agrement, request)}
    for other in agrement.standing_prolongations():
        if any(other.overlaps(*span) for span in spans):
            yield ProlongationsOverlapError(
                prolongation_id=other.prolongation_id,
                starts_on=other.starts_on,
                ends_on=other.ends_on,
                granted_on=None,
            )


def _pending_request(case: AgrementCase, fact: ProlongationGranted) -> tuple[Agrement, Request] | None:
    agrement = case.agrement(fact.agrement_id)
    request = None if agrement is None else agrement.request(fact.request_id)
    return None if agrement is None or request is None or request.state != "pending" else (agrement, request)


def granted_days(agrement: Agrement, request: Request) -> tuple[date, date]:
    """From the agrément's end as it is now, as many days as were asked."""
    return agrement.ends_on, plus(agrement.ends_on, (request.ends_on - request.starts_on).days)


def prolonged_by(case: AgrementCase, fact: ProlongationGranted) -> tuple[Prolonged, ...]:
    """What an accepted grant records; nothing when it was granted before."""
    pending = _pending_request(case, fact)
    if pending is None:
        return ()
    agrement, request = pending
    starts_on, ends_on = granted_days(agrement, request)
    effect = said(
        Prolonged,
        agrement_id=fact.agrement_id,
        prolongation_id=fact.prolongation_id,
        reason=request.reason,
        starts_on=starts_on,
        ends_on=ends_on,
        structure_id=request.structure_id,
        declared_on=fact.decided_on,
        request_id=fact.request_id,
        age=request.age,
    )
    return (effect,)

"""Rules of a prolongation, asked or declared: who, why, from when, how long, and when it may be asked. Source: R5132-1-8.

A correction (a fact that `replaces` a standing one of the same kind) keeps its place: only its reason, its length and
the days of others are judged again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.agrement.decisions.case import AgrementCase
from services.agrement.facts import ProlongationGranted, ProlongationRequested, Prolonged
from services.agrement.law.tables import ProlongationReason
from services.agrement.model.person_file import Agrement, Prolongation
from services.agrement.model.states import latest as latest_agrement
from services.agrement.model.windows import days_used, latest_end, request_bound, total_bound, window
from services.agrement.refusals.prolongations import (
    NotTheLatestAgrementError,
    OpinionNeededError,
    ProlongationEndsBeforeStartError,
    ProlongationIdUsedError,
    ProlongationReasonNotOfferedError,
    ProlongationsOverlapError,
    ProlongationStartNotEndError,
    ProlongationTooEarlyError,
    ProlongationTooLateError,
    ProlongationTooLongError,
    ProlongationTotalReachedError,
    RequestIdUsedError,
    RequestPendingError,
    SuspendedNowError,
    TooYoungError,
)
from shared.deciding.refusals import DomainError
from shared.facts.days import plus

NewProlongation = ProlongationRequested | Prolonged


def a_prolongation_id_is_new(fact: Prolonged, case: AgrementCase) -> Iterator[DomainError]:
    if any(standing.prolongation_id == fact.prolongation_id for standing in case.standing(Prolonged)):
        yield ProlongationIdUsedError(prolongation_id=fact.prolongation_id)


def a_request_id_is_new(fact: ProlongationRequested, case: AgrementCase) -> Iterator[DomainError]:
    if any(standing.request_id == fact.request_id for standing in case.standing(ProlongationRequested)):
        yield RequestIdUsedError(request_id=fact.request_id)


def a_prolongation_reason_is_offered(fact: NewProlongation, case: AgrementCase) -> Iterator[DomainError]:
    kind = case.kind_of(fact.structure_id)
    offered = case.law.offered_prolongations(kind)
    if fact.reason not in offered:
        yield ProlongationReasonNotOfferedError(reason=fact.reason, kind=kind, day=case.day, offered=offered)


def a_prolongation_starts_where_the_agrement_ends(fact: NewProlongation, case: AgrementCase) -> Iterator[DomainError]:
    """Not asked of a correction that keeps its start: a later prolongation may have moved the end since."""
    agrement = case.agrement(fact.agrement_id)
    if agrement is None or fact.starts_on == agrement.ends_on:
        return
    before = case.replaced
    if isinstance(before, type(fact)) and before.starts_on == fact.starts_on:
        return
    yield ProlongationStartNotEndError(agrement_id=fact.agrement_id, given=fact.starts_on, starts_on=agrement.ends_on)


def a_prolongation_adds_days_but_not_too_many(fact: NewProlongation, case: AgrementCase) -> Iterator[DomainError]:
    """Both bounds hold: of one request, and of the days left of the reason's total."""
    agrement, reason = case.agrement(fact.agrement_id), case.law.prolongation_reasons.get(fact.reason or "")
    latest = None if agrement is None or reason is None else latest_end(agrement, fact.starts_on, reason, case.law)
    # Where no day is left none is named, neither as the latest end nor as the earliest.
    has_days_left = latest is None or latest > fact.starts_on
    if fact.ends_on <= fact.starts_on:
        earliest_end = plus(fact.starts_on, 1) if has_days_left else None
        yield ProlongationEndsBeforeStartError(ends_on=fact.ends_on, earliest_end=earliest_end)
    if agrement is None or reason is None or latest is None:
        return
    bounds = {
        "reason": reason.code,
        "ends_on": fact.ends_on,
        "latest_end": latest if has_days_left else None,
        "days_left": (latest - fact.starts_on).days if has_days_left else None,
    }
    # Days of a prolongation that is being corrected are not among them: the case leaves out what the event replaces.
    used = days_used(agrement, reason.code, case.law)
    if fact.ends_on > request_bound(fact.starts_on, reason):
        yield ProlongationTooLongError(**bounds)
    # Both may be told at once: whoever mends the first should not meet the second in the next answer.
    if fact.ends_on > total_bound(fact.starts_on, reason, used) and reason.in_all is not None:
        yield ProlongationTotalReachedError(**bounds, days_used=used, days_in_all=reason.in_all)


def the_person_is_old_enough(fact: NewProlongation, case: AgrementCase) -> Iterator[DomainError]:
    """An age that is not given is accepted; the prolongation keeps none, so that it can be shown."""
    reason = case.law.prolongation_reasons.get(fact.reason or "")
    if reason is not None and reason.least_age is not None and fact.age is not None and fact.age < reason.least_age:
        yield TooYoungError(reason=reason.code, age=fact.age, least_age=reason.least_age)


def a_prolongation_is_asked_in_its_window(fact: NewProlongation, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None or _is_correction(fact, case):
        return
    span = window(agrement, case.law)
    asked = {"agrement_id": fact.agrement_id, "day": case.day}
    if case.day < span.starts_on:
        yield ProlongationTooEarlyError(**asked, opens_on=span.starts_on, closes_on=span.ends_on)
    # Without its days: they are those of today's law, and the law of days that are past may have been another.
    if case.day > span.ends_on:
        yield ProlongationTooLateError(**asked)


def a_prolongation_is_not_asked_while_something_runs(
    fact: NewProlongation, case: AgrementCase
) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None or _is_correction(fact, case):
        return
    suspension, request = agrement.suspension_on(case.day), agrement.pending_request()
    if suspension is not None:
        yield SuspendedNowError(
            agrement_id=fact.agrement_id, suspension_id=suspension.suspension_id, ends_on=suspension.ends_on
        )
    if request is not None:
        yield RequestPendingError(request_id=request.request_id, requested_on=request.requested_on)


def only_the_latest_agrement_is_prolonged(fact: NewProlongation, case: AgrementCase) -> Iterator[DomainError]:
    found = latest_agrement(case.file, case.day)
    agrement = case.agrement(fact.agrement_id)
    if agrement is None or found is None or _is_correction(fact, case):
        return
    if found.agrement_id != agrement.agrement_id:
        yield NotTheLatestAgrementError(agrement_id=fact.agrement_id, latest_agrement_id=found.agrement_id)


def prolongations_share_no_day(fact: NewProlongation, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None:
        return
    for other in agrement.standing_prolongations():
        if other.overlaps(fact.starts_on, fact.ends_on):
            yield ProlongationsOverlapError(
                prolongation_id=other.prolongation_id,
                starts_on=other.starts_on,
                ends_on=other.ends_on,
                granted_on=_granted_on(fact, other, case),
            )


def _granted_on(fact: NewProlongation, other: Prolongation, case: AgrementCase) -> date | None:
    """Where a request is corrected that gave the other prolongation: the day it was granted."""
    if not isinstance(fact, ProlongationRequested) or other.request_id != fact.request_id:
        return None
    answers = (answer for answer in case.standing(ProlongationGranted) if answer.request_id == fact.request_id)
    return next((answer.decided_on for answer in answers), None)


def some_reasons_need_an_opinion(fact: Prolonged, case: AgrementCase) -> Iterator[DomainError]:
    """Once granted, the request gives the opinion for one prolongation of its reason."""
    agrement, reason = case.agrement(fact.agrement_id), case.law.prolongation_reasons.get(fact.reason or "")
    if agrement is None or reason is None or not reason.opinion or _is_correction(fact, case):
        return
    if case.law.prolongation_opinions.by == "request" and not _has_opinion(fact, agrement, reason):
        at_once = [row.code for row in case.law.prolongation_reasons.values() if not row.opinion]
        yield OpinionNeededError(reason=reason.code, without_opinion=at_once)


def _has_opinion(fact: Prolonged, agrement: Agrement, reason: ProlongationReason) -> bool:
    request = None if fact.request_id is None else agrement.request(fact.request_id)
    if request is None or request.state != "granted" or request.reason != reason.code:
        return False
    # One request is one opinion: a second prolongation under it would have none.
    return not any(prolongation.request_id == fact.request_id for prolongation in agrement.standing_prolongations())


def _is_correction(fact: NewProlongation, case: AgrementCase) -> bool:
    before = case.replaced
    if isinstance(before, Prolonged) and isinstance(fact, Prolonged):
        return before.prolongation_id == fact.prolongation_id and before.reason == fact.reason
    return isinstance(before, ProlongationRequested) and isinstance(fact, ProlongationRequested)

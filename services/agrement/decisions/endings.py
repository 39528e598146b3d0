"""Rules of a closing before term (R5132-1-3) and of a cancellation."""

from __future__ import annotations

from collections.abc import Iterator

from services.agrement.decisions.case import AgrementCase
from services.agrement.facts import AgrementCancelled, AgrementClosed
from services.agrement.model.windows import open_to_closing
from services.agrement.refusals.endings import (
    AgrementAlreadyExpiredError,
    AgrementHasHiresError,
    AgrementNotCancellableError,
    ClosedBeforeStartError,
    ClosingNotOfferedError,
)
from services.agrement.refusals.general import AgrementAlreadyClosedError
from services.agrement.refusals.suspensions import SuspensionUnknownError
from shared.deciding.refusals import DomainError
from shared.facts.days import plus


def only_an_agrement_that_has_not_ended_is_closed(fact: AgrementClosed, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None:
        return
    if agrement.closed_on is not None:
        yield AgrementAlreadyClosedError(agrement_id=fact.agrement_id, closed_on=agrement.closed_on)
    elif fact.closed_on > agrement.ends_on:
        yield AgrementAlreadyExpiredError(
            agrement_id=fact.agrement_id, closed_on=fact.closed_on, ends_on=agrement.ends_on
        )
    elif fact.closed_on <= agrement.starts_on:
        yield ClosedBeforeStartError(
            agrement_id=fact.agrement_id, closed_on=fact.closed_on, earliest_day=plus(agrement.starts_on, 1)
        )


def a_closing_names_a_suspension_of_the_agrement(fact: AgrementClosed, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None or fact.suspension_id is None:
        return
    suspension = agrement.suspension(fact.suspension_id)
    if suspension is None or suspension.gone:
        yield SuspensionUnknownError(agrement_id=fact.agrement_id, suspension_id=fact.suspension_id)


def an_employer_closes_after_a_long_suspension(fact: AgrementClosed, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None or fact.author_kind != "employer":
        return
    if open_to_closing(case.file, agrement, case.day, case.law) is None:
        yield ClosingNotOfferedError(
            agrement_id=fact.agrement_id,
            closed_on=fact.closed_on,
            more_than_days=case.law.closing.suspended_more_than_days,
        )


def an_agrement_that_served_is_not_cancelled(fact: AgrementCancelled, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None:
        return
    if not case.law.origins[agrement.origin].cancellable:
        yield AgrementNotCancellableError(agrement_id=fact.agrement_id, origin=agrement.origin)
    hires = sum(hire.agrement_id == fact.agrement_id for hire in case.file.hires)
    if hires > 1:
        yield AgrementHasHiresError(agrement_id=fact.agrement_id, hires=hires)

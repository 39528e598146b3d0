"""What each fact does to its agrément. A new fact gets a reader here, and its place in TURNS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from services.agrement.facts import (
    AgrementCancelled,
    AgrementClosed,
    ProlongationDenied,
    ProlongationGranted,
    ProlongationRequested,
    Prolonged,
    StartMoved,
    Suspended,
    SuspensionChanged,
    SuspensionLifted,
    SuspensionRemoved,
)
from services.agrement.law.tables import law_on
from services.agrement.model.lengths import default_end, latest_suspension_end
from services.agrement.model.person_file import Agrement, Prolongation, Request, Suspension
from shared.facts.days import plus
from shared.facts.fact import Fact, Recorded

Reader = Callable[[Agrement, Recorded], Agrement]


def _suspended(agrement: Agrement, recorded: Recorded) -> Agrement:
    fact = recorded.data
    assert isinstance(fact, Suspended)
    # An end that is not known counts as the latest one allowed, by the limits of the day the suspension was declared.
    end = fact.ends_on or latest_suspension_end(fact.starts_on, law_on(recorded.decided_on).suspension_limits)
    new = Suspension(
        suspension_id=fact.suspension_id,
        structure_id=fact.structure_id,
        reason=fact.reason,
        starts_on=fact.starts_on,
        ends_on=end,
        declared_on=recorded.decided_on,
        open_ended=fact.ends_on is None,
        author_kind=fact.author_kind,
    )
    return with_suspension(agrement, new)


def with_suspension(agrement: Agrement, new: Suspension) -> Agrement:
    """In the order of their first days; of several on one day, in the order declared."""
    before = agrement.suspensions
    if any(suspension.suspension_id == new.suspension_id for suspension in before):
        every = tuple(new if suspension.suspension_id == new.suspension_id else suspension for suspension in before)
    else:
        every = (*before, new)
    return replace(
        agrement,
        suspensions=tuple(sorted(every, key=lambda suspension: (suspension.starts_on, suspension.declared_on))),
    )


def changed(suspension: Suspension, fact: SuspensionChanged) -> Suspension:
    """The suspension with other days; one without an end of its own keeps lasting as long as it may."""
    start = fact.starts_on or suspension.starts_on
    if fact.back_on is not None:
        end, open_ended = plus(fact.back_on, -1), False
    elif fact.ends_on is not None:
        end, open_ended = fact.ends_on, False
    else:
        end, open_ended = suspension.ends_on, suspension.open_ended
    # Its length is counted from its start, so that it moves with it, by the limits of the day of the change.
    if open_ended and fact.starts_on is not None:
        end = latest_suspension_end(start, law_on(fact.changed_on).suspension_limits)
    return replace(suspension, starts_on=start, ends_on=end, open_ended=open_ended)


def _suspension_changed(agrement: Agrement, recorded: Recorded) -> Agrement:
    fact = recorded.data
    assert isinstance(fact, SuspensionChanged)
    suspension = agrement.suspension(fact.suspension_id)
    if suspension is None or _was_over(suspension, fact.changed_on):
        return agrement
    return with_suspension(agrement, changed(suspension, fact))


def _suspension_removed(agrement: Agrement, recorded: Recorded) -> Agrement:
    fact = recorded.data
    assert isinstance(fact, SuspensionRemoved)
    suspension = agrement.suspension(fact.suspension_id)
    if suspension is None or _was_over(suspension, fact.removed_on):
        return agrement
    return with_suspension(agrement, replace(suspension, gone=True))


def _was_over(suspension: Suspension, day: date) -> bool:
    """Whether a hire had ended it by that day: it is edited while it runs only, and the hire may have become known after
    the change was recorded."""
    return suspension.lifted and day > suspension.ends_on


def lifted(suspension: Suspension, ends_on: date | None) -> Suspension:
    """A suspension ended by a hire; never lengthened. Without an end it is gone."""
    if ends_on is None or ends_on < suspension.starts_on:
        return replace(suspension, gone=True, lifted=True)
    # Never lengthened: the hire may come after a last day that an employer had shortened meanwhile.
    return replace(suspension, ends_on=min(suspension.ends_on, ends_on), open_ended=False, lifted=True)


def _suspension_lifted(agrement: Agrement, recorded: Recorded) -> Agrement:
    fact = recorded.data
    assert isinstance(fact, SuspensionLifted)
    suspension = agrement.suspension(fact.suspension_id)
    return agrement if suspension is None else with_suspension(agrement, lifted(suspension, fact.ends_on))


def _prolonged(agrement: Agrement, recorded: Recorded) -> Agrement:
    fact = recorded.data
    assert isinstance(fact, Prolonged)
    new = Prolongation(
        prolongation_id=fact.prolongation_id,
        structure_id=fact.structure_id,
        reason=fact.reason,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        request_id=fact.request_id,
        training_id=fact.training_id,
        contract_id=fact.contract_id,
        age=fact.age,
    )
    others = (
        prolongation for prolongation in agrement.prolongations if prolongation.prolongation_id != new.prolongation_id
    )
    return replace(agrement, prolongations=(*others, new))


def _requested(agrement: Agrement, recorded: Recorded) -> Agrement:
    fact = recorded.data
    assert isinstance(fact, ProlongationRequested)
    new = Request(
        request_id=fact.request_id,
        structure_id=fact.structure_id,
        reason=fact.reason,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        requested_on=fact.requested_on,
        age=fact.age,
        addressed_to=fact.addressed_to,
    )
    others = (request for request in agrement.requests if request.request_id != new.request_id)
    return replace(agrement, requests=(*others, new))


def _answered(agrement: Agrement, recorded: Recorded) -> Agrement:
    """The first answer stands; a grant after a grant changes nothing."""
    fact = recorded.data
    assert isinstance(fact, ProlongationGranted | ProlongationDenied)
    return replace(
        agrement,
        requests=tuple(
            _with_answer(request, fact)
            if request.request_id == fact.request_id and request.state == "pending"
            else request
            for request in agrement.requests
        ),
    )


def _with_answer(request: Request, fact: ProlongationGranted | ProlongationDenied) -> Request:
    answered = replace(request, decided_on=fact.decided_on, prescriber_kind=fact.prescriber_kind)
    if isinstance(fact, ProlongationGranted):
        return replace(answered, state="granted")
    return replace(answered, state="denied", deny_reason=fact.deny_reason, next_step=fact.next_step)


def start_moved(agrement: Agrement, fact: StartMoved) -> Agrement:
    """By a hire, the end is the default one of the new start, its length that of the day it was granted; otherwise the end
    moves by the same number of days."""
    if fact.contract_id is not None:
        end = default_end(fact.starts_on, law_on(agrement.granted_on).length)
    else:
        end = plus(agrement.base_ends_on, (fact.starts_on - agrement.starts_on).days)
    return replace(agrement, starts_on=fact.starts_on, base_ends_on=end)


def _start_moved(agrement: Agrement, recorded: Recorded) -> Agrement:
    fact = recorded.data
    assert isinstance(fact, StartMoved)
    return start_moved(agrement, fact)


def _closed(agrement: Agrement, recorded: Recorded) -> Agrement:
    """The first closing stands: what runs is cut to its day, what would start then or later falls."""
    fact = recorded.data
    assert isinstance(fact, AgrementClosed)
    day = fact.closed_on
    if agrement.closed_on is not None:
        return agrement
    # What falls is kept and marked gone: people are shown what had been planned, and nothing counts it.
    return replace(
        agrement,
        closed_on=day,
        suspensions=tuple(
            replace(
                suspension, gone=suspension.gone or suspension.starts_on >= day, ends_on=min(suspension.ends_on, day)
            )
            for suspension in agrement.suspensions
        ),
        prolongations=tuple(
            replace(
                prolongation,
                gone=prolongation.gone or prolongation.starts_on >= day,
                ends_on=min(prolongation.ends_on, day),
            )
            for prolongation in agrement.prolongations
        ),
    )


def _cancelled(agrement: Agrement, recorded: Recorded) -> Agrement:
    fact = recorded.data
    assert isinstance(fact, AgrementCancelled)
    return replace(agrement, cancelled_on=agrement.cancelled_on or fact.cancelled_on)


TURNS: tuple[dict[type[Fact], Reader], ...] = (
    {StartMoved: _start_moved, Suspended: _suspended, Prolonged: _prolonged, ProlongationRequested: _requested},
    {
        SuspensionChanged: _suspension_changed,
        SuspensionRemoved: _suspension_removed,
        ProlongationGranted: _answered,
        ProlongationDenied: _answered,
        SuspensionLifted: _suspension_lifted,
    },
    {AgrementClosed: _closed, AgrementCancelled: _cancelled},
)
"""One turn after another over all facts: what begins something, then what changes or answers it, then what ends it all.
In the order of truth alone, a change said of an earlier day than what it changes would find nothing to change."""

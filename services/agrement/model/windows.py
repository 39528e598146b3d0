"""What may still be declared on a day: the next suspension, the window of prolongation and what is left of each reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.agrement.law.tables import Law, ProlongationReason, law_on
from services.agrement.model.lengths import latest_suspension_end
from services.agrement.model.person_file import Agrement, PersonFile, Suspension
from services.agrement.model.states import Span, is_in_progress, latest, state
from shared.facts.days import plus
from shared.facts.months import months_after


@dataclass(frozen=True, slots=True)
class NextSuspension:
    """`latest_end`: of a suspension that starts on `latest_start`."""

    earliest_start: date
    latest_start: date
    latest_end: date


@dataclass(frozen=True, slots=True)
class Allowed:
    """A reason with days left, before the structure's kind and the person's age are asked."""

    reason: str
    latest_end: date
    needs_opinion: bool


def after_last_suspension(agrement: Agrement, day: date, but: UUID | None = None) -> date | None:
    """The day after the last suspension that had ended by that day."""
    ended = [
        suspension
        for suspension in agrement.standing_suspensions()
        if suspension.ends_on < day and suspension.suspension_id != but
    ]
    return plus(max(suspension.ends_on for suspension in ended), 1) if ended else None


def earliest_suspension(
    file: PersonFile, agrement: Agrement, day: date, declared_on: date, law: Law, but: UUID | None = None
) -> date:
    """The earliest first day of a suspension declared on `declared_on`, as things stand on `day`."""
    last_hire = file.last_hire(day)
    since_hire = last_hire.starts_on if last_hire is not None else agrement.starts_on
    # Either of them, not the later one: after a suspension that ended the hire before it says nothing any more.
    after = after_last_suspension(agrement, day, but) or since_hire
    return max(agrement.starts_on, after, plus(declared_on, -law.suspension_limits.days_back))


def next_suspension(file: PersonFile, agrement: Agrement, day: date, law: Law) -> NextSuspension | None:
    """The days open to a suspension declared on that day; None where there are none."""
    if state(agrement, day) != "valid" or agrement.closed_on is not None or file.last_hire(day) is None:
        return None
    earliest = earliest_suspension(file, agrement, day, day, law)
    latest_start = min(day, agrement.ends_on)
    following = following_suspension(agrement, latest_start)
    end = latest_suspension_end(latest_start, law.suspension_limits)
    if following is not None:
        # Two may share no day: what is offered must be accepted when it is declared.
        end = min(end, plus(following.starts_on, -1))
    return NextSuspension(earliest, latest_start, end) if earliest <= latest_start else None


def following_suspension(agrement: Agrement, day: date, but: UUID | None = None) -> Suspension | None:
    later = (
        suspension
        for suspension in agrement.standing_suspensions()
        if suspension.starts_on > day and suspension.suspension_id != but
    )
    return min(later, key=lambda suspension: suspension.starts_on, default=None)


def window(agrement: Agrement, law: Law) -> Span:
    """When a prolongation of it may be asked, both days included."""
    row = law.prolongation_window
    if row.months_after_start is not None:
        opens_on = months_after(agrement.starts_on, row.months_after_start)
    else:
        opens_on = months_after(agrement.ends_on, -(row.months_before or 0))
    return Span(opens_on, months_after(agrement.ends_on, row.months_after))


def request_bound(starts_on: date, reason: ProlongationReason) -> date:
    """The latest end that one request may ask for."""
    return plus(starts_on, reason.per_request)


def total_bound(starts_on: date, reason: ProlongationReason, used: int) -> date:
    """The latest end that the days left of the total allow; the request's own bound where there is no total."""
    if reason.in_all is None:
        return request_bound(starts_on, reason)
    return plus(starts_on, max(reason.in_all - used, 0))


def days_used(agrement: Agrement, reason: str, law: Law) -> int:
    """Days already prolonged that count against the total of a reason."""
    # Since 2024-07-05 days prolonged for any reason count against each total: law/prolongation_totals.yaml.
    every = law.prolongation_totals.counts == "every_reason"
    return sum(
        prolongation.pushes_days for prolongation in agrement.prolongations if every or prolongation.reason == reason
    )


def latest_end(agrement: Agrement, starts_on: date, reason: ProlongationReason, law: Law) -> date:
    used = days_used(agrement, reason.code, law)
    return min(request_bound(starts_on, reason), total_bound(starts_on, reason, used))


def can_be_prolonged(file: PersonFile, agrement: Agrement, day: date, law: Law) -> bool:
    found = latest(file, day)
    return (
        found is not None
        and found.agrement_id == agrement.agrement_id
        and window(agrement, law).holds(day)
        and agrement.closed_on is None
        and agrement.suspension_on(day) is None
        and agrement.pending_request() is None
    )


def allowed_prolongations(file: PersonFile, agrement: Agrement, day: date, law: Law) -> list[Allowed]:
    if not can_be_prolonged(file, agrement, day, law):
        return []
    ends = ((row, latest_end(agrement, agrement.ends_on, row, law)) for row in law.prolongation_reasons.values())
    return [Allowed(row.code, end, row.opinion) for row, end in ends if end > agrement.ends_on]


def too_long_from(suspension: Suspension, law: Law | None = None) -> date:
    """The first day on which it has lasted so long that the pathway may be closed, if it runs until then. By the law
    of a day, or else of the day it was declared."""
    return plus(suspension.starts_on, (law or law_on(suspension.declared_on)).closing.suspended_more_than_days)


def open_to_closing(file: PersonFile, agrement: Agrement, day: date, law: Law) -> Suspension | None:
    """The suspension that allows an employer to close on that day: long enough by then, and no SIAE hire since."""
    if not is_in_progress(agrement, day):
        return None
    for suspension in agrement.standing_suspensions():
        # By the day asked about: planned for three years it is not long before it has lasted.
        is_long = min(suspension.ends_on, day) >= too_long_from(suspension, law)
        hired_since = any(suspension.ends_on < hire.starts_on <= day for hire in file.hires)
        if is_long and not hired_since:
            return suspension
    return None

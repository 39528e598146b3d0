"""An agrément on a day: its state, what is left of it, and the years after it without a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from services.agrement.facts.codes import CODES
from services.agrement.law.tables import Law, law_on
from services.agrement.model.person_file import Agrement, PersonFile
from shared.facts.days import plus
from shared.facts.months import months_after

State = Annotated[Literal["valid", "suspended", "future", "expired"], CODES.named("agrement_state")]


@dataclass(frozen=True, slots=True)
class Span:
    """Both days included."""

    starts_on: date
    ends_on: date

    def holds(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


def state(agrement: Agrement, day: date) -> State:
    if day > agrement.ends_on:
        return "expired"
    if agrement.suspension_on(day) is not None:
        return "suspended"
    return "valid" if agrement.starts_on <= day else "future"


def is_in_progress(agrement: Agrement, day: date) -> bool:
    return agrement.starts_on <= day <= agrement.ends_on


def remaining_days(agrement: Agrement, day: date) -> int:
    """Days still usable: what is left of the agrément, less what is left of its suspensions; never fewer than none."""
    suspended = sum(
        _left(suspension.starts_on, suspension.ends_on, day) for suspension in agrement.standing_suspensions()
    )
    return max(_left(agrement.starts_on, agrement.ends_on, day) - suspended, 0)


def ends_on_if_resumed(agrement: Agrement, day: date) -> date:
    """Its last day if work resumed on that day."""
    # Both ends are shown where a suspension runs: people read the later one as final, and lose days.
    resumed = plus(max(agrement.starts_on, day), remaining_days(agrement, day) - 1)
    return min(resumed, agrement.ends_on)


def _left(starts_on: date, ends_on: date, day: date) -> int:
    # One corrected to begin after it was closed has none, rather than days that are owed.
    return max((ends_on - max(starts_on, day)).days + 1, 0)


def known_on(agrements: Iterable[Agrement], day: date) -> list[Agrement]:
    """Without those that nobody had granted yet on that day and that begin later."""
    return [agrement for agrement in agrements if agrement.granted_on <= day or agrement.starts_on <= day]


def latest(file: PersonFile, day: date) -> Agrement | None:
    """The agrément a hire, a suspension or a prolongation is about: the valid one (in progress or future), else the one
    that ended last, whether or not its carence is over."""
    agrements = known_on(file.agrements, day)
    valid = [agrement for agrement in agrements if agrement.ends_on >= day]
    if valid:
        return max(valid, key=lambda agrement: (agrement.starts_on, agrement.granted_on))
    return max(agrements, key=lambda agrement: (agrement.ends_on, agrement.starts_on), default=None)


def latest_usable(file: PersonFile, day: date, law: Law) -> Agrement | None:
    """The latest one; none once its carence is over."""
    found = latest(file, day)
    return None if found is None or carence_span(found, law).ends_on < day else found


def carence_span(agrement: Agrement, law: Law | None = None) -> Span:
    """From the day after the end to the same day some years later; the law may count them from a suspension. By the
    law of a day, or else of the end."""
    row = (law or law_on(agrement.ends_on)).carence[_how_it_ended(agrement)]
    end = agrement.ends_on
    since = end
    if row.counts_from == "suspension_start":
        # The day before the suspension: the last one that counted, as the end is where years are counted from the end.
        since = plus(min(suspension.starts_on for suspension in agrement.suspensions if suspension.runs_on(end)), -1)
    return Span(plus(end, 1), months_after(since, 12 * row.years))


def _how_it_ended(agrement: Agrement) -> str:
    if agrement.closed_on is None:
        return "at_term"
    return "closed" if agrement.suspension_on(agrement.closed_on) is None else "closed_while_suspended"


def carence_on(file: PersonFile, day: date, law: Law) -> Span | None:
    """The carence that runs on that day, if one does."""
    found = latest(file, day)
    if found is None or found.ends_on >= day:
        return None
    span = carence_span(found, law)
    return span if span.holds(day) else None

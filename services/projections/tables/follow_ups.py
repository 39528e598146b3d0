"""Read table `follow_ups`: what became of a person some months after an exit, asked or still to be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import Exited, FollowedUp
from services.projections.law.tables import Milestone, milestones_on
from services.projections.tables.columns import PUBLIC, PersonId, StructureId
from services.projections.tables.history import History
from services.projections.tables.stays import career
from shared.facts.by_day import ByDay
from shared.facts.days import plus_months

Asked = tuple[UUID, int]
"""An exit and a milestone of it, in months."""


class FollowUp(NamedTuple):
    """One milestone of one exit. Without `observed_on` nobody was asked; `unreachable` and `refused` are answers."""

    person_id: PersonId
    exit_id: Annotated[UUID, "The exit", PUBLIC]
    milestone_months: Annotated[int, "Months after the exit"]
    structure_id: StructureId
    exited_on: Annotated[date | None, "Last day in the structure; NULL: the exit is not known yet"]
    due_on: Annotated[date | None, "Day it is due, date to date; NULL: the exit is not known yet"]
    overdue_on: Annotated[date | None, "First day on which it is overdue; NULL: no rule asks for it"]
    step_when_due: Annotated[int | None, "Step the person is in on that day, so nothing is asked; NULL: in none"]
    observed_on: Annotated[date | None, "Day of the answer, or of the vain attempt; NULL: not asked"]
    situation: Annotated[
        str | None,
        "employed, self_employed, training, iae, job_seeking, inactive; unreachable; refused; NULL: not asked",
    ]
    contract_type: Annotated[str | None, "Contract of the job; NULL: not said"]
    contract_months: Annotated[float | None, "Length of the contract in months; NULL: not said"]
    employer_kind: Annotated[str | None, "Kind of the employer; NULL: not said"]
    better_than_entry: Annotated[bool | None, "Whether the situation is better than at the entry; NULL: not said"]
    qualification: Annotated[bool | None, "Whether a qualification was obtained; NULL: not said"]


def follow_ups(history: History) -> list[FollowUp]:
    """A row for each milestone the rules ask for, and for any other that was observed."""
    left = {fact.exit_id: fact for fact in history.of(Exited)}
    observed: dict[Asked, FollowedUp] = {(fact.exit_id, fact.milestone_months): fact for fact in history.of(FollowedUp)}
    first_left: dict[str, date] = {}
    for exit in left.values():
        first_left[exit.reason] = min(exit.exited_on, first_left.get(exit.reason, exit.exited_on))
    asked = {
        (exit_id, milestone.months): milestone
        for exit_id, exit in left.items()
        for milestone in _milestones(exit, first_left)
    }
    return [
        _row(history, key, left.get(key[0]), asked.get(key), observed.get(key))
        for key in dict.fromkeys((*asked, *observed))
    ]


def _milestones(left: Exited, first_left: Mapping[str, date]) -> Iterator[Milestone]:
    """None that would be due after an exit for a reason (death) after which nothing is asked.

    `first_left`: for each reason, the day of the first exit for it.
    """
    for milestone in milestones_on(left.exited_on):
        due_on = plus_months(left.exited_on, milestone.months)
        if all(first_left.get(reason, date.max) > due_on for reason in milestone.not_after):
            yield milestone


def _row(
    history: History, key: Asked, left: Exited | None, asked: Milestone | None, observed: FollowedUp | None
) -> FollowUp:
    due_on = plus_months(left.exited_on, key[1]) if left is not None else None
    return FollowUp(
        history.subject_id,
        *key,
        left.structure_id if left else None,
        left.exited_on if left else None,
        due_on,
        due_on + timedelta(days=asked.overdue_days) if due_on is not None and asked is not None else None,
        None if due_on is None else _step_on(history, due_on),
        observed.observed_on if observed else None,
        observed.situation if observed else None,
        observed.contract_type if observed else None,
        observed.contract_months if observed else None,
        observed.employer_kind if observed else None,
        observed.better_than_entry if observed else None,
        observed.qualification if observed else None,
    )


def _step_on(history: History, day: date) -> int | None:
    return history.once(_steps_by_day).touching(day, day)


def _steps_by_day(history: History) -> ByDay[int]:
    """Numbers of the steps whose first day is known."""
    return ByDay(
        (stay.starts_on, stay.ends_on or date.max, number)
        for number, stay in enumerate(history.once(career).stays, start=1)
        if stay.starts_on is not None
    )

"""Read table `follow_ups`: what became of a person some months after an exit, asked or still to be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import Exited, FollowedUp
from services.pathways.law.tables import Milestone, law_on
from services.projections.tables.columns import PUBLIC, PersonId, StructureId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import step_numbers
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.by_day import ByDay
from shared.facts.days import plus
from shared.facts.months import span_end

FollowUpKey = tuple[UUID, int]
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
    first_observed_on: Annotated[date | None, "First day of an answer, or of a vain attempt; NULL: not asked"]
    observed_on: Annotated[
        date | None, "Day of the answer, or of the vain attempt, that counts: the last; NULL: not asked"
    ]
    situation: Annotated[
        str | None,
        "employed, self_employed, training, iae, job_seeking, inactive; unreachable; refused; NULL: not asked",
    ]
    contract_type: Annotated[str | None, "Contract of the job; NULL: not said"]
    contract_months: Annotated[float | None, "Length of the contract in months; NULL: not said"]
    employer_kind: Annotated[str | None, "Kind of the employer; NULL: not said"]
    better_than_entry: Annotated[bool | None, "Whether the situation is better than at the entry; NULL: not said"]
    qualification: Annotated[bool | None, "Whether a qualification was obtained; NULL: not said"]


def follow_ups(subject: SubjectFacts) -> list[FollowUp]:
    """A row for each milestone the rules ask for, and for any other that was observed."""
    exits = {fact.exit_id: fact for fact in subject.of(Exited)}
    observed: dict[FollowUpKey, list[FollowedUp]] = defaultdict(list)
    for fact in subject.of(FollowedUp):
        observed[fact.exit_id, fact.milestone_months].append(fact)
    first_exit_for: dict[str, date] = {}
    for exit in exits.values():
        # Of every reason, though few end the asking: which ones is the law's to say, on the day of each exit.
        first_exit_for[exit.reason] = min(exit.exited_on, first_exit_for.get(exit.reason, exit.exited_on))
    asked = {
        (exit_id, milestone.months): milestone
        for exit_id, exit in exits.items()
        for milestone in _milestones(exit, first_exit_for)
    }
    return [
        _row(subject, key, exit=exits.get(key[0]), milestone=asked.get(key), observations=observed.get(key, ()))
        # What was observed is shown also where nobody had to ask, and where its exit is not known yet.
        for key in dict.fromkeys((*asked, *observed))
    ]


def _milestones(exit: Exited, first_exit_for: Mapping[str, date]) -> Iterator[Milestone]:
    """None that would be due after an exit for a reason (death) after which nothing is asked.

    `first_exit_for`: for each reason, the day of the first exit.
    """
    for milestone in law_on(exit.exited_on).milestones:
        due_on = _due_on(exit, milestone.months)
        if all(first_exit_for.get(reason, date.max) > due_on for reason in milestone.not_after):
            yield milestone


def _due_on(exit: Exited, months: int) -> date:
    """The day after so many months, of which the last day in the structure is the first."""
    return plus(span_end(exit.exited_on, months), 1)


def _row(
    subject: SubjectFacts,
    key: FollowUpKey,
    *,
    exit: Exited | None,
    milestone: Milestone | None,
    observations: Sequence[FollowedUp],
) -> FollowUp:
    """`observations`: in the order of truth."""
    exit_id, months = key
    # The last one counts: asked again, the person may have found a job, or have gone out of reach.
    observed = observations[-1] if observations else None
    due_on = _due_on(exit, months) if exit is not None else None
    overdue_after = timedelta(days=milestone.overdue_days) if milestone is not None else None
    return FollowUp(
        person_id=subject.id,
        exit_id=exit_id,
        milestone_months=months,
        structure_id=exit.structure_id if exit else None,
        exited_on=exit.exited_on if exit else None,
        due_on=due_on,
        overdue_on=due_on + overdue_after if due_on is not None and overdue_after is not None else None,
        step_when_due=None if due_on is None else _step_on(subject, due_on),
        first_observed_on=observations[0].observed_on if observations else None,
        observed_on=observed.observed_on if observed else None,
        situation=observed.situation if observed else None,
        contract_type=observed.contract_type if observed else None,
        contract_months=observed.contract_months if observed else None,
        employer_kind=observed.employer_kind if observed else None,
        better_than_entry=observed.better_than_entry if observed else None,
        qualification=observed.qualification if observed else None,
    )


def _step_on(subject: SubjectFacts, day: date) -> int | None:
    return subject.once(_steps_by_day).touching(day, day)


def _steps_by_day(subject: SubjectFacts) -> ByDay[int]:
    """Numbers of the steps whose first day is known."""
    return ByDay(
        (stay.starts_on, stay.ends_on or date.max, number)
        for stay, number in subject.once(step_numbers).items()
        if stay.starts_on is not None
    )


TABLE = ReadTable(
    name="follow_ups",
    subject_kind="person",
    row=FollowUp,
    rows=follow_ups,
    key=3,
    indexes=(("structure_id", "due_on"), ("due_on",)),
)

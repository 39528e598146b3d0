"""Read table `exits`: who left a structure, why, and to what. An exit is not the end of the pathway."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import Exited, NextStep
from services.pathways.facts.leaving import PLAIN_REASONS
from services.projections.law.tables import law_on
from services.projections.tables.columns import PUBLIC, SENSITIVE, ContractId, OccupationCode, PersonId, StepNumber
from services.projections.tables.exited_recruitments import is_definitive, recruitment_of, stay_of
from services.projections.tables.pathway_spans import pathway_numbers
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import step_numbers
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.months import span_end


class Exit(NamedTuple):
    """One exit of a person from one structure."""

    person_id: PersonId
    exit_id: Annotated[UUID, "The exit", PUBLIC]
    structure_id: Annotated[UUID, "The structure left", PUBLIC]
    contract_id: ContractId
    exited_on: Annotated[date, "Last day in the structure"]
    reason: Annotated[str | None, "Code of the ASP; NULL in lists: one of those withdrawn", PLAIN_REASONS]
    local_reason: Annotated[str | None, "The structure's own code; NULL: not said", SENSITIVE]
    category: Annotated[str | None, "durable, transition, positive, other, withdrawn, by the table of that day"]
    leads_to: Annotated[str | None, "employment, training or iae, by the table of that day; NULL: none of them"]
    open_ended: Annotated[bool | None, "Whether that has no term, by the table of that day; NULL: no such reason in it"]
    category_confidence: Annotated[str | None, "open: the category is not confirmed by a source that could be read"]
    step: StepNumber
    pathway: Annotated[int | None, "Number of the pathway of that step; NULL: no step known"]
    recruitment_id: Annotated[
        UUID | None, "First contract of the recruitment (by renewal); NULL: no hire known", PUBLIC
    ]
    recruited_on: Annotated[date | None, "First day of the recruitment (contracts by renewal); NULL: no hire known"]
    definitive: Annotated[bool, "Whether it ends its recruitment: no contract of it begins later, no exit comes later"]
    next_contract_type: Annotated[str | None, "Contract it leads to; NULL: not said"]
    next_starts_on: Annotated[date | None, "First day of what follows; NULL: not said"]
    next_ends_on: Annotated[date | None, "Last day of what follows; NULL: not said, or open"]
    next_months: Annotated[float | None, "Length in months as declared; NULL: not said"]
    next_employer_kind: Annotated[str | None, "Kind of the next employer; NULL: not said"]
    next_subsidised: Annotated[bool | None, "Whether the next job is subsidised; NULL: not said"]
    next_structure_id: Annotated[UUID | None, "Structure that follows; NULL: not said", PUBLIC]
    next_client_id: Annotated[UUID | None, "Client that becomes the employer; NULL: not said", PUBLIC]
    next_training_kind: Annotated[str | None, "Kind of the training that follows; NULL: not said"]
    next_occupation_code: OccupationCode
    next_weekly_hours: Annotated[float | None, "Hours a week of the next job; NULL: not said"]
    months: Annotated[float | None, "Length of what follows in months: as declared, else by its days; NULL: not known"]


def exits(subject: SubjectFacts) -> list[Exit]:
    """Of one exit recorded twice, the last in the order of truth."""
    return [_row(subject, exit) for exit in {exit.exit_id: exit for exit in subject.of(Exited)}.values()]


def _row(subject: SubjectFacts, exit: Exited) -> Exit:
    # By the law of the exit's own day: a measure that changes later does not count old exits anew.
    counts_as = law_on(exit.exited_on).exit_reasons.get(exit.reason)
    following = exit.next or NextStep()
    stay, recruitment = stay_of(subject, exit), recruitment_of(subject, exit)
    step = subject.once(step_numbers)[stay] if stay else None
    return Exit(
        person_id=subject.id,
        exit_id=exit.exit_id,
        structure_id=exit.structure_id,
        contract_id=exit.contract_id,
        exited_on=exit.exited_on,
        reason=exit.reason,
        local_reason=exit.local_reason,
        category=counts_as.category if counts_as else None,
        leads_to=counts_as.leads_to if counts_as else None,
        open_ended=counts_as.open_ended if counts_as else None,
        category_confidence=counts_as.confidence if counts_as else None,
        step=step,
        pathway=subject.once(pathway_numbers)[step - 1] if step else None,
        recruitment_id=recruitment.contract_id if recruitment else None,
        recruited_on=recruitment.starts_on if recruitment else None,
        definitive=is_definitive(subject, exit),
        next_contract_type=following.contract_type,
        next_starts_on=following.starts_on,
        next_ends_on=following.ends_on,
        next_months=following.months,
        next_employer_kind=following.employer_kind,
        next_subsidised=following.subsidised,
        next_structure_id=following.structure_id,
        next_client_id=following.client_id,
        next_training_kind=following.training_kind,
        next_occupation_code=following.occupation_code,
        next_weekly_hours=following.weekly_hours,
        months=_months(following),
    )


def _months(following: NextStep) -> float | None:
    if following.months is not None:
        return following.months
    if following.starts_on is None or following.ends_on is None:
        return None
    return months_between(following.starts_on, following.ends_on)


def months_between(first: date, last: date) -> float:
    """Months from `first` to `last`, both included: exactly 6.0 from 1 January to 30 June, more with one day more.

    Days after the last whole month are thirtieths, at most 0.97, so that a part never makes a whole. Zero if it ends
    before it begins.
    """
    if last < first:
        return 0.0
    # The day after: a whole month is over on the day before the same day, so 30 June closes what began on 1 January.
    after = last + timedelta(days=1)
    whole = (after.year - first.year) * 12 + after.month - first.month
    # The day of the month alone may be too far: from the 31st, a shorter month ends before it.
    if span_end(first, whole) > last:
        whole -= 1
    return round(whole + min((last - span_end(first, whole)).days / 30, 0.97), 2)


TABLE = ReadTable(
    name="exits",
    subject_kind="person",
    row=Exit,
    rows=exits,
    key=2,
    indexes=(("structure_id", "exited_on"),),
)

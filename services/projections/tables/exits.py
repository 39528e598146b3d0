"""Read table `exits`: who left a structure, why, and to what. An exit is not the end of the pathway."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import Exited, NextStep
from services.pathways.model.employments import Employment, Stay
from services.pathways.model.months import after_months
from services.projections.law.tables import exit_reason_on
from services.projections.tables.columns import PUBLIC, ContractId, OccupationCode, PersonId, StepNumber
from services.projections.tables.history import History
from services.projections.tables.pathways import pathway_numbers
from services.projections.tables.stays import career, first_of_recruitment, stays_by_structure
from shared.facts.by_day import ByDay


class Exit(NamedTuple):
    """One exit of a person from one structure."""

    person_id: PersonId
    exit_id: Annotated[UUID, "The exit", PUBLIC]
    structure_id: Annotated[UUID, "The structure left", PUBLIC]
    contract_id: ContractId
    exited_on: Annotated[date, "Last day in the structure"]
    reason: Annotated[str, "Code of the ASP"]
    local_reason: Annotated[str | None, "The structure's own code; NULL: not said"]
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


def exits(history: History) -> list[Exit]:
    told = {left.exit_id: left for left in history.of(Exited)}
    if not told:
        return []
    known, stays = history.once(career), history.once(stays_by_structure)
    numbers = {stay: place for place, stay in enumerate(known.stays)}
    return [
        _row(history, left, _stay_of(left, stays.get(left.structure_id), known.employments), numbers)
        for left in told.values()
    ]


def _stay_of(left: Exited, stays: ByDay[Stay] | None, employments: dict[UUID, Employment]) -> Stay | None:
    """The stay of its contract, else the last stay of that structure begun by that day."""
    contract = _contract_of(left, employments)
    if contract is not None:
        return contract.stay
    return stays.begun_by(left.exited_on) if stays is not None else None


def _contract_of(left: Exited, employments: dict[UUID, Employment]) -> Employment | None:
    """The contract it names, once its hire in that structure is known."""
    contract = employments.get(left.contract_id) if left.contract_id is not None else None
    if contract is None or contract.hired is None or contract.hired.structure_id != left.structure_id:
        return None
    return contract


def _row(history: History, left: Exited, stay: Stay | None, numbers: dict[Stay, int]) -> Exit:
    counts_as = exit_reason_on(history.rules.exit_reasons, left.reason, left.exited_on)
    following = left.next or _NOTHING
    recruitment = _recruitment_of(history, left, stay)
    return Exit(
        history.subject_id,
        left.exit_id,
        left.structure_id,
        left.contract_id,
        left.exited_on,
        left.reason,
        left.local_reason,
        counts_as.category if counts_as else None,
        counts_as.leads_to if counts_as else None,
        counts_as.open_ended if counts_as else None,
        counts_as.confidence if counts_as else None,
        numbers[stay] + 1 if stay else None,
        history.once(pathway_numbers)[numbers[stay]] if stay else None,
        recruitment.contract_id if recruitment else None,
        recruitment.starts_on if recruitment else None,
        recruitment is None or history.once(_ends_of_recruitments)[recruitment.contract_id] == _end(left),
        following.contract_type,
        following.starts_on,
        following.ends_on,
        following.months,
        following.employer_kind,
        following.subsidised,
        following.structure_id,
        following.client_id,
        following.training_kind,
        following.occupation_code,
        following.weekly_hours,
        _months(following),
    )


_NOTHING = NextStep()


def _recruitment_of(history: History, left: Exited, stay: Stay | None) -> Employment | None:
    """First contract of the chain of renewals that leads to the contract left (else to the last contract of the stay)."""
    contract = _contract_of(left, history.once(career).employments)
    if contract is None and stay is not None and stay.employments:
        contract = next(reversed(stay.employments.values()))
    return history.once(first_of_recruitment)[contract.contract_id] if contract is not None else None


End = tuple[date, int, UUID]
"""A contract's first day, or an exit, which comes after it on the same day."""


def _ends_of_recruitments(history: History) -> dict[UUID, End]:
    """The last thing known of each: one whose contracts go on after an exit has not ended by it."""
    firsts, stays = history.once(first_of_recruitment), history.once(stays_by_structure)
    known = history.once(career).employments
    ends: dict[UUID, End] = {}
    for contract_id, first in firsts.items():
        starts_on = known[contract_id].starts_on
        if starts_on is not None:
            begun = (starts_on, 0, contract_id)
            ends[first.contract_id] = max(ends.get(first.contract_id, begun), begun)
    for left in {left.exit_id: left for left in history.of(Exited)}.values():
        recruitment = _recruitment_of(history, left, _stay_of(left, stays.get(left.structure_id), known))
        if recruitment is not None:
            ends[recruitment.contract_id] = max(ends.get(recruitment.contract_id, _end(left)), _end(left))
    return ends


def _end(left: Exited) -> End:
    return left.exited_on, 1, left.exit_id


def _months(following: NextStep) -> float | None:
    if following.months is not None:
        return following.months
    if following.starts_on is None or following.ends_on is None:
        return None
    return months_between(following.starts_on, following.ends_on)


def months_between(first: date, last: date) -> float:
    """Months from `first` to `last`, both included: exactly 6.0 from 1 January to 30 June, more with one day more.

    Months run from a day to the same day, or to the first of the next month where there is none; days left over are
    thirtieths, at most 0.97, so that a part never makes a whole. Zero if it ends before it begins.
    """
    after = last + timedelta(days=1)
    if after <= first:
        return 0.0
    whole = (after.year - first.year) * 12 + after.month - first.month
    if after_months(first, whole) > after:
        whole -= 1
    return round(whole + min((after - after_months(first, whole)).days / 30, 0.97), 2)

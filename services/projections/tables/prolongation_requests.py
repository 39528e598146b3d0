"""Read table `prolongation_requests`: what a structure asks of a prescriber, and the answer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.agrement_file import person_file
from services.projections.tables.columns import PUBLIC, SENSITIVE, AgrementId, PersonId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts


class ProlongationRequest(NamedTuple):
    """One request of a prolongation, addressed to a prescriber, with its answer."""

    person_id: PersonId
    agrement_id: AgrementId
    request_id: Annotated[UUID, "The request", PUBLIC]
    structure_id: Annotated[UUID, "Structure that asks", PUBLIC]
    requested_on: Annotated[date, "Day it was made"]
    starts_on: Annotated[date, "End of the agrément when it was asked"]
    ends_on: Annotated[date, "End that is asked for"]
    addressed_to: Annotated[UUID | None, "Prescriber it is addressed to; NULL: not said", PUBLIC]
    state: Annotated[str, "pending, granted, denied"]
    decided_on: Annotated[date | None, "Day of the answer; NULL: none yet"]
    prescriber_kind: Annotated[
        str | None, "Kind of the prescriber who answered; NULL: none yet, or not said", SENSITIVE
    ]
    deny_reason: Annotated[str | None, "IAE, SIAE, DURATION, REASON; NULL: not denied"]
    next_step: Annotated[str | None, "What is proposed instead; NULL: nothing", SENSITIVE]
    reason: Annotated[str | None, "Code; NULL: erased", SENSITIVE]


def prolongation_requests(subject: SubjectFacts) -> list[ProlongationRequest]:
    return [
        ProlongationRequest(
            person_id=subject.id,
            agrement_id=agrement.agrement_id,
            request_id=request.request_id,
            structure_id=request.structure_id,
            requested_on=request.requested_on,
            starts_on=request.starts_on,
            ends_on=request.ends_on,
            addressed_to=request.addressed_to,
            state=request.state,
            decided_on=request.decided_on,
            prescriber_kind=request.prescriber_kind,
            deny_reason=request.deny_reason,
            next_step=request.next_step,
            reason=request.reason,
        )
        for agrement in subject.once(person_file).agrements
        for request in agrement.requests
    ]


TABLE = ReadTable(
    name="prolongation_requests",
    subject_kind="person",
    row=ProlongationRequest,
    rows=prolongation_requests,
    key=3,
)

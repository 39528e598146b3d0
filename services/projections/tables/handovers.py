"""Read table `handovers`: a structure proposes a person to another one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import HandoverAnswered, HandoverProposed
from services.projections.tables.columns import PUBLIC, PersonId, StructureId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import Employment, hires_by_structure
from services.projections.tables.subject_facts import SubjectFacts


class Handover(NamedTuple):
    """One proposal, its answer, and the hire it led to."""

    person_id: PersonId
    handover_id: Annotated[UUID, "The proposal", PUBLIC]
    from_structure_id: StructureId
    to_structure_id: StructureId
    proposed_on: Annotated[date | None, "Day of the proposal; NULL: not known yet"]
    answer: Annotated[str | None, "accepted, declined, withdrawn; NULL: none yet"]
    answered_on: Annotated[date | None, "Day of the answer; NULL: none yet"]
    hired_on: Annotated[date | None, "First day of the first hire there, at most `handover_days` later; NULL: none"]
    contract_id: Annotated[UUID | None, "Contract of that hire; NULL: none", PUBLIC]
    days_to_hire: Annotated[int | None, "Days from the proposal to that hire; NULL: none"]
    expires_on: Annotated[date | None, "Last day on which a hire completes it; NULL: the proposal is not known yet"]


def handovers(subject: SubjectFacts) -> list[Handover]:
    proposed = {fact.handover_id: fact for fact in subject.of(HandoverProposed)}
    answered = {fact.handover_id: fact for fact in subject.of(HandoverAnswered)}
    return [
        _row(subject, handover_id, proposed.get(handover_id), answered.get(handover_id))
        for handover_id in proposed | answered
    ]


def _row(
    subject: SubjectFacts, handover_id: UUID, proposal: HandoverProposed | None, answer: HandoverAnswered | None
) -> Handover:
    # By the hire that came, not by the answer: some are accepted and come to nothing, some hired without a word.
    hire = _hire(subject, proposal) if proposal is not None else None
    return Handover(
        person_id=subject.id,
        handover_id=handover_id,
        from_structure_id=proposal.from_structure_id if proposal else None,
        to_structure_id=proposal.to_structure_id if proposal else None,
        proposed_on=proposal.proposed_on if proposal else None,
        answer=answer.answer if answer else None,
        answered_on=answer.answered_on if answer else None,
        hired_on=hire.starts_on if hire else None,
        contract_id=hire.contract_id if hire else None,
        days_to_hire=(hire.starts_on - proposal.proposed_on).days if proposal and hire and hire.starts_on else None,
        expires_on=_last_day(subject, proposal) if proposal else None,
    )


def _last_day(subject: SubjectFacts, proposal: HandoverProposed) -> date:
    return proposal.proposed_on + timedelta(days=subject.settings.handover_days)


def _hire(subject: SubjectFacts, proposal: HandoverProposed) -> Employment | None:
    """The first hire at the other structure from the day of the proposal on."""
    last_day, hires_there = _last_day(subject, proposal), subject.once(hires_by_structure)
    hires = [
        (contract.starts_on, contract.contract_id, contract)
        # Permanent staff too: a person handed over to a structure may join its team.
        for in_pathway in (True, False)
        if (there := hires_there.get((proposal.to_structure_id, in_pathway))) is not None
        and (contract := there.begun_from(proposal.proposed_on, last_day)) is not None
    ]
    return min(hires, key=lambda hire: hire[:2])[2] if hires else None


TABLE = ReadTable(
    name="handovers",
    subject_kind="person",
    row=Handover,
    rows=handovers,
    key=2,
    indexes=(("from_structure_id",), ("to_structure_id",)),
)

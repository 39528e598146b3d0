"""Read table `contracts`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts.contracts import PLAIN_END_CAUSES
from services.pathways.model.employments import Employment
from services.projections.tables.columns import (
    PUBLIC,
    SENSITIVE,
    EndsOn,
    OccupationCode,
    PersonId,
    StepNumber,
    StructureId,
)
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import career, first_of_recruitment, step_numbers
from services.projections.tables.subject_facts import SubjectFacts


class Contract(NamedTuple):
    """One contract of a person with a structure, changes applied."""

    person_id: PersonId
    contract_id: Annotated[UUID, "The contract", PUBLIC]
    structure_id: StructureId
    contract_type: Annotated[str | None, "CDDI, CDI_INCLUSION, MISSION…; NULL: the hire is not known yet"]
    starts_on: Annotated[date | None, "First day; NULL: the hire is not known yet"]
    ends_on: EndsOn
    planned_ends_on: Annotated[date | None, "Last day as agreed, extensions included; NULL: none agreed"]
    ended_on: Annotated[date | None, "Last day as declared by an end or an exit; NULL: not declared"]
    end_cause: Annotated[
        str | None, "Cause of the declared end; NULL: not said, or a code that lists do not show", PLAIN_END_CAUSES
    ]
    weekly_hours: Annotated[float | None, "Hours a week as last agreed; NULL: not said"]
    in_pathway: Annotated[bool | None, "False: permanent staff; NULL: the hire is not known yet"]
    step: StepNumber
    renews_contract_id: Annotated[UUID | None, "The contract it renews; NULL: none", PUBLIC]
    recruitment_id: Annotated[UUID, "First of the contracts that renew each other up to it, as far as known", PUBLIC]
    annex_id: Annotated[UUID | None, "The annex that funds the post; NULL: not said", PUBLIC]
    sender_kind: Annotated[str | None, "Who sent the person; NULL: not said"]
    occupation_code: OccupationCode
    age: Annotated[int | None, "Age in years at the hire; NULL: not said"]
    extension_ground: Annotated[
        str | None, "Ground of the last extension beyond the usual length; NULL: none", SENSITIVE
    ]
    training_id: Annotated[UUID | None, "Training that grounds the extension; NULL: none", PUBLIC]
    suspended_from: Annotated[date | None, "First day of the last suspension; NULL: never suspended"]
    suspended_until: Annotated[date | None, "Last day of the last suspension; NULL: open, or never suspended"]
    suspension_cause: Annotated[str | None, "Cause of the last suspension; NULL: never suspended", SENSITIVE]
    exit_id: Annotated[UUID | None, "The exit that names this contract; NULL: none", PUBLIC]
    adapted_sentence: Annotated[bool | None, "Whether under an adapted sentence; NULL: not said", SENSITIVE]


def contracts(subject: SubjectFacts) -> list[Contract]:
    numbers = subject.once(step_numbers)
    firsts = subject.once(first_of_recruitment)
    return [
        _row(
            subject.id,
            contract,
            step=numbers[contract.stay] if contract.stay else None,
            recruitment_id=firsts[contract.contract_id].contract_id,
        )
        for contract in subject.once(career).employments.values()
    ]


def _row(person_id: UUID, contract: Employment, *, step: int | None, recruitment_id: UUID) -> Contract:
    hired, ended, exit, suspended = contract.hired, contract.ended, contract.exit, contract.suspended
    return Contract(
        person_id=person_id,
        contract_id=contract.contract_id,
        structure_id=hired.structure_id if hired else exit.structure_id if exit else None,
        contract_type=hired.contract_type if hired else None,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        planned_ends_on=contract.planned_ends_on,
        ended_on=ended.ended_on if ended else exit.exited_on if exit else None,
        end_cause=ended.cause if ended else None,
        weekly_hours=contract.weekly_hours,
        in_pathway=hired.in_pathway if hired else None,
        step=step,
        renews_contract_id=hired.renews_contract_id if hired else None,
        recruitment_id=recruitment_id,
        annex_id=hired.annex_id if hired else None,
        sender_kind=hired.sender_kind if hired else None,
        occupation_code=hired.occupation_code if hired else None,
        age=hired.age if hired else None,
        extension_ground=contract.extension_ground,
        training_id=contract.training_id,
        suspended_from=suspended.starts_on if suspended else None,
        suspended_until=suspended.ends_on if suspended else None,
        suspension_cause=suspended.cause if suspended else None,
        exit_id=exit.exit_id if exit else None,
        adapted_sentence=hired.adapted_sentence if hired else None,
    )


TABLE = ReadTable(
    name="contracts",
    subject_kind="person",
    row=Contract,
    rows=contracts,
    key=2,
    indexes=(("structure_id",),),
)

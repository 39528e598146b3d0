"""Read table `agrements`: the person's bounded right to work in the IAE.

Ends, pushes and carence come from `services.agrement.model`, the code that decides: no rule is written here.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.agrement.facts import AgrementGranted
from services.agrement.model import person_file as model
from services.agrement.model.states import carence_span
from services.projections.tables.agrement_file import person_file
from services.projections.tables.columns import PUBLIC, SENSITIVE, AgrementId, ContractId, PersonId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.days import span_days


class Agrement(NamedTuple):
    """One agrément of a person, as everything known makes it. Cancelled ones stay, with the day of it."""

    person_id: PersonId
    agrement_id: AgrementId
    number: Annotated[str | None, "Issuer's prefix and seven digits; NULL: not said"]
    origin: Annotated[str, "default, pe_approval, ai_stock, admin, les_emplois"]
    granted_on: Annotated[date, "Day of the decision"]
    starts_on: Annotated[date, "First day, moved starts applied"]
    ends_on: Annotated[date, "Last day as of all that is known: suspensions run to their end, prolongations are used"]
    duration_days: Annotated[int, "Days from the first to the last, both included"]
    base_ends_on: Annotated[date, "Last day before suspensions and prolongations moved it"]
    suspended_days: Annotated[int, "Days that suspensions add to the end, by the setting suspension_counting"]
    prolonged_days: Annotated[int, "Days that prolongations add to the end"]
    closed_on: Annotated[date | None, "Day it was closed, before its term: its end; NULL: not closed"]
    cancelled_on: Annotated[date | None, "Day it was cancelled, as if it had never been; NULL: it stands"]
    carence_starts_on: Annotated[date | None, "First day after it without a new one; NULL: cancelled"]
    carence_ends_on: Annotated[date | None, "Last day after it without a new one; NULL: cancelled"]
    structure_id: Annotated[UUID | None, "Structure it was asked for; NULL: not said", PUBLIC]
    diagnosis_id: Annotated[UUID | None, "Diagnosis it rests on; NULL: not said", PUBLIC]
    contract_id: ContractId
    sender_kind: Annotated[str | None, "Who sent the person; NULL: not said"]
    prescriber_kind: Annotated[str | None, "Kind of the prescriber; NULL: none, or not said", SENSITIVE]


def agrements(subject: SubjectFacts) -> list[Agrement]:
    file = subject.once(person_file)
    grants = {fact.agrement_id: fact for fact in subject.of(AgrementGranted)}
    rows = [_row(subject.id, agrement, grants[agrement.agrement_id]) for agrement in (*file.agrements, *file.cancelled)]
    return sorted(rows, key=lambda row: (row.starts_on, row.granted_on, row.agrement_id))


def _row(person_id: UUID, agrement: model.Agrement, grant: AgrementGranted) -> Agrement:
    # A cancelled agrément never ran, so nothing has to be waited for after it.
    carence = None if agrement.cancelled_on else carence_span(agrement)
    return Agrement(
        person_id=person_id,
        agrement_id=agrement.agrement_id,
        number=agrement.number,
        origin=agrement.origin,
        granted_on=agrement.granted_on,
        starts_on=agrement.starts_on,
        ends_on=agrement.ends_on,
        duration_days=span_days(agrement.starts_on, agrement.ends_on),
        base_ends_on=agrement.base_ends_on,
        suspended_days=sum(suspension.pushes_days(agrement.counting) for suspension in agrement.suspensions),
        prolonged_days=sum(prolongation.pushes_days for prolongation in agrement.prolongations),
        closed_on=agrement.closed_on,
        cancelled_on=agrement.cancelled_on,
        carence_starts_on=carence.starts_on if carence else None,
        carence_ends_on=carence.ends_on if carence else None,
        structure_id=grant.structure_id,
        diagnosis_id=grant.diagnosis_id,
        contract_id=grant.contract_id,
        sender_kind=grant.sender_kind,
        prescriber_kind=grant.prescriber_kind,
    )


TABLE = ReadTable(
    name="agrements",
    subject_kind="person",
    row=Agrement,
    rows=agrements,
    key=2,
    indexes=(("ends_on",),),
)

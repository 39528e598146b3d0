"""Read table `agrements`: the person's bounded right to work in the IAE, as granted."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.agrement.facts import AgrementGranted
from services.projections.reading.columns import PUBLIC, ContractId, PersonId
from services.projections.reading.history import History


class Agrement(NamedTuple):
    """One agrément of a person, as granted."""

    person_id: PersonId
    agrement_id: Annotated[UUID, "The agrément", PUBLIC]
    number: Annotated[str | None, "Issuer's prefix and seven digits; NULL: not said"]
    origin: Annotated[str, "default, pe_approval, ai_stock, admin"]
    granted_on: Annotated[date, "Day of the decision"]
    starts_on: Annotated[date, "First day, as granted"]
    initial_ends_on: Annotated[date | None, "End that an imported agrément brings; NULL: it follows from the start"]
    structure_id: Annotated[UUID | None, "Structure it was asked for; NULL: not said", PUBLIC]
    diagnosis_id: Annotated[UUID | None, "Diagnosis it rests on; NULL: not said", PUBLIC]
    contract_id: ContractId
    sender_kind: Annotated[str | None, "Who sent the person; NULL: not said"]
    prescriber_kind: Annotated[str | None, "Kind of the prescriber; NULL: none, or not said"]


def agrements(history: History) -> list[Agrement]:
    granted = {fact.agrement_id: fact for fact in history.of(AgrementGranted)}
    return [
        Agrement(
            history.subject_id,
            fact.agrement_id,
            fact.number,
            fact.origin,
            fact.granted_on,
            fact.starts_on,
            fact.initial_ends_on,
            fact.structure_id,
            fact.diagnosis_id,
            fact.contract_id,
            fact.sender_kind,
            fact.prescriber_kind,
        )
        for fact in granted.values()
    ]

"""What happens to a person's bounded right to work in the IAE (agrément, today PASS IAE): the facts recorded so far.

All are about `person/<id>`. Days are days of Europe/Paris; a span holds its first and its last day. Open codes:
`[A-Za-z0-9_]{1,40}`. A field with the mark PERSONAL may always be null: an erasure leaves it so.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared import facts as shared_facts
from shared.facts import PERSONAL, Catalogue, Code, Day, Fact, Visibility

DiagnosisAuthor = Literal["employer", "authorised_prescriber"]
SenderKind = Literal["self", "employer", "orienteur", "authorised_prescriber"]
Origin = Literal["default", "pe_approval", "ai_stock", "admin"]
Criterion = Literal[
    "RSA", "ASS", "AAH", "DETLD",
    "NIVEAU_3_OU_INFRA", "SENIOR", "JEUNE", "ASE", "DELD", "TH", "PARENT_ISOLE", "SANS_HEBERGEMENT", "REFUGIE", "ZRR", "QPV", "DETENTION", "FLE", "MOBILITE",
]  # fmt: skip
"""Level 1, then level 2. Source: arrêté of 1 September 2021 on the criteria of eligibility."""

Number = Annotated[str, Field(pattern=r"^[A-Z0-9]{5}[0-9]{7}$")]
"""Issuer's prefix of five (`99999`; `XXXXX` in a demo) and seven digits; another prefix marks an older agrément."""

Age = Annotated[int, Field(ge=10, le=110)]
UnemployedMonths = Annotated[int, Field(ge=0, le=720)]


class EligibilityDiagnosed(Fact):
    """Somebody entitled found the person eligible on that day. Valid 92 days by an employer, six months by an
    authorised prescriber. `criteria`, sensitive, are shown to the writing structure only. Source: L5132-3."""

    type: ClassVar[str] = "agrement.eligibility_diagnosed.v1"
    occurred_on_field: ClassVar[str] = "made_on"
    example: ClassVar[dict[str, Any]] = {
        "diagnosis_id": "d1a9f0b2-3c4d-4e5f-8a6b-7c8d9e0f1ad1",
        "made_on": "2024-01-05",
        "author_kind": "employer",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "criteria": ["RSA", "PARENT_ISOLE"],
        "age": 36,
        "unemployed_months": 26,
    }
    diagnosis_id: UUID
    made_on: Day
    author_kind: DiagnosisAuthor
    structure_id: UUID | None = None
    prescriber_kind: Code | None = None
    criteria: Annotated[
        Annotated[tuple[Criterion, ...], Field(max_length=18)] | None, Visibility.STRUCTURE, PERSONAL
    ] = None
    age: Annotated[Age | None, Visibility.STRUCTURE, PERSONAL] = None
    unemployed_months: Annotated[UnemployedMonths | None, Visibility.STRUCTURE, PERSONAL] = None


class AgrementGranted(Fact):
    """The right is granted on `granted_on` and runs from `starts_on`. `initial_ends_on`: the end an older, imported
    agrément brings; without it the end follows from the start. Source: R5132-1-1, R5132-1-2."""

    type: ClassVar[str] = "agrement.agrement_granted.v1"
    occurred_on_field: ClassVar[str] = "granted_on"
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "number": "XXXXX0000001",
        "origin": "default",
        "granted_on": "2024-01-12",
        "starts_on": "2024-01-15",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "diagnosis_id": "d1a9f0b2-3c4d-4e5f-8a6b-7c8d9e0f1ad1",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "sender_kind": "authorised_prescriber",
        "prescriber_kind": "FT",
    }
    agrement_id: UUID
    number: Number | None = None
    origin: Origin
    granted_on: Day
    starts_on: Day
    initial_ends_on: Day | None = None
    structure_id: UUID | None = None
    diagnosis_id: UUID | None = None
    contract_id: UUID | None = None
    sender_kind: SenderKind | None = None
    prescriber_kind: Code | None = None


class FactVoided(shared_facts.FactVoided):
    """An earlier fact of this person here never was; it must be known and not voided already."""

    type: ClassVar[str] = "agrement.fact_voided.v1"


CATALOGUE = Catalogue([EligibilityDiagnosed, AgrementGranted, FactVoided])

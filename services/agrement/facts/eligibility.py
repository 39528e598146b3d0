"""Who was found eligible, by whom, on which criteria."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.agrement.facts.codes import CODES
from services.pathways.facts.contracts import Age
from services.pathways.facts.welcome import ShownPrescriberKind, UnemployedMonths
from shared.facts.fact import PERSONAL, Day, Fact, Visibility
from shared.facts.saying import EVENT_MONTHS, Relates, Said, prescriber, structure

DiagnosisAuthor = Annotated[Literal["employer", "authorised_prescriber"], CODES.named("diagnosis_author")]
Criterion = Annotated[Literal[
    "RSA", "ASS", "AAH", "DETLD",
    "NIVEAU_3_OU_INFRA", "SENIOR", "JEUNE", "ASE", "DELD", "TH", "PARENT_ISOLE", "SANS_HEBERGEMENT", "REFUGIE", "ZRR", "QPV", "DETENTION", "FLE", "MOBILITE",
], CODES.named("criterion")]  # fmt: skip
"""Level 1, then level 2. Source: arrêté of 1 September 2021 on the criteria of eligibility."""


class EligibilityDiagnosed(Fact):
    """Somebody entitled found the person eligible on that day. Valid 92 days by an employer, six months by an
    authorised prescriber. `criteria` are shown to who said them only. Source: L5132-3."""

    type: ClassVar[str] = "agrement.eligibility_diagnosed.v1"
    occurred_on_field: ClassVar[str] = "made_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id"), prescriber(author_kind=("authorised_prescriber",))),
        relates=Relates("diagnosed", months=EVENT_MONTHS),
    )
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
    prescriber_kind: ShownPrescriberKind = None
    criteria: Annotated[
        Annotated[tuple[Criterion, ...], Field(max_length=18)] | None, Visibility.SENSITIVE, PERSONAL
    ] = None
    age: Annotated[Age | None, Visibility.STRUCTURE, PERSONAL] = None
    unemployed_months: Annotated[UnemployedMonths | None, Visibility.STRUCTURE, PERSONAL] = None

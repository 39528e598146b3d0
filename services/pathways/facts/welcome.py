"""Who comes, and how a structure received them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.pathways.facts.codes import CODES
from shared.facts.fact import PERSONAL, Code, Day, Fact, PlainCodes, Visibility
from shared.facts.saying import EVENT_MONTHS, Relates, Said, structure

SenderKind = Annotated[Literal["self", "employer", "orienteur", "authorised_prescriber"], CODES.named("sender_kind")]
ReceptionOutcome = Annotated[Literal["hired", "oriented", "waiting", "not_eligible"], CODES.named("reception_outcome")]
PrescriberKind = Annotated[Code, CODES.named("prescriber_kind")]
"""An open list, as the next ones: names say those most used."""
NOT_TELLING = PlainCodes(("FT", "ML", "DEPT", "PLIE", "CCAS", "CAVA", "OACAS", "ODC", "OTHER"))
"""Kinds of prescribers that tell nothing of the person they send; others do: of justice, care, childhood, a disability, a
roof, asylum."""
ShownPrescriberKind = Annotated[PrescriberKind | None, NOT_TELLING]
Sex = Annotated[Code, CODES.named("sex")]
EducationLevel = Annotated[Code, CODES.named("education_level")]
Benefit = Annotated[Code, CODES.named("benefit")]
Housing = Annotated[Code, CODES.named("housing")]
UnemployedMonths = Annotated[int, Field(ge=0, le=720)]
Orientation = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""An open code, or the id of a structure."""


class PersonRegistered(Fact):
    """Who the person is for the figures, on that day; said again when it changes. `rqth`: recognised as disabled
    worker; `qpv`, `rural`: lives in such a district; `unemployed_months`: without a job until that day."""

    type: ClassVar[str] = "pathways.person_registered.v1"
    occurred_on_field: ClassVar[str] = "registered_on"
    said: ClassVar[Said] = Said(
        by=(structure(),), relates=Relates("registered", months=EVENT_MONTHS), relation="needed_where_known"
    )
    example: ClassVar[dict[str, Any]] = {
        "registered_on": "2024-01-08",
        "sex": "F",
        "birth_year": 1987,
        "education_level": "3",
        "benefits": ["RSA"],
        "rqth": False,
        "housing": "tenant",
        "qpv": True,
        "rural": False,
        "unemployed_months": 26,
    }
    registered_on: Day
    sex: Annotated[Sex | None, PERSONAL] = None
    birth_year: Annotated[Annotated[int, Field(ge=1900, le=2100)] | None, PERSONAL] = None
    education_level: Annotated[EducationLevel | None, PERSONAL] = None
    benefits: Annotated[Annotated[tuple[Benefit, ...], Field(max_length=20)] | None, Visibility.SENSITIVE, PERSONAL] = (
        None
    )
    rqth: Annotated[bool | None, Visibility.SENSITIVE, PERSONAL] = None
    housing: Annotated[Housing | None, Visibility.SENSITIVE, PERSONAL] = None
    qpv: Annotated[bool | None, Visibility.STRUCTURE, PERSONAL] = None
    rural: Annotated[bool | None, Visibility.STRUCTURE, PERSONAL] = None
    unemployed_months: Annotated[UnemployedMonths | None, Visibility.STRUCTURE, PERSONAL] = None


class Received(Fact):
    """A structure welcomed the person and looked at the situation: hired, kept waiting, or oriented elsewhere.

    Those who were not hired are kept. `oriented_to`: a code, or the id of a structure.
    """

    type: ClassVar[str] = "pathways.received.v1"
    occurred_on_field: ClassVar[str] = "received_on"
    said: ClassVar[Said] = Said(by=(structure("structure_id"),), relates=Relates("received", months=EVENT_MONTHS))
    example: ClassVar[dict[str, Any]] = {
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "received_on": "2024-01-08",
        "sender_kind": "authorised_prescriber",
        "prescriber_kind": "FT",
        "outcome": "hired",
    }
    structure_id: UUID
    received_on: Day
    sender_kind: SenderKind
    prescriber_kind: ShownPrescriberKind = None
    outcome: ReceptionOutcome
    oriented_to: Annotated[Orientation | None, Visibility.SENSITIVE, PERSONAL] = None

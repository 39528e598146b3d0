"""What a structure is: registered, changed, closed, and how many people work there."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.structures.facts.bodies import CommuneCode, Department, LegalName, Siret
from services.structures.facts.codes import CODES
from shared.facts.fact import Code, Day, Fact, Visibility
from shared.facts.saying import SUBJECT, Said, staff, structure

StructureKind = Annotated[Literal[
    "AI", "ACI", "EI", "ETTI", "EITI", "GEIQ", "OPCS", "EA", "EATT", "ETT_ESS", "OASP", "TRAINING", "SCOP", "CAE", "COMPANY", "OTHER"
], CODES.named("structure_kind")]  # fmt: skip
"""The first five are the SIAE, the structures of the IAE. ETT_ESS: temporary work agency of the social economy; OASP:
home services body; EA, EATT: adapted companies; OPCS: other employers with posts in an IAE programme."""
SectorCode = Annotated[str, Field(pattern=r"^([0-9]{2}\.[0-9]{1,2}[A-Z]?|[A-Za-z0-9_]{1,40})$")]
"""NAF, with or without its dot (`81.21Z`, `8121Z`), or an open code."""
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class StructureFact(Fact):
    """A fact of `structure/<id>`."""

    subjects: ClassVar[tuple[str, ...]] = ("structure",)
    visibility: ClassVar[Visibility] = Visibility.PUBLIC
    said: ClassVar[Said] = Said(by=(structure(SUBJECT), staff()))


class StructureRegistered(StructureFact):
    """A structure exists, with this kind, from `registered_on`. `convergence`: it takes part in that programme."""

    type: ClassVar[str] = "structures.structure_registered.v1"
    occurred_on_field: ClassVar[str] = "registered_on"
    example: ClassVar[dict[str, Any]] = {
        "name": "Atelier du Pont",
        "kind": "ACI",
        "siret": "73282932000074",
        "legal_form": "ASSOCIATION",
        "department": "39",
        "commune_code": "39500",
        "sector_codes": ["81.30Z"],
        "convergence": False,
        "registered_on": "2019-03-01",
    }
    name: LegalName
    kind: StructureKind
    siret: Siret | None = None
    legal_form: Code | None = None
    department: Department | None = None
    commune_code: CommuneCode | None = None
    sector_codes: Annotated[tuple[SectorCode, ...], Field(max_length=50)] | None = None
    convergence: bool | None = None
    registered_on: Day


class StructureChanged(StructureFact):
    """From `changed_on` the given fields have a new value; those left out keep theirs."""

    type: ClassVar[str] = "structures.structure_changed.v1"
    occurred_on_field: ClassVar[str] = "changed_on"
    example: ClassVar[dict[str, Any]] = {"changed_on": "2022-01-01", "kind": "EI"}
    changed_on: Day
    name: LegalName | None = None
    kind: StructureKind | None = None
    siret: Siret | None = None
    department: Department | None = None


class StructureClosed(StructureFact):
    """The structure's last day. `successor_id`: the structure that takes over its people."""

    type: ClassVar[str] = "structures.structure_closed.v1"
    occurred_on_field: ClassVar[str] = "closed_on"
    example: ClassVar[dict[str, Any]] = {
        "closed_on": "2024-06-30",
        "successor_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a02",
    }
    closed_on: Day
    successor_id: UUID | None = None


class SuccessionConfirmed(StructureFact):
    """The administration confirms who takes over: from the next day the successor has this structure's rights."""

    type: ClassVar[str] = "structures.succession_confirmed.v1"
    occurred_on_field: ClassVar[str] = "confirmed_on"
    said: ClassVar[Said] = Said(by=(staff(),))
    example: ClassVar[dict[str, Any]] = {
        "successor_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a02",
        "confirmed_on": "2024-12-31",
    }
    successor_id: UUID
    confirmed_on: Day


class WorkforceReported(StructureFact):
    """Heads on the day `as_of`: permanent staff, employees in and outside a pathway, employees in governing bodies."""

    type: ClassVar[str] = "structures.workforce_reported.v1"
    occurred_on_field: ClassVar[str] = "as_of"
    example: ClassVar[dict[str, Any]] = {
        "as_of": "2023-12-31",
        "permanent_staff": 6,
        "employees_in_pathway": 32,
        "employees_outside_pathway": 1,
        "employees_in_governance": 2,
    }
    as_of: Day
    permanent_staff: Annotated[Count | None, Visibility.GROUP] = None
    employees_in_pathway: Annotated[Count | None, Visibility.GROUP] = None
    employees_outside_pathway: Annotated[Count | None, Visibility.GROUP] = None
    employees_in_governance: Annotated[Count | None, Visibility.GROUP] = None

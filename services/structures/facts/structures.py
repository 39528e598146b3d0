"""Facts of `structure/<id>`: what it is, what the State agreed with it, its certificates and networks."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.structures.facts.annexes import AnnexNumber
from services.structures.facts.bodies import Department, LegalName, Siret
from shared.facts.fact import Code, Day, Fact, Visibility

StructureKind = Literal[
    "AI", "ACI", "EI", "ETTI", "EITI", "GEIQ", "OPCS", "EA", "EATT", "ETT_ESS", "OASP", "TRAINING", "SCOP", "CAE", "COMPANY", "OTHER"
]  # fmt: skip
"""The first five are the SIAE, the structures of the IAE. ETT_ESS: temporary work agency of the social economy; OASP:
home services body; EA, EATT: adapted companies; OPCS: other employers with posts in an IAE programme."""
DerogationRule = Literal["ai_hours_cap", "weekly_hours_collective", "cdi_inclusion_share"]
CommuneCode = Annotated[
    str, Field(pattern=r"^((0[1-9]|[1-8][0-9]|9[0-5]|2[AB])[0-9]{3}|97[1-6][0-9]{2}|98[4-8][0-9]{2})$")
]
"""Code officiel géographique of INSEE, which is not the postal code."""
SectorCode = Annotated[str, Field(pattern=r"^([0-9]{2}\.[0-9]{1,2}[A-Z]?|[A-Za-z0-9_]{1,40})$")]
"""NAF, with or without its dot (`81.21Z`, `8121Z`), or an open code."""
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,40}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Amount = Annotated[float, Field(ge=0, le=1_000_000)]


class StructureFact(Fact):
    """A fact of `structure/<id>`."""

    subjects: ClassVar[tuple[str, ...]] = ("structure",)
    visibility: ClassVar[Visibility] = Visibility.PUBLIC


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


class AnnexRecorded(StructureFact):
    """A financial annex (annexe financière) of the structure's agreement with the State, in its `state` of today.

    A new state of an annex is said by a further fact of the same `annex_id`, or by one that `replaces` this one.
    `funded_posts`: full-time posts the State helps to pay. Source: L5132-2, R5132-1 and following.
    """

    type: ClassVar[str] = "structures.annex_recorded.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    example: ClassVar[dict[str, Any]] = {
        "annex_id": "8f1d6d3e-7a0b-4a57-9a0a-6b0f8f5a1c11",
        "number": "ACI039240001A0M0",
        "measure": "ACI_DC",
        "state": "VALIDE",
        "starts_on": "2024-01-01",
        "ends_on": "2024-12-31",
        "funded_posts": 12.5,
    }
    annex_id: UUID
    number: AnnexNumber
    measure: Code
    state: Code
    starts_on: Day
    ends_on: Day
    funded_posts: Annotated[Amount | None, Visibility.GROUP] = None


class DerogationGranted(StructureFact):
    """The prefect lifts or moves a limit for this structure. `limit`: the new one, in the unit of its rule.

    Source: L5132-9 (hours with companies, an association, three years), D5132-43-8 to -10 (weekly hours).
    """

    type: ClassVar[str] = "structures.derogation_granted.v1"
    occurred_on_field: ClassVar[str] = "decided_on"
    example: ClassVar[dict[str, Any]] = {
        "derogation_id": "0b7e3c70-3d0e-4a37-8f2e-5f6e4c1d9a21",
        "rule": "ai_hours_cap",
        "decided_on": "2023-12-15",
        "starts_on": "2024-01-01",
        "ends_on": "2026-12-31",
    }
    derogation_id: UUID
    rule: DerogationRule
    decided_on: Day
    starts_on: Day
    ends_on: Day
    limit: Annotated[Amount | None, Visibility.GROUP] = None


class CertificationAwarded(StructureFact):
    """A quality certificate (CEDRE, QUALIREI, PROXIM_SERVICES, ISO9001, AFNOR…) is held from `awarded_on`."""

    type: ClassVar[str] = "structures.certification_awarded.v1"
    occurred_on_field: ClassVar[str] = "awarded_on"
    example: ClassVar[dict[str, Any]] = {
        "certification_id": "5d9a2b8c-1e4f-4d3a-8b7c-9f0e1d2c3b31",
        "scheme": "CEDRE",
        "version": "3",
        "awarded_on": "2023-05-10",
        "expires_on": "2026-05-09",
    }
    certification_id: UUID
    scheme: Code
    version: Version | None = None
    awarded_on: Day
    expires_on: Day | None = None


class CertificationEnded(StructureFact):
    """A certificate ends before its term, or at it without renewal. `cause`: an open code."""

    type: ClassVar[str] = "structures.certification_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    example: ClassVar[dict[str, Any]] = {
        "certification_id": "5d9a2b8c-1e4f-4d3a-8b7c-9f0e1d2c3b31",
        "ended_on": "2025-02-01",
        "cause": "withdrawn",
    }
    certification_id: UUID
    ended_on: Day
    cause: Code


class NetworkJoined(StructureFact):
    """The structure belongs to a federation, a region or a brand, which is not a group and opens no one's history."""

    type: ClassVar[str] = "structures.network_joined.v1"
    occurred_on_field: ClassVar[str] = "joined_on"
    example: ClassVar[dict[str, Any]] = {"network": "COORACE", "joined_on": "2019-04-01"}
    network: Code
    joined_on: Day


class NetworkLeft(StructureFact):
    """The last day in that network."""

    type: ClassVar[str] = "structures.network_left.v1"
    occurred_on_field: ClassVar[str] = "left_on"
    example: ClassVar[dict[str, Any]] = {"network": "COORACE", "left_on": "2024-12-31"}
    network: Code
    left_on: Day


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

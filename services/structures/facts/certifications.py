"""Quality certificates, awarded and ended."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from services.structures.facts.codes import CODES
from services.structures.facts.structures import StructureFact
from shared.facts.fact import Code, Day

Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,40}$")]


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
    scheme: Annotated[Code, CODES.named("certification_scheme")]
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
    cause: Annotated[Code, CODES.named("certification_end_cause")]

"""Read table `certifications`: quality certificates of a structure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.history import History
from services.structures.facts import CertificationAwarded, CertificationEnded


class Certification(NamedTuple):
    """A certificate, from its award until it expires or ends."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    certification_id: Annotated[UUID, "The certification", PUBLIC]
    scheme: Annotated[str | None, "CEDRE, QUALIREI, PROXIM_SERVICES…; NULL: the award is not known yet", PUBLIC]
    version: Annotated[str | None, "Version of the scheme; NULL: not said", PUBLIC]
    awarded_on: Annotated[date | None, "First day; NULL: the award is not known yet", PUBLIC]
    expires_on: Annotated[date | None, "Last day of its term; NULL: it has none, or not said", PUBLIC]
    ended_on: Annotated[date | None, "Day on which it was declared ended; NULL: not declared", PUBLIC]
    cause: Annotated[str | None, "Why it ended; NULL: not declared ended", PUBLIC]


def certifications(history: History) -> list[Certification]:
    rows: dict[UUID, Certification] = {}
    for fact in history.facts:
        if isinstance(fact, CertificationAwarded | CertificationEnded):
            row = rows.get(fact.certification_id) or Certification(
                history.subject_id, fact.certification_id, *[None] * (len(Certification._fields) - 2)
            )
            rows[fact.certification_id] = row._replace(**_said(fact))
    return list(rows.values())


def _said(fact: CertificationAwarded | CertificationEnded) -> dict[str, Any]:
    if isinstance(fact, CertificationEnded):
        return {"ended_on": fact.ended_on, "cause": fact.cause}
    return {
        "scheme": fact.scheme,
        "version": fact.version,
        "awarded_on": fact.awarded_on,
        "expires_on": fact.expires_on,
    }

"""Read table `certifications`: quality certificates of a structure."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import CertificationAwarded, CertificationEnded


class Certification(NamedTuple):
    """A certificate, from its award until it expires or ends."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    certification_id: Annotated[UUID, "The certification", PUBLIC]
    scheme: Annotated[str | None, "CEDRE, QUALIREI, PROXIM_SERVICES…; NULL: the award is not known yet", PUBLIC] = None
    version: Annotated[str | None, "Version of the scheme; NULL: not said", PUBLIC] = None
    awarded_on: Annotated[date | None, "First day; NULL: the award is not known yet", PUBLIC] = None
    expires_on: Annotated[date | None, "Last day of its term; NULL: it has none, or not said", PUBLIC] = None
    ended_on: Annotated[date | None, "Day on which it was declared ended; NULL: not declared", PUBLIC] = None
    cause: Annotated[str | None, "Why it ended; NULL: not declared ended", PUBLIC] = None


def certifications(subject: SubjectFacts) -> list[Certification]:
    rows: dict[UUID, Certification] = {}
    for fact in subject.facts:
        if isinstance(fact, CertificationAwarded | CertificationEnded):
            certification_id = fact.certification_id
            row = rows.get(certification_id) or Certification(
                structure_id=subject.id, certification_id=certification_id
            )
            rows[certification_id] = _after(row, fact)
    return list(rows.values())


def _after(row: Certification, fact: CertificationAwarded | CertificationEnded) -> Certification:
    """A further award says everything anew, also what it leaves out: a version, a term."""
    if isinstance(fact, CertificationEnded):
        return row._replace(ended_on=fact.ended_on, cause=fact.cause)
    return row._replace(
        scheme=fact.scheme, version=fact.version, awarded_on=fact.awarded_on, expires_on=fact.expires_on
    )


TABLE = ReadTable(
    name="certifications",
    subject_kind="structure",
    row=Certification,
    rows=certifications,
    key=2,
)

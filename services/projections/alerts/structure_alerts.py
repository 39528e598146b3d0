"""Read table `structure_alerts`: what somebody should look at, as far as a structure's own facts say it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.alerts.alert import LOW, MEDIUM, AlertKind
from services.projections.tables.columns import PUBLIC
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.model.annexes import annex_gaps
from services.structures.model.certifications import term_alerts

OF_CERTIFICATES: dict[str, tuple[AlertKind, str]] = {
    "expiring": ("certification_expiring", LOW),
    "expired": ("certification_expired", MEDIUM),
}
"""Kind and severity by what the model says of a certificate's term."""


class StructureAlert(NamedTuple):
    """One thing to look at about a structure, and on which days it holds, also in days to come. Read the view alerts."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    kind: Annotated[AlertKind, "What it is: a code of the table of alerts"]
    about_id: Annotated[UUID, "What it is about: a certification, an annex, by kind", PUBLIC]
    since: Annotated[date, "First day on which it holds"]
    until: Annotated[date | None, "Last day on which it holds; NULL: until something is done"]
    article: Annotated[
        str, "Article of the code du travail, or what else it rests on: the scheme of a certificate", PUBLIC
    ]
    severity: Annotated[str, "high, medium, low"]


KINDS: tuple[AlertKind, ...] = (*(kind for kind, _ in OF_CERTIFICATES.values()), "annex_ended")
"""The kinds that this table gives."""


def structure_alerts(subject: SubjectFacts) -> list[StructureAlert]:
    """By first day."""
    return sorted((*_certifications(subject), *_annexes(subject)), key=lambda row: (row.since, row[:4]))


def _certifications(subject: SubjectFacts) -> Iterator[StructureAlert]:
    for alert in term_alerts(subject.settled):
        kind, severity = OF_CERTIFICATES[alert.kind]
        yield StructureAlert(
            structure_id=subject.id,
            kind=kind,
            about_id=alert.certificate.certification_id,
            since=alert.since,
            until=alert.until,
            article=alert.certificate.scheme,
            severity=severity,
        )


def _annexes(subject: SubjectFacts) -> Iterator[StructureAlert]:
    for gap in annex_gaps(subject.settled):
        yield StructureAlert(
            structure_id=subject.id,
            kind="annex_ended",
            about_id=gap.annex_id,
            since=gap.since,
            until=gap.until,
            article=gap.article,
            severity=MEDIUM,
        )


TABLE = ReadTable(
    name="structure_alerts",
    subject_kind="structure",
    row=StructureAlert,
    rows=structure_alerts,
    key=4,
)

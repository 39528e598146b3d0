"""Read table `structure_alerts`: what somebody should look at, as far as a structure's own facts say it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.alerts.alert import LOW, MEDIUM, AlertKind, Kind, Severity, Since, Until
from services.projections.alerts.held import AlertKey, as_known_now, held
from services.projections.tables.columns import PUBLIC
from services.projections.tables.periods import Held
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import (
    AnnexRecorded,
    CertificationAwarded,
    CertificationEnded,
    StructureChanged,
    StructureClosed,
    StructureRegistered,
)
from services.structures.model.annexes import annex_gaps
from services.structures.model.certifications import term_alerts

OF_CERTIFICATES: dict[str, tuple[AlertKind, str]] = {
    "expiring": ("certification_expiring", LOW),
    "expired": ("certification_expired", MEDIUM),
}
"""Kind and severity by what the model says of a certificate's term."""


StructureId = Annotated[UUID, "The structure", PUBLIC]
AboutId = Annotated[UUID, "What it is about: a certification, an annex, by kind", PUBLIC]
Article = Annotated[
    str, "Article of the code du travail, or what else it rests on: the scheme of a certificate", PUBLIC
]


class StructureAlert(NamedTuple):
    """One thing to look at about a structure, and on which days it holds, also in days to come. Read the view alerts."""

    structure_id: StructureId
    kind: Kind
    about_id: AboutId
    since: Since
    until: Until
    article: Article
    severity: Severity


KINDS: tuple[AlertKind, ...] = (*(kind for kind, _ in OF_CERTIFICATES.values()), "annex_ended")
"""The kinds that this table gives."""


NAMED_BY = 4
"""Columns of the key."""


def structure_alerts(subject: SubjectFacts) -> list[StructureAlert]:
    """By first day."""
    return sorted(as_known_now(subject.once(held_alerts)), key=lambda row: (row.since, row[:NAMED_BY]))


def held_alerts(subject: SubjectFacts) -> list[Held[AlertKey, StructureAlert]]:
    """By what counted from a day on."""
    about = (CertificationAwarded, AnnexRecorded)
    return held(
        subject, _alerts, NAMED_BY, about, (CertificationEnded, StructureRegistered, StructureChanged, StructureClosed)
    )


def _alerts(subject: SubjectFacts) -> Iterator[StructureAlert]:
    yield from _certifications(subject)
    yield from _annexes(subject)


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
    key=NAMED_BY,
)

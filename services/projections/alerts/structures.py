"""Read table `structure_alerts`: what somebody should look at, as far as a structure's own facts say it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.alerts.alert import LOW, MEDIUM, AlertKind
from services.projections.tables.columns import PUBLIC
from services.projections.tables.history import History
from services.structures.model.annexes import annex_gaps
from services.structures.model.certifications import term_alerts

OF_CERTIFICATES: dict[str, tuple[AlertKind, str]] = {
    "expiring": ("certification_expiring", LOW),
    "expired": ("certification_expired", MEDIUM),
}
"""Kind and severity of what is said of a term."""


class StructureAlert(NamedTuple):
    """One thing to look at about a structure, and on which days it holds; days to come are told too. Read the view
    alerts."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    kind: Annotated[AlertKind, "What it is: a code of the table of alerts"]
    about_id: Annotated[UUID, "What it is about: a certification, an annex, by kind", PUBLIC]
    since: Annotated[date, "First day on which it holds"]
    until: Annotated[date | None, "Last day on which it holds; NULL: until something is done"]
    article: Annotated[
        str, "Article of the code du travail, or what else it rests on: the scheme of a certificate", PUBLIC
    ]
    severity: Annotated[str, "high, medium, low"]


def structure_alerts(history: History) -> list[StructureAlert]:
    return sorted((*_certifications(history), *_annexes(history)), key=lambda row: (row.since, row[:4]))


def _certifications(history: History) -> Iterator[StructureAlert]:
    for alert in term_alerts(history.settled):
        kind, severity = OF_CERTIFICATES[alert.kind]
        yield StructureAlert(
            history.subject_id,
            kind,
            alert.certificate.certification_id,
            alert.since,
            alert.until,
            alert.certificate.scheme,
            severity,
        )


def _annexes(history: History) -> Iterator[StructureAlert]:
    for gap in annex_gaps(history.settled):
        yield StructureAlert(history.subject_id, "annex_ended", gap.annex_id, gap.since, gap.until, gap.article, MEDIUM)

"""Certificates near their term, or past it and not renewed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from services.structures.facts import CertificationAwarded, CertificationEnded
from services.structures.law.tables import law_on
from services.structures.model.closing import closed_on, earliest
from shared.facts.days import plus
from shared.facts.fact import Recorded


@dataclass(frozen=True, slots=True)
class Certificate:
    certification_id: UUID
    scheme: str
    awarded_on: date
    expires_on: date | None
    ended_on: date | None = None

    @property
    def last_day(self) -> date | None:
        return earliest(self.expires_on, self.ended_on)


class TermAlert(NamedTuple):
    """Days, both included, on which somebody should think of renewing a certificate; `until` None: until somebody does."""

    certificate: Certificate
    kind: Literal["expiring", "expired"]
    since: date
    until: date | None


def term_alerts(facts: Sequence[Recorded]) -> Iterator[TermAlert]:
    """From some days before the term, then from the day after it; neither once the scheme was awarded again for longer,
    the certificate was declared ended, or the structure closed."""
    held = certificates(facts)
    closing = closed_on(facts)
    for certificate in held:
        if certificate.expires_on is None:
            continue
        mended_on = earliest(certificate.ended_on, _renewed_on(certificate, certificate.expires_on, held))
        # The alert goes on the day it was mended; of a structure that closes, its last day is still one of it.
        over = earliest(None if mended_on is None else plus(mended_on, -1), closing)
        notice = plus(certificate.expires_on, -law_on(certificate.expires_on).certifications.days_before_term)
        # One awarded for less than the notice is near its term from its first day on.
        yield from _alert(
            certificate, "expiring", max(notice, certificate.awarded_on), earliest(certificate.expires_on, over)
        )
        yield from _alert(certificate, "expired", plus(certificate.expires_on, 1), over)


def certificates(facts: Iterable[Recorded]) -> list[Certificate]:
    """Those whose award is known."""
    awarded: dict[UUID, Certificate] = {}
    ends: dict[UUID, date] = {}
    for fact in facts:
        if isinstance(fact.data, CertificationAwarded):
            award = fact.data
            awarded[award.certification_id] = Certificate(
                certification_id=award.certification_id,
                scheme=award.scheme,
                awarded_on=award.awarded_on,
                expires_on=award.expires_on,
            )
        elif isinstance(fact.data, CertificationEnded):
            ends[fact.data.certification_id] = fact.data.ended_on
    return [replace(held, ended_on=ends.get(certification_id)) for certification_id, held in awarded.items()]


def _renewed_on(certificate: Certificate, expires_on: date, held: Sequence[Certificate]) -> date | None:
    """First day of another certificate of the scheme that lasts longer."""
    return earliest(
        *(
            other.awarded_on
            for other in held
            if other.scheme == certificate.scheme
            and other.certification_id != certificate.certification_id
            and (other.last_day is None or other.last_day > expires_on)
        )
    )


def _alert(
    certificate: Certificate, kind: Literal["expiring", "expired"], since: date, until: date | None
) -> Iterator[TermAlert]:
    if until is None or since <= until:
        yield TermAlert(certificate, kind, since, until)

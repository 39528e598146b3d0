"""Certificates near their term, or past it and not renewed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from services.structures.facts import CertificationAwarded, CertificationEnded
from services.structures.law.tables import certifications_on
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
    """Days on which somebody should think of renewing a certificate; `until` None: until somebody does."""

    certificate: Certificate
    kind: Literal["expiring", "expired"]
    since: date
    until: date | None


def term_alerts(facts: Sequence[Recorded]) -> Iterator[TermAlert]:
    """From some days before the term, then from the day after it; neither once the scheme was awarded again for longer,
    the certificate was declared ended, or the structure closed."""
    known = certificates(facts)
    closing = closed_on(facts)
    for one in known:
        if one.expires_on is None:
            continue
        mended_on = earliest(one.ended_on, _renewed_on(one, one.expires_on, known))
        over = earliest(None if mended_on is None else plus(mended_on, -1), closing)
        notice = plus(one.expires_on, -certifications_on(one.expires_on).days_before_term)
        yield from _held(one, "expiring", max(notice, one.awarded_on), earliest(one.expires_on, over))
        yield from _held(one, "expired", plus(one.expires_on, 1), over)


def certificates(facts: Iterable[Recorded]) -> list[Certificate]:
    """Those whose award is known."""
    known: dict[UUID, Certificate] = {}
    ends: dict[UUID, date] = {}
    for fact in facts:
        if isinstance(fact.data, CertificationAwarded):
            one = fact.data
            known[one.certification_id] = Certificate(one.certification_id, one.scheme, one.awarded_on, one.expires_on)
        elif isinstance(fact.data, CertificationEnded):
            ends[fact.data.certification_id] = fact.data.ended_on
    return [replace(one, ended_on=ends.get(one.certification_id)) for one in known.values()]


def _renewed_on(one: Certificate, expires_on: date, known: Sequence[Certificate]) -> date | None:
    """First day of another certificate of the scheme that lasts longer."""
    return earliest(
        *(
            other.awarded_on
            for other in known
            if other.scheme == one.scheme
            and other.certification_id != one.certification_id
            and (other.last_day is None or other.last_day > expires_on)
        )
    )


def _held(
    one: Certificate, kind: Literal["expiring", "expired"], since: date, until: date | None
) -> Iterator[TermAlert]:
    if until is None or since <= until:
        yield TermAlert(one, kind, since, until)

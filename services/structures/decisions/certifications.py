"""Rules of certifications: awarded, then at most once ended."""

from __future__ import annotations

from collections.abc import Iterator

from services.structures.facts import CertificationAwarded, CertificationEnded
from services.structures.refusals.certifications import (
    CertificationAlreadyEndedError,
    CertificationEndedBeforeAwardError,
    CertificationExpiresBeforeAwardError,
    CertificationIdUsedError,
)
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_certification_id_is_new(fact: CertificationAwarded, case: Case) -> Iterator[DomainError]:
    if any(known.certification_id == fact.certification_id for known in case.standing(CertificationAwarded)):
        yield CertificationIdUsedError(certification_id=fact.certification_id)


def a_certification_expires_after_its_award(fact: CertificationAwarded, _: Case) -> Iterator[DomainError]:
    if fact.expires_on is not None and fact.expires_on < fact.awarded_on:
        yield CertificationExpiresBeforeAwardError(
            certification_id=fact.certification_id, awarded_on=fact.awarded_on, expires_on=fact.expires_on
        )


def a_certification_ends_once(fact: CertificationEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(CertificationEnded):
        if known.certification_id == fact.certification_id:
            yield CertificationAlreadyEndedError(certification_id=fact.certification_id, ended_on=known.ended_on)


def a_certification_ends_after_its_award(
    fact: CertificationAwarded | CertificationEnded, case: Case
) -> Iterator[DomainError]:
    awards = [f for f in case.with_event(CertificationAwarded) if f.certification_id == fact.certification_id]
    ends = [f for f in case.with_event(CertificationEnded) if f.certification_id == fact.certification_id]
    for award, end in ((award, end) for award in awards for end in ends if end.ended_on < award.awarded_on):
        yield CertificationEndedBeforeAwardError(
            certification_id=fact.certification_id, awarded_on=award.awarded_on, ended_on=end.ended_on
        )

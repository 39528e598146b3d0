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
from shared.deciding.contradicting_days import contradictions, ends_first
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_certification_id_is_new(fact: CertificationAwarded, case: Case) -> Iterator[DomainError]:
    if any(awarded.certification_id == fact.certification_id for awarded in case.standing(CertificationAwarded)):
        yield CertificationIdUsedError(certification_id=fact.certification_id)


def a_certification_expires_after_its_award(fact: CertificationAwarded, _: Case) -> Iterator[DomainError]:
    if ends_first(fact.awarded_on, fact.expires_on):
        yield CertificationExpiresBeforeAwardError(
            certification_id=fact.certification_id, awarded_on=fact.awarded_on, expires_on=fact.expires_on
        )


def a_certification_ends_once(fact: CertificationEnded, case: Case) -> Iterator[DomainError]:
    for ended in case.standing(CertificationEnded):
        if ended.certification_id == fact.certification_id:
            yield CertificationAlreadyEndedError(certification_id=fact.certification_id, ended_on=ended.ended_on)


def a_certification_ends_after_its_award(
    fact: CertificationAwarded | CertificationEnded, case: Case
) -> Iterator[DomainError]:
    certification_id = fact.certification_id
    awards = [
        award.awarded_on
        for award in case.with_event(CertificationAwarded)
        if award.certification_id == certification_id
    ]
    ends = [end.ended_on for end in case.with_event(CertificationEnded) if end.certification_id == certification_id]
    # Judged from either side: the award may be what comes second.
    for awarded_on, ended_on in contradictions(awards, ends):
        yield CertificationEndedBeforeAwardError(
            certification_id=certification_id, awarded_on=awarded_on, ended_on=ended_on
        )

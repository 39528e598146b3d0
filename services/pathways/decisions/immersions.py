"""Rules of immersions (PMSMP): what cannot be true, and what the law does not let anybody agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from services.pathways.model.employments import employments
from services.pathways.model.immersion_limits import BindingRecruitments, LimitCode, StandingImmersions
from services.pathways.model.immersions import Immersion, immersions
from services.pathways.model.recruitments import recruitments
from services.pathways.refusals.immersions import (
    ImmersionAlreadyEndedError,
    ImmersionBeyondContractShareError,
    ImmersionEndedBeforeStartError,
    ImmersionEndsBeforeStartError,
    ImmersionHostAgreementsError,
    ImmersionHostDaysError,
    ImmersionIdUsedError,
    ImmersionLongerThanAMonthError,
    ImmersionRenewalDiffersError,
    ImmersionRenewedTwiceError,
    ImmersionRenewsItselfError,
)
from shared.deciding.contradicting_days import contradictions, ends_first
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case

LIMITS: Mapping[LimitCode, type[DomainError]] = {
    "immersion_longer_than_a_month": ImmersionLongerThanAMonthError,
    "immersion_renewed_twice": ImmersionRenewedTwiceError,
    "immersion_renewal_differs": ImmersionRenewalDiffersError,
    "immersion_host_agreements": ImmersionHostAgreementsError,
    "immersion_host_days": ImmersionHostDaysError,
    "immersion_beyond_contract_share": ImmersionBeyondContractShareError,
}


def an_immersion_id_is_new(fact: ImmersionAgreed, case: Case) -> Iterator[DomainError]:
    if any(agreed.immersion_id == fact.immersion_id for agreed in case.standing(ImmersionAgreed)):
        yield ImmersionIdUsedError(immersion_id=fact.immersion_id)


def an_immersion_is_planned_to_end_after_it_starts(fact: ImmersionAgreed, _: Case) -> Iterator[DomainError]:
    if ends_first(fact.starts_on, fact.ends_on):
        yield ImmersionEndsBeforeStartError(
            immersion_id=fact.immersion_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )


def an_immersion_renews_another(fact: ImmersionAgreed, _: Case) -> Iterator[DomainError]:
    if fact.renews_immersion_id == fact.immersion_id:
        yield ImmersionRenewsItselfError(immersion_id=fact.immersion_id)


def an_immersion_ends_once(fact: ImmersionEnded, case: Case) -> Iterator[DomainError]:
    for ended in case.standing(ImmersionEnded):
        if ended.immersion_id == fact.immersion_id:
            yield ImmersionAlreadyEndedError(immersion_id=fact.immersion_id, ended_on=ended.ended_on)


def an_immersion_ended_after_it_started(fact: ImmersionAgreed | ImmersionEnded, case: Case) -> Iterator[DomainError]:
    starts = [
        agreed.starts_on for agreed in case.with_event(ImmersionAgreed) if agreed.immersion_id == fact.immersion_id
    ]
    ends = [ended.ended_on for ended in case.with_event(ImmersionEnded) if ended.immersion_id == fact.immersion_id]
    for start, end in contradictions(starts, ends):
        yield ImmersionEndedBeforeStartError(immersion_id=fact.immersion_id, starts_on=start, ended_on=end)


def an_immersion_keeps_its_limits(fact: ImmersionAgreed, case: Case) -> Iterator[DomainError]:
    """Beside every other immersion that stands, earlier or later; a contract that is not known yet limits nothing.

    Source: L5135-1, D5135-3; `law/immersions.yaml`.
    """
    judged = Immersion(fact, next(_ends_of(fact, case), None))
    # Not itself: an id used twice is refused for that, and not for being two agreements with one host.
    others = [other for other in immersions(case.standing) if other.immersion_id != fact.immersion_id]
    binding = BindingRecruitments(recruitments(employments(case.standing)))
    standing = StandingImmersions(binding, others)
    for passed in standing.passed_limits(judged):
        figures = dict(passed.figures)
        if passed.code == "immersion_host_agreements":
            figures["earliest_start"] = standing.first_day_at_host(judged)
        yield LIMITS[passed.code](immersion_id=fact.immersion_id, **figures)


def _ends_of(fact: ImmersionAgreed, case: Case) -> Iterator[ImmersionEnded]:
    """The end may have been recorded before the agreement."""
    return (ended for ended in case.standing(ImmersionEnded) if ended.immersion_id == fact.immersion_id)

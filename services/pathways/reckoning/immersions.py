"""Immersions (PMSMP) and where one is beyond their limits: the same for a decision, and for what no longer fits later.

Days are days of presence where they are given, else calendar days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from services.pathways.reckoning.days import Span, after_months, common_days, days_of, last_of_months
from services.pathways.reckoning.employments import Employment, Standing
from services.pathways.reckoning.recruitments import Recruitment, recruitments
from services.pathways.rules import ImmersionLimits, rules_on

FaultCode = Literal[
    "immersion_longer_than_a_month",
    "immersion_renewed_twice",
    "immersion_renewal_differs",
    "immersion_host_agreements",
    "immersion_host_days",
    "immersion_beyond_contract_share",
]


class Fault(NamedTuple):
    """One limit that an immersion passes, with the figures that say how."""

    code: FaultCode
    article: str
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Immersion:
    agreed: ImmersionAgreed
    ended: ImmersionEnded | None = None

    @property
    def immersion_id(self) -> UUID:
        return self.agreed.immersion_id

    @property
    def starts_on(self) -> date:
        return self.agreed.starts_on

    @property
    def ends_on(self) -> date:
        return self.ended.ended_on if self.ended is not None else self.agreed.ends_on

    @property
    def renews(self) -> UUID | None:
        """The immersion it renews; one that names itself renews nothing."""
        renewed = self.agreed.renews_immersion_id
        return None if renewed == self.immersion_id else renewed

    def days_in(self, span: Span) -> int:
        """Of an immersion that the span cuts at most the days that lie in it."""
        calendar = common_days((self.starts_on, self.ends_on), span)
        said = [one.days for one in (self.ended, self.agreed) if one is not None and one.days is not None]
        return min(said[0], calendar) if said else calendar

    @property
    def days(self) -> int:
        return self.days_in((self.starts_on, self.ends_on))


def immersions(standing: Standing) -> list[Immersion]:
    """Those agreed, by first day."""
    ended = {fact.immersion_id: fact for fact in standing(ImmersionEnded)}
    agreed = {fact.immersion_id: fact for fact in standing(ImmersionAgreed)}
    found = [Immersion(fact, ended.get(fact.immersion_id)) for fact in agreed.values()]
    return sorted(found, key=lambda one: (one.starts_on, one.immersion_id))


def faults(one: Immersion, others: Sequence[Immersion], known: Mapping[UUID, Employment]) -> Iterator[Fault]:
    """Limits that the immersion passes beside the others, under the person's contracts as far as known."""
    if one.agreed.ends_on < one.starts_on:
        return
    limits = rules_on(one.starts_on).immersions
    yield from _month(one, limits)
    yield from _renewals(one, others, limits)
    at_host = [other for other in others if other.agreed.host_id == one.agreed.host_id]
    yield from _host_agreements(one, at_host, limits)
    yield from _host_days(one, at_host, limits)
    yield from _contract_share(one, others, known, limits)


def _month(one: Immersion, limits: ImmersionLimits) -> Iterator[Fault]:
    latest, ends_on = last_of_months(one.starts_on, limits.longest_months), max(one.agreed.ends_on, one.ends_on)
    if ends_on > latest:
        figures = {"starts_on": one.starts_on, "ends_on": ends_on, "latest_ends_on": latest}
        yield Fault("immersion_longer_than_a_month", limits.article, figures)


def _renewals(one: Immersion, others: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[Fault]:
    """Of the agreement at the head of its chain; one that is not known yet stands for itself."""
    chain = _chain(one, {other.immersion_id: other for other in (*others, one)})
    renewals = [other for other in chain if other.renews is not None]
    if len(renewals) > limits.renewals:
        yield Fault("immersion_renewed_twice", limits.article, {"renewals": len(renewals), "limit": limits.renewals})
    for other in chain:
        if one.renews == other.immersion_id or other.renews == one.immersion_id:
            yield from _difference(one, other, limits)


def _difference(one: Immersion, other: Immersion, limits: ImmersionLimits) -> Iterator[Fault]:
    """Between an immersion and its renewal."""
    if (other.agreed.host_id, other.agreed.object) != (one.agreed.host_id, one.agreed.object):
        figures = {"other_immersion_id": other.immersion_id, "host_id": other.agreed.host_id}
        yield Fault("immersion_renewal_differs", limits.article, figures | {"object": other.agreed.object})


def _chain(one: Immersion, known: Mapping[UUID, Immersion]) -> list[Immersion]:
    """Every immersion joined to it by renewals, itself included, by first day."""
    joined, found = {one.immersion_id, one.renews}, {one.immersion_id}
    while True:
        more = [other for name, other in known.items() if name not in found and joined & {name, other.renews} - {None}]
        if not more:
            return sorted((known[name] for name in found), key=lambda each: (each.starts_on, each.immersion_id))
        for other in more:
            found.add(other.immersion_id)
            joined |= {other.immersion_id, other.renews}


def _host_agreements(one: Immersion, at_host: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[Fault]:
    """Agreements begun within so many months of each other; renewals are none."""
    if one.renews is not None:
        return
    agreements = [other for other in at_host if other.renews is None]
    for span in _spans_around(one, agreements, limits):
        near = [other for other in agreements if span[0] <= other.starts_on <= span[1]]
        same = [other for other in near if _purpose(other) == _purpose(one)]
        if len(near) + 1 > limits.host_agreements or same:
            yield Fault(
                "immersion_host_agreements",
                limits.article,
                {
                    "host_id": one.agreed.host_id,
                    "agreements": len(near) + 1,
                    "limit": limits.host_agreements,
                    "from_day": span[0],
                    "to_day": span[1],
                    "same_purpose_immersion_id": same[0].immersion_id if same else None,
                },
            )
            return


def _purpose(one: Immersion) -> tuple[str, str | None]:
    return one.agreed.object, one.agreed.objective


def _host_days(one: Immersion, at_host: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[Fault]:
    for span in _spans_around(one, at_host, limits):
        days = sum(other.days_in(span) for other in (*at_host, one))
        if days > limits.host_days:
            figures = {"host_id": one.agreed.host_id, "days": days, "limit": limits.host_days}
            yield Fault("immersion_host_days", limits.article, figures | {"from_day": span[0], "to_day": span[1]})
            return


def _spans_around(one: Immersion, others: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[Span]:
    """The spans of months, each from the first day of an immersion, that hold its first day."""
    for start in sorted({other.starts_on for other in (*others, one)}):
        if start <= one.starts_on < after_months(start, limits.host_months):
            yield start, last_of_months(start, limits.host_months)


def _contract_share(
    one: Immersion, others: Sequence[Immersion], known: Mapping[UUID, Employment], limits: ImmersionLimits
) -> Iterator[Fault]:
    """Nothing where its contract, or that contract's last day, is not known."""
    found = [bound for chain in recruitments(known) if (bound := chain.under(limits.contract_types)) is not None]
    mine = _recruitment_of(one, found)
    if mine is None or mine.planned_ends_on is None:
        return
    length = days_of((mine.starts_on, mine.planned_ends_on))
    days = sum(each.days for each in (*others, one) if _recruitment_of(each, found) is mine)
    if days > length * limits.contract_share:
        figures = {"days": days, "limit": int(length * limits.contract_share), "contract_days": length}
        yield Fault(
            "immersion_beyond_contract_share", limits.article, figures | {"contract_id": mine.hires[-1].contract_id}
        )


def _recruitment_of(one: Immersion, found: Sequence[Recruitment]) -> Recruitment | None:
    """Of the contract it names, else of the one with its structure that runs on its first day."""
    for recruitment in found:
        for hire in recruitment.hires:
            if one.agreed.contract_id == hire.contract_id:
                return recruitment
            last = hire.contract.last_day or date.max
            is_running = hire.structure_id == one.agreed.structure_id and hire.starts_on <= one.starts_on <= last
            if one.agreed.contract_id is None and is_running:
                return recruitment
    return None

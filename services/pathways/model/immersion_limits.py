"""Where an immersion is beyond its limits: the same for a decision, and for the alert about one that no longer fits.

A person may have thousands of immersions, and alerts judge each beside all the others: they are found by host, by renewal
and by recruitment, so that nothing here looks at all of them for each. Source: L5135-1, D5135-3; `law/immersions.yaml`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.pathways.law.tables import ImmersionLimits, law_on
from services.pathways.model.immersions import Immersion
from services.pathways.model.recruitments import Recruitment
from services.pathways.model.spans import Span, days_of
from shared.facts.by_day import ByDay
from shared.facts.days import plus
from shared.facts.months import span_end

LimitCode = Literal[
    "immersion_longer_than_a_month",
    "immersion_renewed_twice",
    "immersion_renewal_differs",
    "immersion_host_agreements",
    "immersion_host_days",
    "immersion_beyond_contract_share",
]


class PassedLimit(NamedTuple):
    """One limit that an immersion passes, with the figures that say how: the fields of the refusal of the same code."""

    code: LimitCode
    article: str
    figures: Mapping[str, Any]


class StandingImmersions:
    """The immersions that stand, found by what the limits ask, under the person's contracts as far as known."""

    def __init__(self, binding: BindingRecruitments, standing: Iterable[Immersion] = ()) -> None:
        self._binding = binding
        self._by_id: dict[UUID, Immersion] = {}
        self._renewals: defaultdict[UUID, list[UUID]] = defaultdict(list)
        self._at_host: defaultdict[UUID, list[Immersion]] = defaultdict(list)
        self._days_under: defaultdict[UUID, int] = defaultdict(int)
        for immersion in standing:
            self.add(immersion)

    def add(self, immersion: Immersion) -> None:
        self._by_id[immersion.immersion_id] = immersion
        self._at_host[immersion.agreed.host_id].append(immersion)
        if immersion.renews is not None:
            self._renewals[immersion.renews].append(immersion.immersion_id)
        if (bound := self._binding.of(immersion)) is not None:
            # By the first contract: it names the recruitment, whose length the share is of.
            self._days_under[bound.hires[0].contract_id] += immersion.days

    def passed_limits(self, immersion: Immersion) -> Iterator[PassedLimit]:
        """Limits that an immersion passes beside these, which must not hold it. None of one that ends before it starts."""
        if immersion.agreed.ends_on < immersion.starts_on:
            return
        limits = law_on(immersion.starts_on).immersions
        at_host = _near(immersion, self._at_host.get(immersion.agreed.host_id, ()), limits)
        # All that it passes are told: one agreement may pass several, and mending one alone would not make it fit.
        yield from _length(immersion, limits)
        yield from _renewals(immersion, self._chain(immersion), limits)
        if at_host:  # the only one is not too many, nor of another's purpose
            yield from _host_agreements(immersion, at_host, limits)
        yield from _host_days(immersion, at_host, limits)
        yield from self._contract_share(immersion, limits)

    def first_day_at_host(self, immersion: Immersion) -> date:
        """The first day from its own on, on which an agreement like it may begin with its host, other limits apart."""
        host, day = self._at_host.get(immersion.agreed.host_id, ()), immersion.starts_on
        while True:
            moved = Immersion(immersion.agreed.model_copy(update={"starts_on": day, "ends_on": day}))
            limits = law_on(day).immersions
            passed = next(_host_agreements(moved, _near(moved, host, limits), limits), None)
            if passed is None:
                return day
            # Beyond the span that held it, and with it beyond one of the agreements: those to come may fill the next.
            day = plus(passed.figures["to_day"], 1)

    def _chain(self, immersion: Immersion) -> list[Immersion]:
        """Every immersion joined to it by renewals, backwards and forwards, itself left out."""
        if immersion.renews is None and immersion.immersion_id not in self._renewals:
            return []
        found: list[Immersion] = []
        seen: set[UUID] = set()
        waiting = [immersion.immersion_id]
        while waiting:
            immersion_id = waiting.pop()
            if immersion_id in seen:  # renewals may go round in a circle
                continue
            seen.add(immersion_id)
            other = immersion if immersion_id == immersion.immersion_id else self._by_id.get(immersion_id)
            waiting += self._renewals.get(immersion_id, ())
            if other is not None and other.renews is not None:
                waiting.append(other.renews)
            if other is not None and other is not immersion:
                found.append(other)
        return found

    def _contract_share(self, immersion: Immersion, limits: ImmersionLimits) -> Iterator[PassedLimit]:
        """Days of all immersions of the recruitment. Nothing where the contract, or its planned last day, is not known."""
        bound = self._binding.of(immersion)
        if bound is None or bound.planned_ends_on is None:
            return
        length = days_of((bound.starts_on, bound.planned_ends_on))
        days = self._days_under[bound.hires[0].contract_id] + immersion.days
        # Not rounded: of 30 days a quarter is 7.5, and eight are too many; what is shown as the limit are whole days.
        if days > length * limits.contract_share:
            figures = {"days": days, "limit": int(length * limits.contract_share), "contract_days": length}
            contract = {"contract_id": bound.hires[-1].contract_id}
            yield PassedLimit("immersion_beyond_contract_share", limits.share_article, figures | contract)


class BindingRecruitments:
    """Recruitments whose length limits immersions, by the types of contracts that the law names."""

    def __init__(self, recruited: Sequence[Recruitment]) -> None:
        self._recruited = recruited
        self._under: dict[tuple[str, ...], _RecruitmentsUnder] = {}

    def of(self, immersion: Immersion) -> Recruitment | None:
        """The one whose length limits it; None: nothing does. The types of contracts may differ by its first day."""
        contract_types = law_on(immersion.starts_on).immersions.contract_types
        if contract_types not in self._under:
            self._under[contract_types] = _RecruitmentsUnder(self._recruited, contract_types)
        return self._under[contract_types].of(immersion)


class _RecruitmentsUnder:
    """Recruitments under contracts of some types, by contract, and by structure and day."""

    def __init__(self, recruited: Sequence[Recruitment], contract_types: tuple[str, ...]) -> None:
        found = [part for whole in recruited if (part := whole.under(contract_types)) is not None]
        # by first day and id alone: the contracts themselves do not compare
        hires = sorted(((hire, bound) for bound in found for hire in bound.hires), key=lambda pair: pair[0][:2])
        in_structure: defaultdict[UUID, list[tuple[date, date, Recruitment]]] = defaultdict(list)
        for hire, bound in hires:
            in_structure[hire.structure_id].append((hire.starts_on, hire.contract.last_day or date.max, bound))
        self._of_contract = {hire.contract_id: bound for hire, bound in hires}
        self._in_structure = {structure_id: ByDay(lasting) for structure_id, lasting in in_structure.items()}

    def of(self, immersion: Immersion) -> Recruitment | None:
        """Of the contract it names, else of one with its structure that runs on its first day."""
        if immersion.agreed.contract_id is not None:
            return self._of_contract.get(immersion.agreed.contract_id)
        running = self._in_structure.get(immersion.agreed.structure_id)
        return running.touching(immersion.starts_on, immersion.starts_on) if running is not None else None


def _length(immersion: Immersion, limits: ImmersionLimits) -> Iterator[PassedLimit]:
    latest = span_end(immersion.starts_on, limits.longest_months)
    # What was agreed is judged, and what came of it where it lasted longer; ending early mends no agreement.
    ends_on = max(immersion.agreed.ends_on, immersion.ends_on)
    if ends_on > latest:
        figures = {"starts_on": immersion.starts_on, "ends_on": ends_on, "latest_ends_on": latest}
        yield PassedLimit("immersion_longer_than_a_month", limits.article, figures)


def _renewals(immersion: Immersion, chain: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[PassedLimit]:
    renewals = sum(other.renews is not None for other in (*chain, immersion))
    if renewals > limits.renewals:
        yield PassedLimit("immersion_renewed_twice", limits.article, {"renewals": renewals, "limit": limits.renewals})
    for other in chain:
        # Neighbours only: each renewal is held against what it renews, so that one difference is told once.
        is_next = immersion.renews == other.immersion_id or other.renews == immersion.immersion_id
        if is_next and not _keeps(immersion, other):
            figures = {"other_immersion_id": other.immersion_id, "host_id": other.agreed.host_id}
            purpose = {"object": other.agreed.object, "objective": other.agreed.objective}
            yield PassedLimit("immersion_renewal_differs", limits.article, figures | purpose)


def _keeps(immersion: Immersion, renewed: Immersion) -> bool:
    """The same host, object and objectives; objectives that one of them does not say are not known to differ."""
    objectives = {immersion.agreed.objective, renewed.agreed.objective} - {None}
    keeps = renewed.agreed.host_id == immersion.agreed.host_id and renewed.agreed.object == immersion.agreed.object
    return keeps and len(objectives) <= 1


def _host_agreements(
    immersion: Immersion, at_host: Sequence[Immersion], limits: ImmersionLimits
) -> Iterator[PassedLimit]:
    """Agreements begun within so many months of each other; renewals are none. One passed limit is told, of the
    first span that holds too many, else of the first that holds one of the same purpose."""
    if immersion.renews is not None:
        return
    agreements = [other for other in at_host if other.renews is None]
    same_purpose = None
    for span in _spans_around(immersion, agreements, limits):
        near = [other for other in agreements if span[0] <= other.starts_on <= span[1]]
        same = next((other for other in near if _purpose(other) == _purpose(immersion)), None)
        passed = _host_agreements_passed(immersion, span, len(near) + 1, same, limits)
        # The number before the purpose: where a span holds too many, another purpose mends nothing.
        if len(near) + 1 > limits.host_agreements:
            yield passed
            return
        if same is not None and same_purpose is None:
            same_purpose = passed
    if same_purpose is not None:
        yield same_purpose


def _host_agreements_passed(
    immersion: Immersion, span: Span, agreements: int, same: Immersion | None, limits: ImmersionLimits
) -> PassedLimit:
    is_purpose_alone = same is not None and agreements <= limits.host_agreements
    figures = {
        "host_id": immersion.agreed.host_id,
        "agreements": agreements,
        "limit": limits.host_agreements,
        "from_day": span[0],
        "to_day": span[1],
        "same_purpose_immersion_id": None if same is None else same.immersion_id,
        "same_purpose_starts_on": same.starts_on if same is not None and is_purpose_alone else None,
    }
    return PassedLimit("immersion_host_agreements", limits.article, figures)


def _purpose(immersion: Immersion) -> tuple[str, str | None]:
    return immersion.agreed.object, immersion.agreed.objective


def _host_days(immersion: Immersion, at_host: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[PassedLimit]:
    """Days with one host, renewals included, within so many months. One passed limit is told, of the first such span."""
    for span in _spans_around(immersion, at_host, limits):
        days = sum(other.days_in(span) for other in (*at_host, immersion))
        if days > limits.host_days:
            figures = {"host_id": immersion.agreed.host_id, "days": days, "limit": limits.host_days}
            yield PassedLimit("immersion_host_days", limits.article, figures | {"from_day": span[0], "to_day": span[1]})
            return


def _near(immersion: Immersion, at_host: Sequence[Immersion], limits: ImmersionLimits) -> list[Immersion]:
    """Those that some span of months may hold together with it."""
    if not at_host:  # nearly always: no month is counted for nobody
        return []
    first = plus(span_end(immersion.starts_on, -limits.host_months), 1)
    last = span_end(immersion.starts_on, limits.host_months)
    return [other for other in at_host if first <= other.starts_on <= last]


def _spans_around(immersion: Immersion, others: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[Span]:
    """The spans of months, each from the first day of an immersion, that hold its first day."""
    # If any span of so many months holds too much, so does one that begins with an immersion: no other is looked at.
    for start in sorted({other.starts_on for other in (*others, immersion)}):
        last = span_end(start, limits.host_months)
        if start <= immersion.starts_on <= last:
            yield start, last

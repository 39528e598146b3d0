"""Where an immersion is beyond its limits: the same for a decision, and for what no longer fits later.

Persons may have very many: nothing here looks at all of them for each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.pathways.law.tables import ImmersionLimits, rules_on
from services.pathways.model.days import Span, after_months, days_of, last_of_months
from services.pathways.model.employments import Employment
from services.pathways.model.immersions import Immersion
from services.pathways.model.recruitments import Recruitment, recruitments
from shared.facts.by_day import ByDay

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


class Beside:
    """The immersions that stand, found by what the limits ask, under the person's contracts as far as known."""

    def __init__(self, known: Mapping[UUID, Employment], stand: Iterable[Immersion] = ()) -> None:
        self._contracts = known
        self._bounds: dict[tuple[str, ...], Bounds] = {}
        self._by_id: dict[UUID, Immersion] = {}
        self._renewals: defaultdict[UUID, list[UUID]] = defaultdict(list)
        self._at_host: defaultdict[UUID, list[Immersion]] = defaultdict(list)
        self._days_under: defaultdict[UUID, int] = defaultdict(int)
        for one in stand:
            self.add(one)

    def add(self, one: Immersion) -> None:
        self._by_id[one.immersion_id] = one
        self._at_host[one.agreed.host_id].append(one)
        if one.renews is not None:
            self._renewals[one.renews].append(one.immersion_id)
        if (bound := self._bound(one)) is not None:
            self._days_under[bound.hires[0].contract_id] += one.days

    def faults(self, one: Immersion) -> Iterator[Fault]:
        """Limits that an immersion passes beside these."""
        if one.agreed.ends_on < one.starts_on:
            return
        limits = rules_on(one.starts_on).immersions
        at_host = _near(one, self._at_host.get(one.agreed.host_id, ()), limits)
        yield from _month(one, limits)
        yield from _renewals(one, self._chain(one), limits)
        yield from _host_agreements(one, at_host, limits)
        yield from _host_days(one, at_host, limits)
        yield from self._contract_share(one, limits)

    def _chain(self, one: Immersion) -> list[Immersion]:
        """Every immersion joined to it by renewals, itself left out."""
        found: list[Immersion] = []
        seen: set[UUID] = set()
        names = [one.immersion_id]
        while names:
            name = names.pop()
            if name in seen:
                continue
            seen.add(name)
            other = one if name == one.immersion_id else self._by_id.get(name)
            names += self._renewals.get(name, ())
            if other is not None and other.renews is not None:
                names.append(other.renews)
            if other is not None and other is not one:
                found.append(other)
        return found

    def _contract_share(self, one: Immersion, limits: ImmersionLimits) -> Iterator[Fault]:
        """Nothing where its contract, or that contract's last day, is not known."""
        bound = self._bound(one)
        if bound is None or bound.planned_ends_on is None:
            return
        length = days_of((bound.starts_on, bound.planned_ends_on))
        days = self._days_under[bound.hires[0].contract_id] + one.days
        if days > length * limits.contract_share:
            figures = {"days": days, "limit": int(length * limits.contract_share), "contract_days": length}
            contract = {"contract_id": bound.hires[-1].contract_id}
            yield Fault("immersion_beyond_contract_share", limits.article, figures | contract)

    def _bound(self, one: Immersion) -> Recruitment | None:
        """The recruitment whose length limits it."""
        contract_types = rules_on(one.starts_on).immersions.contract_types
        if contract_types not in self._bounds:
            self._bounds[contract_types] = Bounds(self._contracts, contract_types)
        return self._bounds[contract_types].of(one)


class Bounds:
    """Recruitments under contracts of some types, by contract, and by structure and day."""

    def __init__(self, known: Mapping[UUID, Employment], contract_types: tuple[str, ...]) -> None:
        found = [bound for each in recruitments(known) if (bound := each.under(contract_types)) is not None]
        hires = sorted(((hire, bound) for bound in found for hire in bound.hires), key=lambda pair: pair[0][:2])
        in_structure: defaultdict[UUID, list[tuple[date, date, Recruitment]]] = defaultdict(list)
        for hire, bound in hires:
            in_structure[hire.structure_id].append((hire.starts_on, hire.contract.last_day or date.max, bound))
        self._of_contract = {hire.contract_id: bound for hire, bound in hires}
        self._in_structure = {structure_id: ByDay(lasting) for structure_id, lasting in in_structure.items()}

    def of(self, one: Immersion) -> Recruitment | None:
        """Of the contract it names, else of one with its structure that runs on its first day."""
        if one.agreed.contract_id is not None:
            return self._of_contract.get(one.agreed.contract_id)
        running = self._in_structure.get(one.agreed.structure_id)
        return running.touching(one.starts_on, one.starts_on) if running is not None else None


def _month(one: Immersion, limits: ImmersionLimits) -> Iterator[Fault]:
    latest, ends_on = last_of_months(one.starts_on, limits.longest_months), max(one.agreed.ends_on, one.ends_on)
    if ends_on > latest:
        figures = {"starts_on": one.starts_on, "ends_on": ends_on, "latest_ends_on": latest}
        yield Fault("immersion_longer_than_a_month", limits.article, figures)


def _renewals(one: Immersion, chain: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[Fault]:
    renewals = sum(other.renews is not None for other in (*chain, one))
    if renewals > limits.renewals:
        yield Fault("immersion_renewed_twice", limits.article, {"renewals": renewals, "limit": limits.renewals})
    for other in chain:
        is_next = one.renews == other.immersion_id or other.renews == one.immersion_id
        if is_next and (other.agreed.host_id, other.agreed.object) != (one.agreed.host_id, one.agreed.object):
            figures = {"other_immersion_id": other.immersion_id, "host_id": other.agreed.host_id}
            yield Fault("immersion_renewal_differs", limits.article, figures | {"object": other.agreed.object})


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


def _near(one: Immersion, at_host: Sequence[Immersion], limits: ImmersionLimits) -> list[Immersion]:
    """Those that some span of months may hold together with it."""
    first, last = after_months(one.starts_on, -limits.host_months), last_of_months(one.starts_on, limits.host_months)
    return [other for other in at_host if first <= other.starts_on <= last]


def _spans_around(one: Immersion, others: Sequence[Immersion], limits: ImmersionLimits) -> Iterator[Span]:
    """The spans of months, each from the first day of an immersion, that hold its first day."""
    for start in sorted({other.starts_on for other in (*others, one)}):
        if start <= one.starts_on < after_months(start, limits.host_months):
            yield start, last_of_months(start, limits.host_months)

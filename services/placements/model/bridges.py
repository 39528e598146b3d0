"""Contrats passerelles (placements of purpose `bridge`): where the law's lengths are not kept.

Figures in law/bridges.yaml. Readings of it that are ours: a further placement with the same client is a renewal; an
agreement whose last day was moved on is one renewed; without that, an agreement has one term however long it is said to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal
from uuid import UUID

from services.placements.law.tables import law_on
from services.placements.model.placements import Placement
from shared.facts.days import plus
from shared.facts.months import span_end


@dataclass(frozen=True, slots=True)
class BridgeBreach:
    """Counts where the structure is of one of `structure_kinds` on `since`. `allowed_on`: too early, the first day it
    might have begun; too long, the last it might have had. `until`: None where the bridge has no end yet."""

    kind: Literal["bridge_too_early", "bridge_too_long"]
    placement: Placement
    since: date
    until: date | None
    allowed_on: date
    structure_kinds: tuple[str, ...]
    article: str


def breaches(placed: Iterable[Placement], pathway_starts_on: date | None) -> Iterator[BridgeBreach]:
    """At most one of each kind for a bridge; too early only where the first day of the pathway is known."""
    lines: dict[tuple[UUID, UUID], list[Placement]] = {}
    for placement in sorted(placed, key=lambda placement: placement.starts_on):
        if placement.purpose == "bridge":
            lines.setdefault((placement.structure_id, placement.client_id), []).append(placement)
            if pathway_starts_on is not None:
                yield from _too_early(placement, pathway_starts_on)
    for line in lines.values():
        yield from _too_long(line)


def _too_early(bridge: Placement, pathway_starts_on: date) -> Iterator[BridgeBreach]:
    rule = law_on(bridge.starts_on).bridges
    # After that many whole months: their last day is one day too early.
    allowed_on = plus(span_end(pathway_starts_on, rule.after_months), 1)
    if bridge.starts_on < allowed_on:
        until = min(plus(allowed_on, -1), bridge.last_day or allowed_on)
        yield BridgeBreach(
            kind="bridge_too_early",
            placement=bridge,
            since=bridge.starts_on,
            until=until,
            allowed_on=allowed_on,
            structure_kinds=tuple(sorted(rule.kinds)),
            article=rule.article,
        )


def _too_long(line: Sequence[Placement]) -> Iterator[BridgeBreach]:
    """Of the bridges of one structure with one client, by first day: those that pass the terms they may have."""
    used = 0
    for bridge in line:
        rule = law_on(bridge.starts_on).bridges
        # Terms that earlier bridges with this client have used are not there any more, however short those were.
        terms = max(min(1 + _extensions(bridge), 1 + rule.renewals - used), 0)
        last_allowed = span_end(bridge.starts_on, terms * rule.months)
        if bridge.last_day is None or bridge.last_day > last_allowed:
            yield BridgeBreach(
                kind="bridge_too_long",
                placement=bridge,
                since=plus(last_allowed, 1),
                until=bridge.last_day,
                allowed_on=last_allowed,
                structure_kinds=tuple(sorted(rule.kinds)),
                article=rule.article,
            )
        used += _terms(bridge, rule.months, terms)


def _extensions(bridge: Placement) -> int:
    """How often its last day was moved on."""
    return sum(before < after for before, after in pairwise(bridge.agreed_ends))


def _terms(bridge: Placement, months: int, at_most: int) -> int:
    """The terms it takes of those it may have, one at least."""
    for terms in range(1, at_most):
        if bridge.last_day is not None and bridge.last_day <= span_end(bridge.starts_on, terms * months):
            return terms
    return max(at_most, 1)

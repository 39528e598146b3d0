"""Alerts about contrats passerelles: placements of purpose `bridge` begun too early, or that last too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from services.pathways.facts import PathwayClosed
from services.pathways.model.pathways import pathway_number
from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded
from services.placements.model.bridges import breaches
from services.placements.model.placements import Placement, placements
from services.projections.alerts.alert import MEDIUM, AlertSource, PersonAlert
from services.projections.tables.facts_by_day import OF_CONTRACTS
from services.projections.tables.pathway_spans import spans
from services.projections.tables.subject_facts import Kinds, SubjectFacts


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    """By pathway: another one begins its own months."""
    for pathway_starts_on, bridges in _by_pathway(subject).items():
        for breach in breaches(bridges, pathway_starts_on):
            yield PersonAlert(
                person_id=subject.id,
                kind=breach.kind,
                about_id=breach.placement.placement_id,
                since=breach.since,
                structure_kinds=" ".join(breach.structure_kinds),
                until=breach.until,
                article=breach.article,
                severity=MEDIUM,
                structure_id=breach.placement.structure_id,
                placement_id=breach.placement.placement_id,
            )


def _by_pathway(subject: SubjectFacts) -> dict[date | None, list[Placement]]:
    """Bridges by the first day of the pathway they belong to; None: no hire known."""
    if not _has_bridges(subject):
        return {}
    bridges = [placement for placement in placements(subject.settled) if placement.purpose == "bridge"]
    pathways = subject.once(spans)
    by_pathway: dict[date | None, list[Placement]] = defaultdict(list)
    for bridge in bridges:
        starts_on = pathways[pathway_number(pathways, bridge.starts_on) - 1].starts_on if pathways else None
        by_pathway[starts_on].append(bridge)
    return by_pathway


def _reads(subject: SubjectFacts) -> Kinds:
    """Who is lent day by day has hundreds of placements, and no bridge."""
    return (PlacementChanged, PlacementEnded, *OF_CONTRACTS, PathwayClosed) if _has_bridges(subject) else ()


def _has_bridges(subject: SubjectFacts) -> bool:
    return any(agreed.purpose == "bridge" for agreed in subject.of(PlacementAgreed))


SOURCE = AlertSource(
    kinds=("bridge_too_early", "bridge_too_long"),
    alerts=alerts,
    about=(PlacementAgreed,),
    reads=_reads,
)

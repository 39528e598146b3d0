"""Alerts about contrats passerelles: placements of purpose `bridge` begun too early, or that last too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.pathways.model.pathways import pathway_number
from services.placements.model.bridges import breaches
from services.placements.model.placements import Placement, placements
from services.projections.alerts.alert import MEDIUM, PersonAlert
from services.projections.tables.history import History
from services.projections.tables.pathways import spans


def alerts(history: History) -> Iterator[PersonAlert]:
    """By pathway: another one begins its own months."""
    for pathway_starts_on, bridges in _by_pathway(history).items():
        for found in breaches(bridges, pathway_starts_on):
            yield PersonAlert(
                history.subject_id,
                found.kind,
                found.placement.placement_id,
                found.since,
                " ".join(found.structure_kinds),
                found.until,
                found.article,
                MEDIUM,
                found.placement.structure_id,
                placement_id=found.placement.placement_id,
            )


def _by_pathway(history: History) -> dict[date | None, list[Placement]]:
    """Bridges by the first day of the pathway they belong to; None: no hire known."""
    bridges = [one for one in placements(history.settled) if one.purpose == "bridge"]
    known = history.once(spans) if bridges else []
    found: dict[date | None, list[Placement]] = {}
    for one in bridges:
        starts_on = known[pathway_number(known, one.starts_on) - 1].starts_on if known else None
        found.setdefault(starts_on, []).append(one)
    return found

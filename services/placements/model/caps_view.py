"""What a person may still be lent to companies on a day, as the API answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.placements.law.tables import ClientKindRule, Law, law_on
from services.placements.model.placements import placements
from services.placements.model.true_by import decided_by, true_by
from services.placements.model.windows import Scope, Window, window_ends_on, windows
from services.placements.model.world import World
from shared.deciding.refusals import plain
from shared.facts.fact import Recorded


def caps_view(
    settled: Sequence[Recorded], world: World, scope: Scope, on: date, structure_id: UUID | None = None
) -> dict[str, Any]:
    """The JSON of one person on that day, by what was true by then: a cap for each association that has lent the person,
    or for the one asked, even where it has not yet; none for a structure that the cap is not about, or of which nothing
    is known."""
    law, true_facts = law_on(on), true_by(settled, on)
    found = windows(true_facts, world, scope, on)
    asked = _associations(true_facts, world) if structure_id is None else [structure_id]
    if structure_id is not None and not _is_concerned(structure_id, true_facts, world, on):
        asked = []
    view: dict[str, Any] = plain(
        {
            "on": on,
            "scope": scope,
            "caps": [_cap(association, found, world, scope, on) for association in asked],
            "capped_client_kinds": [_kind(row) for row in law.client_kinds.values() if row.capped],
            "free_client_kinds": [_kind(row) for row in law.client_kinds.values() if not row.capped],
        }
    )
    return view


def _associations(settled: Sequence[Recorded], world: World) -> list[UUID]:
    """In the order in which they first lent the person."""
    concerned = (
        placement.structure_id
        for placement in placements(settled)
        if world.structure_kind(placement.structure_id, placement.starts_on)
        in law_on(placement.starts_on).cap_structures.kinds
    )
    return list(dict.fromkeys(concerned))


def _is_concerned(structure_id: UUID, settled: Sequence[Recorded], world: World, on: date) -> bool:
    is_one = world.structure_kind(structure_id, on) in law_on(on).cap_structures.kinds
    return is_one or structure_id in _associations(settled, world)


def _cap(structure_id: UUID, found: Sequence[Window], world: World, scope: Scope, on: date) -> dict[str, Any]:
    windows_there = [window for window in found if scope == "person" or window.structure_id == structure_id]
    is_open = next((window for window in windows_there if window.holds(on)), None)
    # People ask before they agree: the answer is about the window that the placement would fall in.
    window = is_open or _would_open(structure_id if scope == "structure" else None, windows_there, on)
    # As decided by that day: a derogation granted since lifted nothing on the day asked about.
    window = replace(window, derogations={structure_id: decided_by(world.derogations(structure_id), on)})
    law = law_on(window.starts_on)
    limit = window.limit_on(on, structure_id)
    derogation = window.derogation_on(on, structure_id)
    return {
        "structure_id": structure_id,
        "window": is_open and {"starts_on": is_open.starts_on, "ends_on": is_open.ends_on},
        "limit": limit,
        "hours_worked": window.worked,
        "hours_planned": window.planned(on),
        "hours_left": window.left(on, structure_id),
        "lifted": derogation
        and {"derogation_id": derogation.derogation_id, "until": derogation.ends_on, "limit": derogation.limit},
        "warning": None if limit is None else _warning(window, limit, law),
        "article": law.cap.article,
        "confidence": law.cap.confidence,
    }


def _would_open(structure_id: UUID | None, windows_there: Sequence[Window], on: date) -> Window:
    """The window of a placement that began that day; what comes after it anyhow counts in it."""
    cap = law_on(on).cap
    ends_on = window_ends_on(on)
    entries = tuple(entry for window in windows_there for entry in window.entries if on <= entry.day <= ends_on)
    loans = windows_there[0].placements if windows_there else ()
    return Window(
        structure_id=structure_id,
        starts_on=on,
        ends_on=ends_on,
        limit=float(cap.limit),
        entries=entries,
        placements=loans,
        derogations={},
    )


def _warning(window: Window, limit: float, law: Law) -> dict[str, Any]:
    at = round(limit * law.cap_warning.share, 4)
    return {"share": law.cap_warning.share, "at_hours": at, "reached": window.worked >= at}


def _kind(row: ClientKindRule) -> dict[str, Any]:
    return {"kind": row.kind, "confidence": row.confidence, "source": row.source}

"""What of a person's agréments is told to a structure that has to do with the person: the agrément reckoned on all facts,
and of who moved it and why only what it said itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.agrement.facts import AgrementGranted, Prolonged, Suspended
from shared.facts.fact import Recorded


def told_view(view: dict[str, Any], own: Sequence[Recorded]) -> dict[str, Any]:
    """`view`: as `person_view` gives it of all facts; `own`: those of them that were said for the asker."""
    return {**view, "agrements": [_told(agrement, own) for agrement in view["agrements"]]}


def _told(agrement: dict[str, Any], own: Sequence[Recorded]) -> dict[str, Any]:
    """A field that others' facts move is null: what is null for one asker is told to the one who said it."""
    granted = {str(fact.data.agrement_id) for fact in own if isinstance(fact.data, AgrementGranted)}
    suspended = {str(fact.data.suspension_id) for fact in own if isinstance(fact.data, Suspended)}
    prolonged = {str(fact.data.prolongation_id) for fact in own if isinstance(fact.data, Prolonged)}
    suspensions = [one for one in agrement["suspensions"] if one["suspension_id"] in suspended]
    prolongations = [one for one in agrement["prolongations"] if one["prolongation_id"] in prolonged]
    all_suspensions_are_own = len(suspensions) == len(agrement["suspensions"])
    all_prolongations_are_own = len(prolongations) == len(agrement["prolongations"])
    window = agrement["prolongation_window"]
    said = {(fact.id, fact.type) for fact in own}
    return {
        **agrement,
        "origin": agrement["origin"] if agrement["agrement_id"] in granted else None,
        "ends_on_if_resumed": agrement["ends_on_if_resumed"] if all_suspensions_are_own else None,
        "suspensions": suspensions,
        "prolongations": prolongations,
        "next_suspension": agrement["next_suspension"] if all_suspensions_are_own else None,
        # Which reasons are left tells for which ones days were given before.
        "prolongation_window": {**window, "allowed": window["allowed"] if all_prolongations_are_own else None},
        "explained": [moved for moved in agrement["explained"] if (moved["fact_id"], moved["type"]) in said],
    }

"""The cap on hours with companies on a day, by walking through the days (pathways.md §5 and §9).

"A past day is the past": what was true by that day counts, and nothing after it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracle.history import Fact, History, last_day_of, occurred_on, settled
from tests.oracle.months import DAY, span_end

CAPPED_CLIENTS = ("company", "public_industrial", "public_administrative", "local_authority")


class Town:
    """Kinds of structures and clients; derogations as (structure, first day, last day, limit or none)."""

    def __init__(self, structures: dict[str, str], clients: dict[str, str], derogations: list[Any]) -> None:
        self.structures, self.clients, self.derogations = structures, clients, derogations


def rule_of(window_starts_on: date) -> tuple[float, int]:
    """Hours over months: "480 hours per employee over 24 months…; before: 240 h over 12 months (2002)"."""
    return (480, 24) if window_starts_on >= date(2009, 1, 1) else (240, 12)


def cap_on(history: History, town: Town, structure: str, on: date) -> dict[str, Any] | None:
    """The window open on that day at that structure: window, limit, worked, planned, left. None: none is open."""
    known = [one for one in settled(history) if is_known(one, on)]
    placements = capped_placements(known, town, structure)
    entries = counted_hours(known, placements)
    window = open_window(placements, entries, on)
    if window is None:
        return None
    worked = round(sum(hours for day, hours in entries if window[0] <= day <= window[1]), 4)
    counted = [one for one in placements if window[0] <= max(one["starts_on"], on) <= window[1]]
    planned = round(sum(left_of(one, known, on) for one in counted), 4)
    limit = limit_on(town, structure, on, rule_of(window[0])[0])
    left = None if limit is None else max(round(limit - worked - planned, 4), 0)
    return {"window": window, "limit": limit, "worked": worked, "planned": planned, "left": left}


def is_known(one: Fact, on: date) -> bool:
    """True by that day; a placement agreed for later, once that was said: what is agreed counts before it begins."""
    return occurred_on(one) <= on or (one["type"] == "placements.placement_agreed" and one["said"] <= on)


def capped_placements(known: History, town: Town, structure: str) -> list[dict[str, Any]]:
    """With what is known of each by then: its last day if one is agreed or it has ended, its planned hours."""
    found = []
    for one in known:
        data = one["data"]
        if one["type"] != "placements.placement_agreed" or data["structure_id"] != structure:
            continue
        if town.structures[structure] != "AI" or town.clients[data["client_id"]] not in CAPPED_CLIENTS:
            continue
        placement = {
            "name": data["placement_id"],
            "starts_on": data["starts_on"],
            "ends_on": data.get("ends_on"),
            "planned": data.get("planned_hours") or 0,
            "ended": False,
        }
        for later in about(placement, known):
            if later["type"] == "placements.placement_changed":
                placement["ends_on"] = later["data"].get("ends_on") or placement["ends_on"]
                planned = later["data"].get("planned_hours")
                placement["planned"] = placement["planned"] if planned is None else planned
            else:
                placement["ends_on"], placement["ended"] = later["data"]["ended_on"], True
        found.append(placement)
    return found


def about(placement: dict[str, Any], known: History) -> list[Fact]:
    kinds = ("placements.placement_changed", "placements.placement_ended")
    return [one for one in known if one["type"] in kinds and one["data"]["placement_id"] == placement["name"]]


def hours_of(placement: dict[str, Any], known: History) -> list[tuple[date, float]]:
    """Day by which they go, and hours; a month told whole goes by its first day, in the placement."""
    found = []
    for one in known:
        data = one["data"]
        if one["type"] != "placements.hours_worked" or data.get("placement_id") != placement["name"]:
            continue
        if data.get("mode") == "provision":
            continue
        first = data.get("from_day") or last_day_of(data["month"]).replace(day=1)
        found.append((max(first, placement["starts_on"]), data["hours"]))
    return found


def counted_hours(known: History, placements: list[dict[str, Any]]) -> list[tuple[date, float]]:
    return [entry for placement in placements for entry in hours_of(placement, known)]


def open_window(
    placements: list[dict[str, Any]], entries: list[tuple[date, float]], on: date
) -> tuple[date, date] | None:
    """Day after day: where no window is open and a capped placement runs, or hours of one were worked, one opens."""
    if not placements:
        return None
    window = None
    day = min(one["starts_on"] for one in placements)
    while day <= on:
        runs = any(one["starts_on"] <= day and (one["ends_on"] is None or day <= one["ends_on"]) for one in placements)
        if (window is None or window[1] < day) and (runs or any(day == worked for worked, _ in entries)):
            window = (day, span_end(day, rule_of(day)[1]))
        day += DAY
    return window if window and on <= window[1] else None


def left_of(placement: dict[str, Any], known: History, on: date) -> float:
    """Planned and not yet worked, while the placement runs: "released when they end"."""
    if placement["ended"] or (placement["ends_on"] is not None and placement["ends_on"] < on):
        return 0
    worked = sum(hours for _, hours in hours_of(placement, known))
    left: float = max(round(placement["planned"] - worked, 4), 0)
    return left


def limit_on(town: Town, structure: str, on: date, limit: float) -> float | None:
    """Lifted, or moved, by a derogation that runs; of several the most generous."""
    running = [one for one in town.derogations if one[0] == structure and one[1] <= on <= one[2]]
    if not running:
        return limit
    return None if any(one[3] is None for one in running) else max(one[3] for one in running)

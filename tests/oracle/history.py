"""Facts as plain dictionaries, told in a line each, and which of them stand (design.md §3)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

Fact = dict[str, Any]
"""`type` without version, `id`, `said` (Paris day of its `time`), `hour`, `replaces`, and `data`: days are dates, ids
are names."""

History = list[Fact]

OCCURRED_ON = {
    "agrement.agrement_granted": "granted_on",
    "agrement.start_moved": "moved_on",
    "agrement.suspended": "starts_on",
    "agrement.suspension_changed": "changed_on",
    "agrement.suspension_removed": "removed_on",
    "agrement.prolonged": "starts_on",
    "agrement.agrement_closed": "closed_on",
    "agrement.agrement_cancelled": "cancelled_on",
    "agrement.fact_voided": "voided_on",
    "pathways.hired": "starts_on",
    "pathways.contract_changed": "changed_on",
    "pathways.fact_voided": "voided_on",
    "placements.placement_agreed": "starts_on",
    "placements.placement_changed": "changed_on",
    "placements.placement_ended": "ended_on",
    "placements.hours_worked": "to_day",
}
"""In the order of the catalogue."""

TYPES = list(OCCURRED_ON)


def day(text: str | date) -> date:
    return text if isinstance(text, date) else date.fromisoformat(text)


def fact(kind: str, said: str | date, name: str, replaces: str | None = None, hour: int = 12, **data: Any) -> Fact:
    """A fact said at noon of a day; fields that end in `_on` or `_day` are days, given as text or not."""
    read = {
        key: day(value) if value is not None and key.endswith(("_on", "_day")) else value for key, value in data.items()
    }
    return {"type": kind, "id": name, "said": day(said), "hour": hour, "replaces": replaces, "data": read}


def occurred_on(one: Fact) -> date:
    found: date | None = one["data"].get(OCCURRED_ON[one["type"]])
    if found is None and one["type"] == "placements.hours_worked":
        return last_day_of(one["data"]["month"])
    assert found is not None
    return found


def declared_on(one: Fact) -> date:
    """ "The fact's own `declared_on` (`granted_on`, …), by default the Paris day of `time`"."""
    if one["type"] in ("agrement.suspended", "agrement.prolonged"):
        found: date | None = one["data"].get("declared_on")
        return found or one["said"]
    return occurred_on(one)


def order_of_truth(one: Fact) -> tuple[Any, ...]:
    return (occurred_on(one), TYPES.index(one["type"]), one["said"], one["hour"], one["id"])


def last_day_of(month: str) -> date:
    first = date.fromisoformat(f"{month}-01")
    return max(first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == first.month)


def settled(history: History) -> History:
    """What stands: neither voided (a void of a void restores) nor replaced by one that stands; in the order of truth."""
    standing = [one for one in history if stands(one, history)]
    return sorted((one for one in standing if "voided" not in one["type"]), key=order_of_truth)


def service(one: Fact) -> str:
    return str(one["type"]).partition(".")[0]


class Circle(Exception):
    """Whether a fact stands hangs on whether it stands."""


def is_unvoided(one: Fact, history: History, asked: tuple[str, ...] = ()) -> bool:
    """Whether no void of it stands itself."""
    if one["id"] in asked:
        raise Circle
    voids = [it for it in history if "voided" in it["type"] and service(it) == service(one)]
    return not any(it["data"]["fact_id"] == one["id"] and stands(it, history, (*asked, one["id"])) for it in voids)


def stands(one: Fact, history: History, asked: tuple[str, ...] = ()) -> bool:
    """Of the facts joined by `replaces`, voided ones among them, the last by `time` whose place nothing in force takes."""
    joined = [it for it in history if first(it, history) == first(one, history)]
    unvoided = [it for it in joined if is_unvoided(it, history, asked)]
    ends = [it for it in unvoided if not takers(it, unvoided, history)]
    return bool(ends) and one is max(ends, key=lambda it: (it["said"], it["hour"], it["id"]))


def takers(one: Fact, unvoided: History, history: History, passed: tuple[str, ...] = ()) -> History:
    """The facts in force that take its place: those that replace it, and those that replace a voided one that did."""
    found: History = []
    for it in history:
        if it["replaces"] == one["id"] and it["id"] not in passed:
            found += [it] if it in unvoided else takers(it, unvoided, history, (*passed, it["id"]))
    return found


def first(one: Fact, history: History) -> str:
    """The id that its chain of corrections began with, known or not."""
    name = one["id"]
    while True:
        before = [it["replaces"] for it in history if it["id"] == name and it["replaces"]]
        if not before:
            return str(name)
        (name,) = before


def told(history: History) -> str:
    """A history as it is printed: a line for each fact, in the order said."""
    lines = []
    for one in sorted(history, key=lambda it: (it["said"], it["hour"])):
        fields = " ".join(f"{key}={value}" for key, value in one["data"].items() if value is not None)
        link = f" replaces={one['replaces']}" if one["replaces"] else ""
        lines.append(f"  said {one['said']} {one['hour']:02}h  {one['type']} #{one['id']}{link}: {fields}")
    return "\n".join(lines)

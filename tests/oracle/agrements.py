"""A person's agréments from all facts, by replaying what was declared, day after day (agrement.md §1–§5, §8).

A hire acts on the day it was said: on what had been declared by that Paris day, and on nothing declared later. What was
declared later then acts on what the hire has made of it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.oracle import law
from tests.oracle.history import Fact, History, declared_on, order_of_truth, settled
from tests.oracle.law import SIAE, base_end, hire_lifts, latest_suspension_end
from tests.oracle.months import DAY, years_after

FOR_EVER = date(9999, 1, 1)

Agrement = dict[str, Any]
"""name, granted_on, starts_on, ends_on, closed_on, suspensions and prolongations (name -> first and last day)."""


def file_of(
    history: History, kinds: dict[str, str], counting: str = "reference", on: date = FOR_EVER
) -> dict[str, Agrement]:
    """Agréments by name, cancelled ones left out, as all the facts make them; or as those declared by a day did (§1: "End on
    a day's knowledge"). A hire counts from the day it was said, or, said late, began."""
    standing = settled(history)
    own = [one for one in standing if one["type"].startswith("agrement.")]
    hires = hires_of(standing, kinds)
    effects: list[dict[str, Any]] = []
    for saying in sorted((it for hire in hires for it in hire["sayings"]), key=lambda it: it["when"]):
        effects += effects_of(saying, hires, file_on(own, effects, saying["day"], counting))
    return file_on(own, [one for one in effects if one["known_on"] <= on], on, counting)


# Hires


def hires_of(standing: History, kinds: dict[str, str]) -> list[dict[str, Any]]:
    """Hires by SIAE in a pathway; `sayings`: each time its first day was said, the last one stands."""
    found = []
    for one in standing:
        data = one["data"]
        if (
            one["type"] != "pathways.hired"
            or not data.get("in_pathway", True)
            or kinds[data["structure_id"]] not in SIAE
        ):
            continue
        sayings = [saying(one, data["contract_id"], data["starts_on"], None)]
        for change in standing:
            same = (
                change["type"] == "pathways.contract_changed" and change["data"]["contract_id"] == data["contract_id"]
            )
            if same and change["data"].get("starts_on"):
                sayings.append(
                    saying(change, data["contract_id"], change["data"]["starts_on"], sayings[-1]["starts_on"])
                )
        sayings[-1]["is_last"] = True
        found.append({"contract_id": data["contract_id"], "structure_id": data["structure_id"], "sayings": sayings})
    return found


def saying(by: Fact, contract_id: str, starts_on: date, before: date | None) -> dict[str, Any]:
    when = (by["said"], by["hour"], by["id"])
    return {
        "contract_id": contract_id,
        "day": by["said"],
        "when": when,
        "starts_on": starts_on,
        "before": before,
        "is_last": False,
    }


def known_start(hire: dict[str, Any], by: tuple[Any, ...]) -> date | None:
    """Its first day as said by then; None where it was not said yet."""
    said = [it["starts_on"] for it in hire["sayings"] if it["when"] <= by]
    return said[-1] if said else None


def effects_of(it: dict[str, Any], hires: list[dict[str, Any]], file: dict[str, Agrement]) -> list[dict[str, Any]]:
    """What a hire does to the file as it stood on the day it was said."""
    effects: list[dict[str, Any]] = []
    moved = agrement_to_move(it, hires, file)
    if moved is not None:
        hour = it["when"][1]
        effects.append(
            {"agrement": moved["name"], "day": it["day"], "hour": hour, "start": it["starts_on"], "known_on": it["day"]}
        )
        moved["starts_on"] = it["starts_on"]
        moved["ends_on"] = max(moved["ends_on"], it["starts_on"])
    if not it["is_last"]:
        return effects
    for agrement in file.values():
        if not agrement["starts_on"] <= it["starts_on"] <= agrement["ends_on"]:
            continue
        for name, suspension in agrement["suspensions"].items():
            runs = suspension["starts_on"] <= it["starts_on"] <= suspension["ends_on"]
            if not runs or not hire_lifts(suspension["reason"], it["starts_on"]) or is_under(it, suspension, hires):
                continue
            ends_on = it["starts_on"] - DAY if suspension["starts_on"] < it["starts_on"] else None
            when = max(it["day"], it["starts_on"])
            effects.append(
                {
                    "agrement": agrement["name"],
                    "day": when,
                    "suspension": name,
                    "ends_on": ends_on,
                    "known_on": min(it["day"], it["starts_on"]),
                }
            )
    return effects


def agrement_to_move(it: dict[str, Any], hires: list[dict[str, Any]], file: dict[str, Agrement]) -> Agrement | None:
    """§2: "If it is still future and starts after the hire, its start moves to the hire…; moving the date of a future
    hire moves the start of an agrément not yet started. Only if, on the Paris day of the hire's `time`, the agrément was
    granted and not started." """
    for agrement in file.values():
        if agrement["closed_on"] is not None or agrement["starts_on"] <= it["day"]:
            continue
        others = [one for one in file.values() if one is not agrement]
        if any(one["starts_on"] <= it["starts_on"] <= one["ends_on"] for one in others):
            continue
        if it["starts_on"] < agrement["starts_on"]:
            return agrement
        used = it["before"] is not None and it["before"] <= agrement["ends_on"]
        if law.MOVED_HIRE_TAKES_ALONG == "used":
            used = used and agrement["starts_on"] <= it["before"]
        starts = [known_start(one, it["when"]) for one in hires if one["contract_id"] != it["contract_id"]]
        kept = any(one is not None and agrement["starts_on"] <= one < it["starts_on"] for one in starts)
        if used and it["starts_on"] > agrement["starts_on"] and not kept:
            return agrement
    return None


def is_under(it: dict[str, Any], suspension: dict[str, Any], hires: list[dict[str, Any]]) -> bool:
    """§2: the hire under which the suspension was declared: "the latest hire of the suspension's own SIAE with
    `starts_on` <= `declared_on`", of those said by then."""
    candidates = []
    for hire in hires:
        starts_on = known_start(hire, it["when"])
        if hire["structure_id"] == suspension["structure_id"] and starts_on and starts_on <= suspension["declared_on"]:
            candidates.append((starts_on, hire["sayings"][0]["when"], hire["contract_id"]))
    return bool(candidates) and max(candidates)[2] == it["contract_id"]


# The file, by what was declared by a day


def file_on(own: History, effects: list[dict[str, Any]], on: date, counting: str) -> dict[str, Agrement]:
    known = [one for one in own if declared_on(one) <= on]
    cancelled = {one["data"]["agrement_id"] for one in known if one["type"] == "agrement.agrement_cancelled"}
    grants = [one for one in known if one["type"] == "agrement.agrement_granted"]
    return {
        name: agrement_on(one, [it for it in known if it["data"].get("agrement_id") == name], effects, counting)
        for one in grants
        if (name := one["data"]["agrement_id"]) not in cancelled
    }


def agrement_on(grant: Fact, about: History, effects: list[dict[str, Any]], counting: str) -> Agrement:
    data = grant["data"]
    mine = [one for one in effects if one["agrement"] == data["agrement_id"]]
    starts_on, base = start_and_base(grant, about, mine)
    suspensions = {
        one["data"]["suspension_id"]: span
        for one in about
        if one["type"] == "agrement.suspended"
        if (span := suspension_of(one, about, mine)) is not None
    }
    prolongations = {
        one["data"]["prolongation_id"]: {key: one["data"][key] for key in ("starts_on", "ends_on")}
        for one in about
        if one["type"] == "agrement.prolonged"
    }
    closings = [one["data"]["closed_on"] for one in about if one["type"] == "agrement.agrement_closed"]
    closed_on = closings[0] if closings else None
    if closed_on is not None:
        suspensions = {name: cut(one, closed_on) for name, one in suspensions.items() if one["starts_on"] < closed_on}
        prolongations = {
            name: cut(one, closed_on) for name, one in prolongations.items() if one["starts_on"] < closed_on
        }
    pushed = sum((one["ends_on"] - one["starts_on"]).days for one in (*suspensions.values(), *prolongations.values()))
    if counting == "day_exact":
        pushed += len(suspensions)
    return {
        "name": data["agrement_id"],
        "granted_on": data["granted_on"],
        "starts_on": starts_on,
        "ends_on": closed_on or base + pushed * DAY,
        "closed_on": closed_on,
        "suspensions": suspensions,
        "prolongations": prolongations,
    }


def cut(span: dict[str, Any], closed_on: date) -> dict[str, Any]:
    return {**span, "ends_on": min(span["ends_on"], closed_on)}


def start_and_base(grant: Fact, about: History, effects: list[dict[str, Any]]) -> tuple[date, date]:
    """§5: moved by a hire, "the end is the default one; otherwise it moves by the same number of days"."""
    data = grant["data"]
    starts_on = data["starts_on"]
    base = data.get("initial_ends_on") or base_end(starts_on, data["granted_on"])
    statements = [
        (one["data"]["moved_on"], one["hour"], one["data"]["starts_on"], one["data"].get("contract_id"))
        for one in about
        if one["type"] == "agrement.start_moved"
    ]
    statements += [(one["day"], one["hour"], one["start"], "a hire") for one in effects if "start" in one]
    for moved_on, _, new, by_a_hire in sorted(statements, key=lambda it: it[:2]):
        judged_on = data["granted_on"] if law.LENGTH_OF_A_MOVED_START == "grant" else moved_on
        base = base_end(new, judged_on) if by_a_hire else base + (new - starts_on)
        starts_on = new
    return starts_on, base


def suspension_of(declared: Fact, about: History, effects: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Its days after everything said of it, in the order of the days it was said on and came true (a lift, once the hire is
    both said and begun); None once it is gone. A hire never lengthens it, and a change of what a hire had ended by that day
    is without object: it is edited "while it runs"."""
    data = declared["data"]
    name, said_on = data["suspension_id"], declared_on(declared)
    starts_on = data["starts_on"]
    ends_on = data.get("ends_on") or latest_suspension_end(starts_on, said_on)
    statements: list[tuple[Any, ...]] = [
        (declared_on(one), 0, order_of_truth(one), one["type"], one["data"])
        for one in about
        if one["type"] in ("agrement.suspension_changed", "agrement.suspension_removed")
        if one["data"]["suspension_id"] == name
    ]
    statements += [
        (one["day"], 1, (number,), "lifted", one) for number, one in enumerate(effects) if one.get("suspension") == name
    ]
    lifted = False
    for day, _, _, kind, how in sorted(statements, key=lambda it: it[:3]):
        if lifted and kind != "lifted" and day > ends_on:
            continue
        if kind == "agrement.suspension_removed" or (kind == "lifted" and how["ends_on"] is None):
            return None
        if kind == "lifted":
            ends_on, lifted = min(ends_on, how["ends_on"]), True
        else:
            starts_on = how.get("starts_on") or starts_on
            ends_on = how.get("ends_on") or ends_on
            if how.get("back_on"):
                ends_on = how["back_on"] - DAY
    return {
        "starts_on": starts_on,
        "ends_on": ends_on,
        "reason": data["reason"],
        "structure_id": data["structure_id"],
        "declared_on": said_on,
    }


# An agrément on a day


def state_on(agrement: Agrement, on: date) -> str:
    if on > agrement["ends_on"]:
        return "expired"
    if is_suspended_on(agrement, on):
        return "suspended"
    return "valid" if agrement["starts_on"] <= on else "future"


def is_suspended_on(agrement: Agrement, on: date) -> bool:
    return any(one["starts_on"] <= on <= one["ends_on"] for one in agrement["suspensions"].values())


def remaining_days(agrement: Agrement, on: date) -> int:
    """Days from that one on, in the agrément and not suspended, counted one by one."""
    one, left = max(on, agrement["starts_on"]), 0
    while one <= agrement["ends_on"]:
        left += not is_suspended_on(agrement, one)
        one += DAY
    return left


def end_if_resumed(agrement: Agrement, on: date) -> date:
    resumed: date = max(agrement["starts_on"], on) + (remaining_days(agrement, on) - 1) * DAY
    last: date = agrement["ends_on"]
    return min(resumed, last)


def carence(agrement: Agrement) -> tuple[date, date]:
    return agrement["ends_on"] + DAY, years_after(agrement["ends_on"], 2)


def carence_on(file: dict[str, Agrement], on: date) -> tuple[date, date] | None:
    """Of the agrément that ended last, where none is in progress or future."""
    known = [one for one in file.values() if one["granted_on"] <= on or one["starts_on"] <= on]
    if not known or any(one["ends_on"] >= on for one in known):
        return None
    first, last = carence(max(known, key=lambda one: one["ends_on"]))
    return (first, last) if on <= last else None

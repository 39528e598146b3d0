"""Placements and hours drawn by a seed, each said on the day it was true; some placements are agreed for later."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracle.caps import Town
from tests.oracle.history import History, fact, last_day_of

FIRST, LAST = date(2023, 10, 1), date(2026, 9, 30)
EDGES = (date(2024, 2, 29), date(2023, 10, 31), date(2024, 1, 31), date(2024, 3, 30))


def town_of(random: Random) -> Town:
    derogations = []
    if random.random() < 0.4:
        first = FIRST + timedelta(days=random.randrange(900))
        derogations.append(("AI", first, first + timedelta(days=random.randrange(300)), random.choice([None, 600.0])))
    return Town({"AI": "AI"}, {"company": "company", "home": "household", "town": "local_authority"}, derogations)


def loans(seed: int) -> tuple[History, Town]:
    random = Random(seed)
    history: History = []
    town = town_of(random)
    first = random.choice([*EDGES, FIRST + timedelta(days=random.randrange(150))])
    for number in range(random.randrange(1, 4)):
        name = f"P{number}"
        starts_on = first if number == 0 else first + timedelta(days=random.randrange(800))
        ends_on = starts_on + timedelta(days=random.choice([20, 90, 400, 760, 900])) if random.random() < 0.7 else None
        client = "company" if number == 0 else random.choice(["company", "company", "home", "town"])
        agreed: dict[str, Any] = {
            "placement_id": name,
            "structure_id": "AI",
            "client_id": client,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "planned_hours": random.choice([None, 60, 300]),
        }
        said = starts_on - timedelta(days=random.randrange(90)) if random.random() < 0.3 else starts_on
        history.append(fact("placements.placement_agreed", said, f"agreed {name}", **agreed))
        until = min(ends_on or LAST, LAST)
        if random.random() < 0.3:
            changed_on = starts_on + timedelta(days=random.randrange(1, 19))
            planned = random.choice([10, 90])
            history.append(
                fact("placements.placement_changed", changed_on, f"changed {name}", placement_id=name, changed_on=changed_on, planned_hours=planned)
            )  # fmt: skip
        if random.random() < 0.3:
            ended_on = starts_on + timedelta(days=random.randrange((until - starts_on).days + 1))
            history.append(
                fact("placements.placement_ended", ended_on, f"ended {name}", placement_id=name, ended_on=ended_on)
            )
            until = ended_on
        history += worked(random, name, starts_on, until)
    return history, town


def worked(random: Random, name: str, starts_on: date, until: date) -> History:
    found: History = []
    for number in range(random.randrange(5)):
        day = starts_on + timedelta(days=random.randrange((until - starts_on).days + 1))
        month = f"{day:%Y-%m}"
        days: dict[str, Any] = {"from_day": day, "to_day": day} if random.random() < 0.3 else {}
        found.append(
            fact(
                "placements.hours_worked",
                days.get("to_day") or last_day_of(month),
                f"hours {name} {number}",
                entry_id=f"entry {name} {number}",
                structure_id="AI",
                placement_id=name,
                month=month,
                hours=random.choice([7.5, 66.5, 140]),
                mode=random.choice([None, "placement", "provision"]),
                **days,
            )
        )
    return found

"""The cap on a past day: product and naive implementation on drawn loans, and the case that showed the fault."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from tests.oracle import caps
from tests.oracle import product_caps as product
from tests.oracle.history import History, fact, last_day_of, told
from tests.oracle.loans import FIRST, LAST, loans
from tests.oracle.months import DAY, span_end

BLOCK = 30
COMPANY = caps.Town({"AI": "AI"}, {"company": "company"}, [])


def days_asked(history: History, seed: int) -> list[date]:
    """Around every day that a fact names, every edge of two years after it, and some between."""
    named = {value for one in history for value in (*one["data"].values(), one["said"]) if isinstance(value, date)}
    near = {day + n * DAY for day in named for n in (-1, 0, 1)}
    random = Random(seed)
    near |= {FIRST + timedelta(days=random.randrange((LAST - FIRST).days)) for _ in range(10)}
    for one in named:
        near |= {product_edge + n * DAY for product_edge in (span_end(one, 24),) for n in (-1, 0, 1)}
    return sorted(near)


def differences(history: History, town: caps.Town, seed: int = 0) -> list[str]:
    world = product.World(town.structures, town.clients, town.derogations)
    found = []
    for on in days_asked(history, seed):
        ours, theirs = caps.cap_on(history, town, "AI", on), product.cap_on(history, world, "AI", on)
        if ours != theirs:
            found.append(f"on {on}: product {shown(theirs)}, page {shown(ours)}")
    return found


def shown(cap: dict[str, Any] | None) -> str:
    if cap is None:
        return "no window"
    first, last = cap["window"]
    return f"{first}..{last} limit {cap['limit']} worked {cap['worked']} planned {cap['planned']} left {cap['left']}"


def smallest(history: History, town: caps.Town) -> History:
    shrunk = True
    while shrunk:
        shrunk = False
        for one in reversed(history):
            rest = [it for it in history if it is not one]
            names = {it["data"]["placement_id"] for it in rest if it["type"] == "placements.placement_agreed"}
            if rest and all(it["data"]["placement_id"] in names for it in rest) and differences(rest, town):
                history, shrunk = rest, True
    return history


@pytest.mark.parametrize("seeds", [range(n, n + BLOCK) for n in range(0, 120, BLOCK)], ids=str)
def test_on_any_day_what_was_true_by_it_counts(seeds: range) -> None:
    for seed in seeds:
        history, town = loans(seed)
        if differences(history, town, seed):
            least = smallest(history, town)
            lines = [f"seed {seed}, derogations {town.derogations}:", told(least), *differences(least, town)[:5]]
            pytest.fail("\n".join(lines))


def differences_in_bi(read_set: product.ReadSet, history: History, town: caps.Town, days: list[date]) -> list[str]:
    world = product.World(town.structures, town.clients, town.derogations)
    found = []
    savepoint = read_set.connection.begin_nested()
    rows = product.CapWindows(read_set, history, world)
    for on in days:
        ours, theirs = caps.cap_on(history, town, "AI", on), rows.on("AI", on)
        if ours != theirs:
            found.append(f"on {on}: bi.cap_windows {shown(theirs)}, page {shown(ours)}")
    savepoint.rollback()
    return found


def test_bi_shows_a_past_day_as_it_was(read_set: product.ReadSet) -> None:
    for seed in range(30):
        history, town = loans(seed)
        days = days_asked(history, seed)[::4]
        if found := differences_in_bi(read_set, history, town, days):
            lines = [f"seed {seed}, derogations {town.derogations}:", told(history), *found[:5]]
            pytest.fail("\n".join(lines))


def test_hours_worked_later_are_not_worked_yet() -> None:
    """Issue 10, 6: 66.5 h worked by 2024-06-30 of 349.5 in all."""
    history = [
        agreed("2024-02-10"),
        hours("2024-05", 66.5),
        hours("2024-09", 283),
    ]
    assert caps.cap_on(history, COMPANY, "AI", date(2024, 6, 30))["worked"] == 66.5  # type: ignore[index]
    assert not differences(history, COMPANY)


def test_what_is_agreed_for_later_counts_once_it_is_said_and_not_before() -> None:
    later = fact("placements.placement_agreed", "2024-03-10", "agreed for June", placement_id="Q", structure_id="AI", client_id="company", starts_on="2024-06-01", planned_hours=50)  # fmt: skip
    history = [agreed("2024-02-10"), later]
    for on, planned in (("2024-03-09", 0), ("2024-03-10", 50), ("2024-06-01", 50)):
        ours = caps.cap_on(history, COMPANY, "AI", date.fromisoformat(on))
        theirs = product.cap_on(history, product.World(COMPANY.structures, COMPANY.clients, []), "AI", date.fromisoformat(on))  # fmt: skip
        assert ours is not None
        assert theirs is not None
        assert (on, ours["planned"]) == (on, planned)
        assert (on, theirs["planned"]) == (on, planned)


def test_a_window_opened_on_a_29_february_ends_on_a_28() -> None:
    """Issue 10, 4."""
    history = [agreed("2024-02-29")]
    world = product.World(COMPANY.structures, COMPANY.clients, [])
    (cap,) = [product.cap_on(history, world, "AI", date(2024, 3, 1))]
    assert cap is not None
    assert cap["window"] == (date(2024, 2, 29), date(2026, 2, 28))


def agreed(on: str) -> dict[str, Any]:
    return fact("placements.placement_agreed", on, f"agreed {on}", placement_id="P", structure_id="AI", client_id="company", starts_on=on)  # fmt: skip


def hours(month: str, amount: float) -> dict[str, Any]:
    said = last_day_of(month)
    return fact("placements.hours_worked", said, f"hours {month}", entry_id=f"E {month}", structure_id="AI", placement_id="P", month=month, hours=amount)  # fmt: skip

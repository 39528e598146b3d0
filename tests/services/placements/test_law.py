"""The dated tables of the cap: which row is in force on each side of a change, and what is in doubt."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.placements.law.tables import FOLDER, law_on
from shared.deciding.dated import table
from shared.facts.fact import FIRST_DAY, LAST_DAY
from tests.services.scenario import day


def test_the_cap_was_240_hours_over_12_months_and_is_480_over_24() -> None:
    now, before = law_on(day("2009-01-01")).cap, law_on(day("2008-12-31")).cap
    assert (now.limit, now.months, now.confidence) == (480, 24, "confirmed")
    assert (before.limit, before.months, before.confidence) == (240, 12, "open")


@pytest.mark.parametrize("on", [date.min, FIRST_DAY, day("2026-08-03"), LAST_DAY, date.max])
def test_there_are_rules_on_any_day(on: date) -> None:
    assert law_on(on).cap_structures.kinds == ("AI",)
    assert law_on(on).cap_warning.share == 0.8
    assert (law_on(on).bridges.after_months, law_on(on).bridges.months, law_on(on).bridges.renewals) == (4, 3, 1)
    assert law_on(on).economic_dismissals.months == 6


def test_a_row_of_the_cap_follows_the_other_without_a_gap() -> None:
    before, now = table(FOLDER, "cap")
    assert now["valid_from"] == before["valid_to"] + timedelta(days=1)


def test_with_whom_hours_count() -> None:
    rows = law_on(day("2026-08-03")).client_kinds.values()
    assert {(row.kind, row.capped, row.confidence) for row in rows} == {
        ("company", True, "confirmed"),
        ("public_industrial", True, "confirmed"),
        ("public_administrative", True, "open"),
        ("local_authority", True, "open"),
        ("household", False, "confirmed"),
        ("nonprofit", False, "confirmed"),
    }


@pytest.mark.parametrize(
    ("structure", "client", "capped"),
    [("AI", "company", True), ("ETTI", "company", False), (None, "company", False), ("AI", None, False)],
)
def test_a_kind_that_is_not_known_caps_nothing(structure: str | None, client: str | None, capped: bool) -> None:
    assert law_on(day("2026-08-03")).is_capped(structure, client) is capped

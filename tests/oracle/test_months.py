"""Two ways of counting months: what the page says of each, and the product against a walk through the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.oracle import months
from tests.oracle import product_caps as product
from tests.oracle.history import day

FIRST = date(2019, 1, 1)
LENGTHS = (1, 2, 3, 4, 6, 7, 12, 18, 24, 36, 60)

SPANS = [
    ("2024-02-29", 24, "2026-02-28"),
    ("2024-11-30", 3, "2025-02-28"),
    ("2024-11-29", 3, "2025-02-28"),
    ("2024-11-28", 3, "2025-02-27"),
    ("2024-02-29", 48, "2028-02-28"),
    ("2024-01-01", 24, "2025-12-31"),
    ("2024-01-31", 1, "2024-02-29"),
    ("2024-03-31", 1, "2024-04-30"),
]
"""pathways.md §9, and around it."""

CLIPPED = [
    ("2021-06-01", 12, "2022-06-01"),
    ("2024-02-29", 36, "2027-02-28"),
    ("2023-01-31", 36, "2026-01-31"),
    ("2023-11-16", 6, "2024-05-16"),
    ("2024-02-29", 24, "2026-02-28"),
    ("2024-08-31", 6, "2025-02-28"),
]
"""agrement.md, cases 32 and 41, and §5: 29 February clips to 28."""


@pytest.mark.parametrize(("first", "length", "last"), SPANS)
def test_a_span_ends_as_the_page_says(first: str, length: int, last: str) -> None:
    assert months.span_end(day(first), length) == day(last)
    assert product.span_end(day(first), length) == day(last)


@pytest.mark.parametrize(("first", "length", "same"), CLIPPED)
def test_months_after_clip_at_the_end_of_a_month(first: str, length: int, same: str) -> None:
    assert months.months_after(day(first), length) == day(same)
    assert product.months_after(day(first), length) == day(same)


@pytest.mark.parametrize("length", LENGTHS)
def test_both_agree_with_a_walk_through_the_calendar(length: int) -> None:
    for offset in range(0, 3000, 7 if length % 2 else 1):
        first = FIRST + timedelta(days=offset)
        assert product.months_after(first, length) == months.months_after(first, length), first
        assert product.span_end(first, length) == months.span_end(first, length), first


@pytest.mark.parametrize(("last", "expected"), [("2025-02-28", []), ("2025-03-01", ["bridge_too_long"])])
def test_a_bridge_of_three_months_from_the_end_of_november(last: str, expected: list[str]) -> None:
    assert product.bridge_breaches(("2024-11-30", last)) == expected


def test_the_database_has_for_every_day_the_window_of_a_walk_through_the_calendar(read_set: product.ReadSet) -> None:
    """`bi.cap_window_from` added months as PostgreSQL does; now it gets the days."""
    days = [FIRST + timedelta(days=offset) for offset in range(0, 3700, 1)]
    seen = product.windows_in_bi(read_set, days)
    assert seen == {first: months.span_end(first, 24) for first in days}

"""Two ways of counting months, and that nothing else counts them: neither SQL nor a rule by itself."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from shared.facts.fact import FIRST_DAY, LAST_DAY
from shared.facts.months import months_after, span_end

ROOT = Path(__file__).parents[3]
SQL = sorted((ROOT / "services").rglob("*.sql"))


@pytest.mark.parametrize(
    ("first", "months", "after", "last"),
    [
        ("2024-05-13", 1, "2024-06-13", "2024-06-12"),
        ("2024-01-31", 1, "2024-02-29", "2024-02-29"),
        ("2023-01-29", 1, "2023-02-28", "2023-02-28"),
        ("2024-01-29", 1, "2024-02-29", "2024-02-28"),
        ("2024-02-29", 12, "2025-02-28", "2025-02-28"),
        ("2024-02-29", 24, "2026-02-28", "2026-02-28"),
        ("2024-02-29", 48, "2028-02-29", "2028-02-28"),
        ("2024-11-30", 3, "2025-02-28", "2025-02-28"),
        ("2024-11-29", 3, "2025-02-28", "2025-02-28"),
        ("2024-11-28", 3, "2025-02-28", "2025-02-27"),
        ("2024-12-01", 24, "2026-12-01", "2026-11-30"),
        ("2024-03-31", -1, "2024-02-29", "2024-02-29"),
        ("2024-05-13", 0, "2024-05-13", "2024-05-12"),
    ],
)
def test_a_day_so_many_months_later_and_the_end_of_so_many_months(
    first: str, months: int, after: str, last: str
) -> None:
    """pathways.md §9, agrement.md §8: they part where a month has no such day."""
    assert months_after(date.fromisoformat(first), months) == date.fromisoformat(after)
    assert span_end(date.fromisoformat(first), months) == date.fromisoformat(last)


@pytest.mark.parametrize("count", [months_after, span_end])
def test_months_stay_in_the_calendar(count: object) -> None:
    assert count(date(2199, 11, 15), 3) == LAST_DAY  # type: ignore[operator]
    assert count(date(1900, 1, 15), -3) == FIRST_DAY  # type: ignore[operator]


def test_the_last_months_of_the_calendar_end_with_it() -> None:
    assert span_end(date(2198, 1, 1), 24) == LAST_DAY
    assert span_end(date(2197, 12, 31), 24) == date(2199, 12, 30)


INTERVALS = re.compile(r"\binterval\b|make_interval|\bage\s*\(|date_add|date_trunc|\bmonths?\s*=>", re.IGNORECASE)
"""How PostgreSQL adds or takes months: it clips, whatever the rule."""


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_sql_receives_days_and_adds_no_months(path: Path) -> None:
    sql = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    assert not INTERVALS.search(sql)


def test_no_rule_counts_months_by_itself() -> None:
    """A second way of counting them was in one service, and a third in the demo."""
    found = [
        path.relative_to(ROOT).as_posix()
        for part in ("services", "shared", "parcours")
        for path in (ROOT / part).rglob("*.py")
        if re.search(r"\bmonthrange\(|relativedelta|make_interval", path.read_text(encoding="utf-8"))
    ]
    assert sorted(found) == ["shared/facts/fact.py", "shared/facts/months.py"]  # the last day of `YYYY-MM`; months

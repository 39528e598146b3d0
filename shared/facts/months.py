"""Months, which are not all as long as each other: the two ways the law counts them. Each rule names its own.

Where the month so many months later has the same day, the two agree: a span from it ends the day before. They part on the
29th, 30th and 31st. Like days (`days.py`), none leaves the calendar that facts may use.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import lru_cache

from shared.facts.days import plus
from shared.facts.fact import FIRST_DAY, LAST_DAY

KEPT = 32_768
"""Answers: the days of ten years, each with what is asked about it. They are asked of every person, and of a contract as of
many days."""


@lru_cache(KEPT)
def months_after(day: date, months: int) -> date:
    """The same day so many months later (earlier, where negative); the last of that month where it has no such day.

    From 2024-02-29, 24 months later: 2026-02-28. For what is asked or allowed until a day of the calendar, and for years:
    agréments, their carence and windows.
    """
    year, month = _month_after(day, months)
    # Python's own calendar would raise: a rule with months must answer for every day that a fact may name.
    if year < FIRST_DAY.year:
        return FIRST_DAY
    if year > LAST_DAY.year:
        return LAST_DAY
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@lru_cache(KEPT)
def span_end(day: date, months: int) -> date:
    """The last day of so many months that begin on that day: the day before the same day, or the last of that month where
    it has no such day. No months end the day before they begin.

    24 months from 2024-02-29 end 2026-02-28, three from 2024-11-30 or 11-29 end 2025-02-28, from 11-28 2025-02-27. For
    whatever lasts so many months, each of them whole: contracts, caps, bridges, dismissals, follow-ups, immersions.
    """
    same_day = months_after(day, months)
    has_same_day = same_day.day == day.day and (same_day.year, same_day.month) == _month_after(day, months)
    return plus(same_day, -1) if has_same_day else same_day


def _month_after(day: date, months: int) -> tuple[int, int]:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1

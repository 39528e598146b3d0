"""Months counted date to date, as these rules of labour law count them.

Not `shared.facts.days.plus_months`, which keeps the last day of a shorter month: here a month that begins on 31 January
ends with February, so the next begins on 1 March.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def after_months(first: date, months: int) -> date:
    """The day after so many months that begin on `first`: the same day of the month, or the first of the next month
    where there is none. After one month from 13 May: 13 June, so that the month ends on 12 June."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    if first.day > monthrange(year, month + 1)[1]:
        return date(year, month + 1, 1) + timedelta(days=monthrange(year, month + 1)[1])
    return date(year, month + 1, first.day)


def last_of_months(first: date, months: int) -> date:
    """The last day of so many months that begin on `first`."""
    return after_months(first, months) - timedelta(days=1)

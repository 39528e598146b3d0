"""Days and instants in query parameters, read the same way everywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from shared.facts.fact import FIRST_DAY, LAST_DAY, PARIS, paris_day
from shared.web.problems import Fault, MalformedError

MEANINGS = {
    "on": "A day such as 2025-12-31; today in Paris by default",
    "as_of": "A day such as 2025-12-31: as things stood then, later facts left out",
    "known_at": "An instant with its offset, or a day (its end in Paris): as it was known then",
    "limit": "How many at most; what is above the largest page is cut to it",
    "next": "The cursor of the page before, unchanged",
}
"""Of parameters that mean the same on every route."""


def say_meanings(openapi: dict[str, Any]) -> None:
    """Into the document of a service, where a route does not say it itself."""
    for operations in openapi["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query" and parameter["name"] in MEANINGS:
                    parameter.setdefault("description", MEANINGS[parameter["name"]])


def day(name: str, text: str | None) -> date | None:
    """None: not asked for. Raise MalformedError, also for days outside those of facts: beyond them nothing is reckoned."""
    if text is None:
        return None
    try:
        asked = date.fromisoformat(text)
    except ValueError:
        raise MalformedError([Fault(f"/query/{name}", "bad_day", "a day such as 2025-12-31")]) from None
    if not FIRST_DAY <= asked <= LAST_DAY:
        raise MalformedError([Fault(f"/query/{name}", "bad_day", f"a day between {FIRST_DAY} and {LAST_DAY}")])
    return asked


def day_or_today(name: str, text: str | None) -> date:
    """The day asked for, today in Paris by default. Raise MalformedError."""
    return day(name, text) or paris_day(datetime.now(UTC))


def instant(name: str, text: str | None) -> datetime | None:
    """An instant with its offset, or a day: its end in Paris. Raise MalformedError, also outside the days of facts."""
    if text is None:
        return None
    try:
        if len(text) == len("2025-12-31"):
            found = datetime.combine(date.fromisoformat(text), time.max, PARIS)
        else:
            # A plus sign that was not escaped arrives as a space: +01:00 is the offset meant.
            found = datetime.fromisoformat(text.replace(" ", "+"))
        if found.utcoffset() is None:
            raise ValueError
        is_reckoned = FIRST_DAY <= paris_day(found) <= LAST_DAY
    except (ValueError, OverflowError):
        fault = Fault(f"/query/{name}", "bad_instant", "an instant such as 2025-12-31T23:59:59+01:00, or a day")
        raise MalformedError([fault]) from None
    if not is_reckoned:
        fault = Fault(f"/query/{name}", "bad_instant", f"an instant between {FIRST_DAY} and {LAST_DAY} in Paris")
        raise MalformedError([fault])
    return found

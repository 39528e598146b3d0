"""Dated rules that whoever joins facts of several subjects needs, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, NamedTuple

from services.placements.law.tables import FOLDER
from services.placements.model.windows import window_ends_on
from shared.deciding.dated import table
from shared.facts.days import plus, span_days
from shared.facts.fact import FIRST_DAY, LAST_DAY


class CapLimit(NamedTuple):
    """The cap of a window that opens from `valid_from` to `valid_to`, both included; an absent bound is open."""

    hours_limit: Annotated[float, "Hours with capped clients in one window"]
    months: Annotated[int, "Months that a window has"]
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


class WindowLength(NamedTuple):
    """How many days a window of the cap has that opens on one of these days, both included."""

    opens_from: Annotated[date, "First day on which such a window opens"]
    opens_to: Annotated[date, "Last day on which such a window opens, included"]
    days: Annotated[int, "Days that it has"]


class CapKind(NamedTuple):
    """A kind of structure or client, and whether placements begun on those days count."""

    kind: Annotated[str, "Kind of structure or of client"]
    capped: Annotated[bool, "Whether placements begun on those days count"]
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


class DismissalRule(NamedTuple):
    """Kinds of structures that may place nobody on an occupation for so many months after the client dismissed on it."""

    structure_kinds: Annotated[tuple[str, ...], "Kinds of structures that may not place, separated by one space"]
    months: Annotated[int, "For so many months after the dismissal"]
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


def cap_limits() -> tuple[CapLimit, ...]:
    return tuple(CapLimit(row["limit"], row["months"], row["article"], *_dated(row)) for row in table(FOLDER, "cap"))


@cache
def cap_window_lengths() -> tuple[WindowLength, ...]:
    """For every day of the calendar: whoever joins facts by day gets days from here, and counts no months.

    Some 150 rows, since as many months have as many days but where a 29 February comes in or goes out. Past the edge of
    the calendar a window goes on as if there were one: cut it there.
    """
    found: list[WindowLength] = []
    for opens_on in _days_that_may_differ():
        ends_on = window_ends_on(opens_on)
        days = span_days(opens_on, ends_on)
        if found and (found[-1].days == days or ends_on == LAST_DAY):
            found[-1] = found[-1]._replace(opens_to=opens_on)
        else:
            if found:
                found[-1] = found[-1]._replace(opens_to=plus(opens_on, -1))
            found.append(WindowLength(opens_on, opens_on, days))
    return tuple(found)


def _days_that_may_differ() -> list[date]:
    """Those on which a rule begins, and the first and last days of every month: between them spans are as long."""
    firsts = (date(year, month, 1) for year in range(FIRST_DAY.year, LAST_DAY.year + 1) for month in range(1, 13))
    # A span from one of the last days of a month may end with a shorter month: only there its length changes from day
    # to day.
    days = {plus(first, around) for first in firsts for around in (-4, -3, -2, -1, 0)}
    return sorted(
        {*days, LAST_DAY, *(row["valid_from"] for row in table(FOLDER, "cap") if row["valid_from"] is not None)}
    )


def cap_structure_kinds() -> tuple[CapKind, ...]:
    return tuple(CapKind(kind, True, *_dated(row)) for row in table(FOLDER, "cap_structures") for kind in row["kinds"])


def cap_client_kinds() -> tuple[CapKind, ...]:
    return tuple(CapKind(row["kind"], row["capped"], *_dated(row)) for row in table(FOLDER, "client_kinds"))


def dismissal_rules() -> tuple[DismissalRule, ...]:
    return tuple(
        DismissalRule(tuple(row["kinds"]), row["months"], row["article"], *_dated(row))
        for row in table(FOLDER, "economic_dismissals")
    )


def _dated(row: Mapping[str, Any]) -> Iterator[Any]:
    return (row[name] for name in ("valid_from", "valid_to", "source", "confidence"))

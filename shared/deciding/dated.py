"""Rules that the law dates, kept as rows of YAML (`services/<name>/law/*.yaml`): which are in force on a day.

A row is in force from `valid_from` to `valid_to`, both included; an absent bound is open. It says its `source`, and its
`confidence`: `open` marks a row whose meaning or date is in doubt.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cache, wraps
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml


@dataclass(frozen=True)
class Row:
    """What every row says beside its rule."""

    source: str
    confidence: Literal["confirmed", "open"]


R = TypeVar("R", bound=Row)


@cache
def table(folder: Path, name: str) -> tuple[Mapping[str, Any], ...]:
    """The rows of a table, of every day; `defaults` fill what a row leaves out."""
    content = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return tuple({**content["defaults"], **row} for row in content["rows"])


LawT = TypeVar("LawT")


def by_last_change(*folders: Path) -> Callable[[Callable[[date], LawT]], Callable[[date], LawT]]:
    """Decorates the function of a day that reads the tables of some folders: it is asked for the day of their last change,
    and once for each such day."""

    def decorate(law_on: Callable[[date], LawT]) -> Callable[[date], LawT]:
        # By the day of the change, not by the day asked about: a handful of entries, however many days are asked for.
        law_since = cache(law_on)

        @cache
        def changes() -> Sequence[date]:
            return sorted({start for folder in folders for start in _starts(folder)})

        @wraps(law_on)
        def law_of(day: date) -> LawT:
            starts = changes()
            return law_since(starts[bisect_right(starts, day) - 1])

        return law_of

    return decorate


def rows_on(folder: Path, name: str, kind: type[R], day: date) -> list[R]:
    return [_row(kind, row) for row in table(folder, name) if _in_force(row, day)]


def row_on(folder: Path, name: str, kind: type[R], day: date) -> R:
    """The row of a table that has exactly one on any day."""
    # Raises where the table has no row that day, or two: no rule may guess which is meant.
    (row,) = rows_on(folder, name, kind, day)
    return row


@cache
def _starts(folder: Path) -> tuple[date, ...]:
    """Every day on which some table changes."""
    rows = [row for path in sorted(folder.glob("*.yaml")) for row in table(folder, path.stem)]
    # A row that ends changes the law on the day after, also where no other begins then.
    starts = {row["valid_from"] for row in rows} | {_day_after(row["valid_to"]) for row in rows}
    return (date.min, *sorted(start for start in starts if start is not None))


def _day_after(day: date | None) -> date | None:
    return None if day is None else day + timedelta(days=1)


def _in_force(row: Mapping[str, Any], day: date) -> bool:
    since, until = row["valid_from"], row["valid_to"]
    return (since is None or since <= day) and (until is None or day <= until)


def _row(kind: type[R], row: Mapping[str, Any]) -> R:
    values: dict[str, Any] = {field.name: row[field.name] for field in fields(kind)}
    # Rows are cached and shared by everybody who asks: a list could be changed by one of them.
    values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return kind(**values)

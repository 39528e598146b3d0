"""Lists: rows of one view in the order of its key, a page at a time; filters are named as columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from psycopg import Connection, sql

from shared.web.paging import Page, cursor, key_of
from shared.web.problems import Fault, MalformedError

_COLUMNS = sql.SQL(
    "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
    " WHERE attrelid = to_regclass({}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Rows in the place of a view's, as SQL with named values."""

    query: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A view of schema `bi` and the columns, never NULL, that name one of its rows. `keeps_plan`: what a page shows is looked
    up for one row after the other, so that one plan is good for whoever asks."""

    view: str
    key: tuple[str, ...]
    keeps_plan: bool = False

    def columns(self, connection: Connection[Any]) -> dict[str, str]:
        """Names and SQL types."""
        # No parameter: what is asked again and again is planned once.
        rows = connection.execute(_COLUMNS.format(sql.Literal(f"bi.{self.view}")))
        return dict(rows.fetchall())

    def page(
        self,
        connection: Connection[Any],
        columns: Mapping[str, str],
        where: Mapping[str, str],
        after: str | None,
        limit: int,
        source: Source | None = None,
    ) -> Page:
        """`columns`: of this list (`columns`). `where`: which of them must equal what, as text. `source`: what stands in
        place of the view, with the same columns. Raise MalformedError."""
        values: dict[str, Any] = {f"is_{name}": _filter(columns, name, text) for name, text in where.items()}
        conditions: list[sql.Composable] = [_is(name, values[f"is_{name}"]) for name in where]
        key = sql.SQL(", ").join(map(sql.Identifier, self.key))
        if after is not None:
            place = place_of(after, self.view, [columns[name] for name in self.key])
            values |= {f"after_{number}": part for number, part in enumerate(place)}
            places = sql.SQL(", ").join(sql.Placeholder(f"after_{number}") for number in range(len(place)))
            # The key of a view that joins is not one index: its first column says where to begin.
            conditions.append(
                sql.SQL("{} >= %(after_0)s AND ({}) > ({})").format(sql.Identifier(self.key[0]), key, places)
            )
        rows_from = source or Source(f"bi.{self.view}", {})
        query = sql.SQL("SELECT * FROM {} AS listed {} ORDER BY {} LIMIT %(most)s").format(
            sql.SQL(rows_from.query),
            sql.SQL("WHERE ") + sql.SQL(" AND ").join(conditions) if conditions else sql.SQL(""),
            key,
        )
        # One more than asked: whether there is a next page is known without counting the rest.
        rows = connection.execute(query, {**values, **rows_from.values, "most": limit + 1}).fetchall()
        items = [dict(zip(columns, row, strict=True)) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        return Page(items, cursor_of(self.view, [last[name] for name in self.key]) if last else None)


def cursor_of(listing: str, key: Sequence[Any]) -> str:
    return cursor([listing, *key])


def place_of(text: str, listing: str, types: Sequence[str]) -> list[Any]:
    """The key in a cursor of this list, by SQL types. Raise MalformedError."""
    # The list is in the cursor: one of another list would be taken for a place in this one.
    name, *key = key_of(text, len(types) + 1)
    try:
        if name != listing or any(isinstance(part, bool) or not isinstance(part, str | int) for part in key):
            raise ValueError
        return [_PARSERS[kind](str(part)) for kind, part in zip(types, key, strict=True)]
    except ValueError:
        fault = Fault("/query/next", "bad_cursor", "next is a cursor from an earlier page of this list, unchanged")
        raise MalformedError([fault]) from None


def _is(name: str, value: Any) -> sql.Composable:
    if isinstance(value, bool):
        # As a value it would be unknown to a plan that is kept, and to the view nothing that can be asked part by part.
        return sql.SQL("{}" if value else "NOT {}").format(sql.Identifier(name))
    return sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(f"is_{name}"))


def _filter(columns: Mapping[str, str], name: str, text: str) -> Any:
    kind = columns.get(name)
    if kind is None:
        fault = Fault("/query", "unknown_filter", f"{_shown(name)} is no column; there are {', '.join(columns)}")
        raise MalformedError([fault])
    try:
        return _PARSERS[kind](text)
    except ValueError:
        raise MalformedError([Fault(f"/query/{name}", "bad_filter", f"{name} takes {_TAKES[kind]}")]) from None


def _shown(name: str) -> str:
    return name.encode("unicode_escape").decode()[:100]


def _whole(text: str) -> int:
    # Python would take 1_000, spaces and digits of other scripts too; 18 digits always fit a bigint.
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text) or not isfinite(float(text)):
        raise ValueError
    return float(text)


def _instant(text: str) -> datetime:
    if (found := datetime.fromisoformat(text)).tzinfo is None:
        raise ValueError
    return found


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError
    return text


_PARSERS: dict[str, Callable[[str], Any]] = {
    "uuid": UUID,
    "date": date.fromisoformat,
    "timestamp with time zone": _instant,
    "integer": _whole,
    "bigint": _whole,
    "double precision": _number,
    "numeric": _number,
    "boolean": lambda text: {"true": True, "false": False}[text] if text in ("true", "false") else _whole(""),
    "text": _text,
}
"""By the SQL types that columns of read tables and views have. They raise ValueError."""

_TAKES = {
    "uuid": "a UUID",
    "date": "a day such as 2025-12-31",
    "timestamp with time zone": "an instant such as 2025-12-31T12:00:00Z",
    "integer": "a whole number",
    "bigint": "a whole number",
    "double precision": "a number such as 12.5",
    "numeric": "a number such as 12.5",
    "boolean": "true or false",
    "text": "text without U+0000",
}

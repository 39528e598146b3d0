"""PostgreSQL array literals. Building them by hand costs a fraction of psycopg's dumping of a list."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import DataError

_BETWEEN = "\0"
"""Stands between the values until they are escaped: the one character that no text of PostgreSQL has."""


def text_array(values: Sequence[str]) -> str:
    """A `text[]` literal. Raise DataError where a text has U+0000."""
    if not values:
        return "{}"
    text = _BETWEEN.join(values)
    if text.count(_BETWEEN) >= len(values):
        raise DataError("a text of PostgreSQL has no U+0000")
    # All of them at once: a call for each value would cost more than what it does.
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace(_BETWEEN, '","')
    return f'{{"{text}"}}'


def integer_array(values: Sequence[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"

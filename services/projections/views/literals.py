"""How values and names are written in SQL: statements that make a view take no parameters of the driver."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date


def literal(value: str | float | date | Sequence[str]) -> str:
    """Text, a figure, a day, or a list of texts (an array)."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, int | float):
        return str(value).lower()
    return f"ARRAY[{', '.join(map(literal, value))}]"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

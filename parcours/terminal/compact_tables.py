"""Lists for people that fit a terminal: two lines a row where that keeps ids whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

Row = Mapping[str, Any]
"""A row of a list as the query API gives it: JSON, so days and ids are texts."""

UUID_WIDTH = 36


def compact(*titles: str, who: str) -> Table:
    """`who`: the last column, wide enough for an id, which is copied into the next command."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    table.add_column(who, overflow="fold", width=UUID_WIDTH)
    return table


def stacked(*lines: str) -> str:
    """Those that say something, one below the other."""
    return "\n".join(line for line in lines if line) or "–"

"""Who went from where to where inside a group, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from parcours.terminal.wording import KINDS, plural
from services.projections.law.tables import stages

UNKNOWN = "?"


def matrix(items: Iterable[Mapping[str, Any]], jobs: Mapping[str, int] | None = None) -> Table:
    """Rows: left; columns: entered; green forward, red back. `jobs`: leavers to an ordinary job, by kind left."""
    cells = {(_name(row, "from"), _name(row, "to")): row for row in items}
    rows = sorted({left for left, _ in cells} | set(jobs or ()), key=_place)
    columns = sorted({entered for _, entered in cells}, key=_place)
    table = Table(title_justify="left", header_style="bold", pad_edge=False)
    table.add_column("de \\ vers")
    for name in [*columns, *(["emploi ordinaire"] if jobs is not None else [])]:
        table.add_column(name, justify="right")
    for left in rows:
        counts = [_cell(cells.get((left, entered))) for entered in columns]
        job = [Text(str(jobs.get(left, 0)) if jobs.get(left) else "·")] if jobs is not None else []
        table.add_row(Text(left, style="bold"), *counts, *job)
    return table


def summary(items: Iterable[Mapping[str, Any]]) -> str:
    rows = list(items)
    total, forward, level, back = (
        sum(row[name] for row in rows) for name in ("transitions", "forward", "level", "back")
    )
    text = f"{plural(total, 'passage')} dans le groupe : {forward} en avant, {level} au même niveau, {back} en arrière"
    widest = max(rows, key=lambda row: row["transitions"], default=None)
    if widest is None:
        return text
    days = widest.get("median_days_between")
    between = "" if days is None else f", {days:.0f} jours entre les deux en médiane"
    return f"{text}. Le plus fréquent : {_name(widest, 'from')} → {_name(widest, 'to')}{between}."


def kinds_in_words(items: Iterable[Mapping[str, Any]]) -> str:
    names = {_name(row, end) for row in items for end in ("from", "to")}
    return ", ".join(f"{name} : {KINDS[name]}" for name in sorted(names, key=_place) if name in KINDS)


def _cell(row: Mapping[str, Any] | None) -> Text:
    if row is None:
        return Text("·", style="dim")
    ahead, behind = row.get("forward", 0), row.get("back", 0)
    return Text(str(row["transitions"]), style="green" if ahead > behind else "red" if behind > ahead else "")


def _name(row: Mapping[str, Any], end: str) -> str:
    return str(row.get(f"{end}_name") or row.get(end) or UNKNOWN)


def _place(name: str) -> tuple[int, str]:
    """In the order of the stages; what has none, structures too, after them by name."""
    return min((row.stage for row in stages() if row.kind == name), default=len(KINDS)), name

"""Read sets for people: the list, who fails in one, and what a rollback would do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table

from parcours.terminal.console import duration
from services.projections.read_sets.listing import Described, Failures
from services.projections.read_sets.rolling_back import Plan

_LINE = "\n"
_UNITS = ("B", "kB", "MB", "GB", "TB")


def table_of(found: Sequence[Described], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("name", "state", "version", "age", "promoted", "until", "size", "failing", "settings"):
        table.add_column(title, justify="right" if title in ("version", "size", "failing") else "left")
    for described in found:
        read_set = described.read_set
        table.add_row(
            read_set.name,
            read_set.state + (", frozen" if read_set.frozen_at else ""),
            str(read_set.rows_version),
            duration((now - read_set.created_at).total_seconds()),
            _instant(read_set.promoted_at),
            _instant(read_set.replaced_at),
            "" if described.bytes is None else size(described.bytes),
            "" if described.failed is None else f"{described.failed:,}",
            ", ".join(f"{name} {value}" for name, value in read_set.settings.items()),
        )
    return table


def failures_of(name: str, found: Failures) -> list[str]:
    """Lines about who fails in a read set."""
    lines = [f"{_subjects(found.count)} cannot be folded into read set {name}:"]
    lines += [f"  {failure.subject}: {failure.error.partition(_LINE)[0]}" for failure in found.first]
    if found.count > len(found.first):
        lines.append(f"  … and {found.count - len(found.first):,} more; --limit shows more, --json their tracebacks")
    return lines


def plan_text(plan: Plan, now: datetime) -> str:
    """What a rollback goes back to, and what has to be done first."""
    age = f"until {duration((now - plan.replaced_at).total_seconds())} ago" if plan.replaced_at else "before"
    return (
        f"read set {plan.target} was current {age}; {plan.behind:,} of {plan.known:,} subjects are folded again first,"
        f" then it takes the place of {plan.current or 'none'}"
    )


def size(count: int) -> str:
    """`812 kB`, `1.4 GB`."""
    value = float(count)
    for unit in _UNITS[:-1]:
        if value < 1_000:
            return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"
        value /= 1_000
    return f"{value:.1f} {_UNITS[-1]}"


def now() -> datetime:
    return datetime.now(UTC)


def _instant(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" if at else ""


def _subjects(count: int) -> str:
    return "1 subject" if count == 1 else f"{count:,} subjects"

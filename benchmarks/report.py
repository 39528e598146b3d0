"""The table, and the same for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, Goal
from benchmarks.lab import Lab, commit_ms
from benchmarks.running import Result
from parcours.terminal import console

STYLES = {"aim": "green", "at least": "yellow", "under": "red"}


@dataclass(frozen=True, slots=True)
class Machine:
    """`load`: of the minute before, so that a busy machine shows. `commit_ms`: to make 8 kB durable."""

    cores: int
    memory_gb: int
    system: str
    python: str
    postgresql: str
    commit_ms: float
    load: float
    quick: bool

    def __str__(self) -> str:
        quick = " · quick: sizes too small for figures to be kept" if self.quick else ""
        return (
            f"{self.cores} cores, {self.memory_gb} GB, {self.system} · Python {self.python}, PostgreSQL {self.postgresql},"
            f" fsync of 8 kB {self.commit_ms:.2f} ms · load before {self.load:.1f}{quick}"
        )


def machine(lab: Lab) -> Machine:
    load = os.getloadavg()[0]
    with psycopg.connect(lab.server) as connection:
        version = connection.info.server_version
    memory = round(psutil.virtual_memory().total / (1 << 30))
    return Machine(
        os.cpu_count() or 0,
        memory,
        platform.system(),
        platform.python_version(),
        f"{version // 10_000}.{version % 10_000}",
        commit_ms(),
        load,
        lab.quick,
    )


def screen() -> Console:
    return console.screen()


def table(results: Sequence[Result], about: Machine) -> Table:
    made = Table(caption=str(about), caption_justify="left", title_justify="left", show_lines=False)
    made.add_column("row", min_width=24, overflow="fold")
    for name in ("ours", "baseline", "ratio", "at least", "aim"):
        made.add_column(name, justify="right", no_wrap=True)
    made.add_column("check", overflow="fold")
    for result in results:
        if result.failure:
            made.add_row(result.row.about, *["–"] * 5, f"FAILED: {result.failure}", style="bold red")
        if result.left_out:
            made.add_row(result.row.about, *["–"] * 5, f"left out: {result.left_out}", style="dim")
        for figure in result.figures:
            made.add_row(*_cells(figure), style=STYLES[figure.goal.verdict(figure.value)])
    return made


def in_words(result: Result) -> str:
    """As soon as it is known."""
    found = (result.failure and f"FAILED: {result.failure}") or (result.left_out and f"left out: {result.left_out}")
    figures = [" ".join(part for part in _cells(figure)[:4] if part) for figure in result.figures]
    return f"{result.row.name} ({result.seconds:.0f} s): {found or '; '.join(figures)}"


def _cells(figure: Figure) -> tuple[str, ...]:
    ours = f"{_number(figure.ours)} {figure.unit}"
    baseline = "" if figure.baseline is None else f"{_number(figure.baseline)} {figure.unit}"
    ratio = "" if figure.ratio is None else _ratio(figure.ratio, figure.spread)
    goal = figure.goal
    return figure.title, ours, baseline, ratio, _limit(goal, goal.at_least), _limit(goal, goal.aim), figure.check


def _ratio(ratio: float, spread: tuple[float, float] | None) -> str:
    return f"{ratio:.2f}" + (f" ({spread[0]:.2f}–{spread[1]:.2f})" if spread else "")


def _limit(goal: Goal, limit: float) -> str:
    return f"{'≤ ' if goal.less_is_better else ''}{limit:g}{f' {goal.unit}' if goal.unit else ''}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def as_json(results: Sequence[Result], about: Machine) -> dict[str, Any]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {name: getattr(about, name) for name in Machine.__slots__},
        "rows": [_row(result) for result in results],
    }


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.row.name,
        "about": result.row.about,
        "seconds": round(result.seconds, 1),
        "failure": result.failure,
        "left_out": result.left_out,
        "figures": [_figure(figure) for figure in result.figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    goal = figure.goal
    return {
        "title": figure.title,
        "unit": figure.unit,
        "ours": round(figure.ours, 3),
        "baseline": None if figure.baseline is None else round(figure.baseline, 3),
        "ratio": None if figure.ratio is None else round(figure.ratio, 3),
        "spread": None if figure.spread is None else [round(one, 3) for one in figure.spread],
        "at_least": goal.at_least,
        "aim": goal.aim,
        "less_is_better": goal.less_is_better,
        "reaches": goal.verdict(figure.value),
        "check": figure.check,
    }

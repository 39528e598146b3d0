"""The table, and the same for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, Goal
from benchmarks.machine import Machine
from benchmarks.running import Result
from parcours.terminal import console

STYLES = {"aim": "green", "at least": "yellow", "under": "red", "told": ""}


def screen() -> Console:
    return console.screen()


def table(results: Sequence[Result], about: Machine) -> Table:
    made = Table(caption=f"{about} · {total(results)}", caption_justify="left", title_justify="left", show_lines=False)
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
            made.add_row(*cells(figure), figure.check, style=STYLES[figure.reaches])
    return made


def total(results: Sequence[Result]) -> str:
    return f"{len(results)} rows in {in_minutes(sum(result.seconds for result in results))}"


def in_minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def in_words(result: Result) -> str:
    """As soon as it is known."""
    found = (result.failure and f"FAILED: {result.failure}") or (result.left_out and f"left out: {result.left_out}")
    figures = [" ".join(part for part in cells(figure)[:4] if part) for figure in result.figures]
    return f"{result.row.name} ({in_minutes(result.seconds)}): {found or '; '.join(figures)}"


def cells(figure: Figure) -> tuple[str, ...]:
    """Title, ours, baseline, ratio, at least, aim."""
    ours = f"{_number(figure.ours)} {figure.unit}"
    baseline = "" if figure.baseline is None else f"{_number(figure.baseline)} {figure.unit}"
    ratio = "" if figure.ratio is None else _ratio(figure.ratio, figure.spread)
    goal = figure.goal
    limits = (_limit(goal, goal.at_least), _limit(goal, goal.aim)) if goal else ("", "")
    return figure.title, ours, baseline, ratio, *limits


def _ratio(ratio: float, spread: tuple[float, float] | None) -> str:
    return f"{ratio:.2f}" + (f" ({spread[0]:.2f}–{spread[1]:.2f})" if spread else "")


def _limit(goal: Goal, limit: float) -> str:
    return f"{'≤ ' if goal.less_is_better else ''}{limit:g}{f' {goal.unit}' if goal.unit else ''}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def as_json(results: Sequence[Result], about: Machine) -> dict[str, Any]:
    """`seconds`: of all rows together."""
    return {
        "measured_at": about.measured_at,
        "seconds": round(sum(result.seconds for result in results), 1),
        "machine": about.as_json(),
        "rows": [_row(result) for result in results],
    }


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.row.name,
        "about": result.row.about,
        "group": result.row.group,
        "limited_by": result.row.limited_by,
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
        "at_least": goal and goal.at_least,
        "aim": goal and goal.aim,
        "less_is_better": goal and goal.less_is_better,
        "reaches": figure.reaches,
        "cells": cells(figure),
        "check": figure.check,
    }

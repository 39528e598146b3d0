"""The figures that are kept: `docs/benchmarks.json`, and the part of `docs/benchmarks.md` that is made of it.

python -m benchmarks.page    # make the page again, without measuring
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.figures import GROUPS
from benchmarks.machine import Machine
from benchmarks.report import in_minutes
from benchmarks.rows import ROWS

DOCS = Path(__file__).parent.parent / "docs"
KEPT = DOCS / "benchmarks.json"
PAGE = DOCS / "benchmarks.md"
BEGIN, END = "<!-- figures: python -m benchmarks --keep -->", "<!-- end of figures -->"

Run = dict[str, Any]
"""As `report.as_json` makes it."""


def keep(run: Run, kept: Path = KEPT, page: Path = PAGE) -> None:
    """These rows take the place of those that were kept; the others stay, with the date and machine of theirs."""
    runs = joined(_load(kept), run)
    kept.write_text(json.dumps({"runs": runs}, ensure_ascii=False, indent=1) + "\n")
    page.write_text(with_figures(page.read_text(), runs))


def joined(runs: list[Run], new: Run) -> list[Run]:
    """The newest first; of each row the newest only."""
    names = {row["name"] for row in new["rows"]}
    older = [run | {"rows": [row for row in run["rows"] if row["name"] not in names]} for run in runs]
    return [new, *(run for run in older if run["rows"])]


def with_figures(page: str, runs: list[Run]) -> str:
    """The page with these figures between its marks. Raise ValueError where it has no marks."""
    before, after = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:before] + "\n" + "\n".join(_lines(runs)) + "\n" + page[after:]


def _lines(runs: list[Run]) -> Iterator[str]:
    for run in runs:
        yield from _of_run(run)
    yield from ("", "### What limits each row", "| row | limited by |", "|---|---|")
    kept = {row["name"] for run in runs for row in run["rows"]}
    yield from (f"| `{row.name}` | {row.limited_by} |" for row in ROWS if row.name in kept and row.limited_by)


def _of_run(run: Run) -> Iterator[str]:
    machine = Machine(**run["machine"])
    measured = sum(row["seconds"] for row in run["rows"])
    yield f"### Measured {machine.measured_at[:10]}, commit {machine.commit or 'unknown'}"
    yield f"{machine}. {len(run['rows'])} rows in {in_minutes(measured)}."
    for group, about in GROUPS.items():
        rows = [row for row in run["rows"] if row["group"] == group]
        if rows:
            yield from ("", f"**{about[0].upper()}{about[1:]}**", "")
            yield "| row | what | ours | baseline | ratio (least–greatest) | at least | aim | reaches |"
            yield "|---|---|---|---|---|---|---|---|"
            for row in rows:
                yield from _of_row(row)
    yield ""


def _of_row(row: Mapping[str, Any]) -> Iterator[str]:
    if said := (row["failure"] and f"failed: {row['failure']}") or (row["left_out"] and f"left out: {row['left_out']}"):
        yield f"| `{row['name']}` | {row['about']} | | | | | | {said} |"
    for figure in row["figures"]:
        title, *others = figure["cells"]
        yield f"| `{row['name']}` | {title} | {' | '.join(others)} | {_reached(figure['reaches'])} |"


def _reached(verdict: str) -> str:
    return {"under": "**below**", "told": ""}.get(verdict, verdict)


def _load(kept: Path) -> list[Run]:
    return list(json.loads(kept.read_text())["runs"]) if kept.exists() else []


if __name__ == "__main__":
    PAGE.write_text(with_figures(PAGE.read_text(), _load(KEPT)))

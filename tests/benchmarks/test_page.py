"""What is kept of a run, and the page that is made of it. The page in `docs` is what its figures make."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import chosen, status
from benchmarks.figures import Figure, Goal, Row
from benchmarks.machine import Machine
from benchmarks.page import BEGIN, END, KEPT, PAGE, keep, with_figures
from benchmarks.report import as_json
from benchmarks.rows import ROWS
from benchmarks.running import Result

GOAL = Goal(1.0, 1.6)
LIVE = next(row for row in ROWS if row.name == "live")
RELAY = next(row for row in ROWS if row.name == "relay")


def run(*results: Result, at: str = "2026-01-05T09:00+00:00", commit: str = "abc") -> dict[str, object]:
    machine = Machine(2, 8, "Linux", "3.11", "18.0", 0.3, 0.1, quick=False, commit=commit, measured_at=at)
    return as_json(results, machine)


def measured(row: Row, value: float) -> Result:
    return Result(row, 61.0, [Figure("a ÷ b", 12_345.0, "facts/s", value, GOAL, "checked", baseline=100.0)])


def test_a_run_makes_the_page(tmp_path: Path) -> None:
    kept, page = tmp_path / "kept.json", tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold figures\n{END}\nafter\n")
    keep(run(measured(LIVE, 0.5), Result(RELAY, 1.0, left_out="no Kafka here")), kept, page)
    text = page.read_text()
    assert "old figures" not in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| `live` | a ÷ b | 12,345 facts/s | 100 facts/s | 0.50 | 1 | 1.6 | **below** |" in text
    assert "| `relay` | relay ÷ bare produce, same settings | | | | | | left out: no Kafka here |" in text
    assert "Measured 2026-01-05, commit abc" in text
    assert "2 rows in 1 min 02 s" in text
    assert f"| `live` | {LIVE.limited_by} |" in text


def test_rows_measured_again_take_the_place_of_their_own(tmp_path: Path) -> None:
    kept, page = tmp_path / "kept.json", tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    keep(run(measured(LIVE, 0.5), measured(RELAY, 1.0)), kept, page)
    keep(run(measured(LIVE, 1.7), at="2026-01-06T09:00+00:00", commit="def"), kept, page)
    runs = json.loads(kept.read_text())["runs"]
    assert [[row["name"] for row in one["rows"]] for one in runs] == [["live"], ["relay"]]
    assert [one["machine"]["commit"] for one in runs] == ["def", "abc"]
    keep(run(measured(RELAY, 1.7), at="2026-01-07T09:00+00:00"), kept, page)
    assert len(json.loads(kept.read_text())["runs"]) == 2, "a run of which nothing is left is gone"
    assert "2026-01-05" not in page.read_text()


def test_the_page_is_what_its_figures_make() -> None:
    """Nobody types a figure by hand. `python -m benchmarks.page` makes the page again."""
    runs = json.loads(KEPT.read_text())["runs"]
    assert with_figures(PAGE.read_text(), runs) == PAGE.read_text()


def test_every_row_is_explained() -> None:
    explained = PAGE.read_text().partition(END)[2]
    assert [row.name for row in ROWS if f"`{row.name}`" not in explained] == []


@pytest.mark.parametrize(
    ("results", "full", "quick"),
    [
        ([measured(LIVE, 1.0)], 0, 0),
        ([measured(LIVE, 1.0), measured(RELAY, 0.99)], 1, 0),
        ([Result(LIVE, 1.0, failure="facts are lost")], 1, 1),
        ([measured(LIVE, 1.0), Result(RELAY, 1.0, left_out="no Kafka")], 2, 2),
        ([measured(LIVE, 0.5), Result(RELAY, 1.0, left_out="no Kafka")], 1, 2),
        ([measured(LIVE, 1.0), Result(Row("peer", "", LIVE.measure, is_optional=True), 1.0, left_out="none")], 0, 0),
        ([], 2, 2),
    ],
    ids=["all reach", "one below", "a check failed", "left out", "below and left out", "optional", "nothing"],
)
def test_the_exit_code(results: list[Result], full: int, quick: int) -> None:
    assert (status(results, quick=False), status(results, quick=True)) == (full, quick)


def test_what_is_long_is_measured_where_it_is_named() -> None:
    everything = chosen([], [])
    assert [row for row in ROWS if row.by_default] == everything
    assert chosen(["relay", "live"], []) == [RELAY, LIVE] if ROWS.index(RELAY) < ROWS.index(LIVE) else [LIVE, RELAY]
    assert {row.group for row in chosen([], ["table"])} == {"table"}
    for row in ROWS:
        assert chosen([row.name], []) == [row]

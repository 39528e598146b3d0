"""`python -m benchmarks [--row NAME …] [--quick] [--json FILE]`: how fast it is, beside what one would write by hand.

Exit 0: every row was measured, its checks hold and it reaches "at least" (with `--quick`, whose figures say nothing: its
checks hold). 1: a row is below, or one of its checks failed. 2: something could not be measured here.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from benchmarks.children import quiet
from benchmarks.figures import GROUPS, Row
from benchmarks.lab import Lab, NotDurableError
from benchmarks.machine import Machine, machine
from benchmarks.page import keep
from benchmarks.report import as_json, in_minutes, in_words, screen, table
from benchmarks.rows import ROWS
from benchmarks.running import Result, measure
from tests.parts.tiers import PartUnavailableError

FOUND_SOMETHING, COULD_NOT_RUN = 1, 2


def main() -> int:
    wanted = _arguments()
    for name in [name for name in os.environ if name.startswith("PARCOURS_") and not name.startswith("PARCOURS_TEST_")]:
        del os.environ[name]  # what is measured has the default settings
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # servers of ours are stopped on the way
    quiet()
    try:
        with ExitStack() as stack:
            lab = Lab(stack, quick=wanted.quick, millions=wanted.millions)
            about = machine(lab.server, quick=wanted.quick, millions=wanted.millions)
            results = _measure(chosen(wanted.row, wanted.group), lab, about, wanted.json)
    except (NotDurableError, PartUnavailableError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    screen().print(table(results, about))
    found = as_json(results, about)
    if wanted.json == "-":
        print(json.dumps(found, ensure_ascii=False, indent=2))
    if wanted.keep:
        keep(found)
    return status(results, quick=wanted.quick)


def chosen(names: Sequence[str], groups: Sequence[str]) -> list[Row]:
    """In the order of the table. Some are long, and measured only where they are named."""
    if names or groups:
        return [row for row in ROWS if row.name in names or (row.group in groups and row.by_default)]
    return [row for row in ROWS if row.by_default]


def status(results: Sequence[Result], *, quick: bool) -> int:
    """The exit code."""
    below = [figure for result in results for figure in result.figures if figure.reaches == "under"]
    if any(result.failure for result in results) or (below and not quick):
        return FOUND_SOMETHING
    if not results or any(result.left_out and not result.row.is_optional for result in results):
        return COULD_NOT_RUN
    return 0


def _measure(rows: Sequence[Row], lab: Lab, about: Machine, target: str | None) -> list[Result]:
    results: list[Result] = []
    started = monotonic()
    for number, row in enumerate(rows, start=1):
        so_far = in_minutes(monotonic() - started)
        print(f"{number}/{len(rows)} after {so_far}: measuring {row.name}", file=sys.stderr, flush=True)
        results.append(measure(row, lab))
        print(in_words(results[-1]), file=sys.stderr, flush=True)
        if target and target != "-":  # what is measured is kept, whatever becomes of the rest
            Path(target).write_text(json.dumps(as_json(results, about), ensure_ascii=False, indent=2) + "\n")
    return results


def _arguments() -> argparse.Namespace:
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure parcours beside baselines, in the same run. Without names: everything but what is long.",
        epilog="groups:\n"
        + "\n".join(f"  {name:<24} {about}" for name, about in GROUPS.items())
        + "\n\nrows:\n"
        + "\n".join(f"  {row.name:<24} {row.about}{'' if row.by_default else ' (long: name it)'}" for row in ROWS)
        + '\n\nexit 0: all reach "at least"; 1: one is below, or a check failed; 2: something could not be measured here',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a row to measure, as --row")
    parser.add_argument("--row", action="append", default=[], metavar="NAME", help="a row to measure; may be repeated")
    parser.add_argument(
        "--group", action="append", default=[], choices=GROUPS, metavar="GROUP", help="rows to measure; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that all works, judges no figure")
    parser.add_argument(
        "--millions",
        type=int,
        default=1,
        metavar="N",
        help="facts that are there already in the rows of growth: 1 (default), 10, 30; minutes and gigabytes each",
    )
    parser.add_argument("--json", metavar="FILE", help="also write the figures as JSON; - is standard output")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the figures of these rows in docs/benchmarks.json and docs/benchmarks.md",
    )
    wanted = parser.parse_args()
    wanted.row += wanted.names
    if unknown := [name for name in wanted.row if name not in names]:
        parser.error(f"no row is called {unknown[0]}; there are {', '.join(names)}")
    if wanted.millions < 1:
        parser.error("--millions: at least 1")
    if wanted.keep and wanted.quick:
        parser.error("--keep: figures of --quick are not to be kept")
    return wanted


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks [names…] [--quick] [--json FILE]`: how fast it is, beside what one would write by hand.

Exit 0, 1 when something measured did not do its work, 2 when nothing could be measured. A ratio never fails.
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

from benchmarks.children import quiet
from benchmarks.lab import Lab, NotDurableError
from benchmarks.report import Machine, as_json, in_words, machine, screen, table
from benchmarks.rows import ROWS
from benchmarks.running import Result, measure
from tests.parts.tiers import PartUnavailableError


def main() -> int:
    wanted = _arguments()
    for name in [name for name in os.environ if name.startswith("PARCOURS_") and not name.startswith("PARCOURS_TEST_")]:
        del os.environ[name]  # what is measured has the default settings
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # servers of ours are stopped on the way
    quiet()
    rows = [row for row in ROWS if not wanted.names or row.name in wanted.names]
    try:
        with ExitStack() as stack:
            lab = Lab(stack, quick=wanted.quick)
            about = machine(lab)
            results = []
            for row in rows:
                results.append(measure(row, lab))
                print(in_words(results[-1]), file=sys.stderr, flush=True)
                if wanted.json and wanted.json != "-":  # what is measured is kept, whatever becomes of the rest
                    _write(wanted.json, results, about)
    except (NotDurableError, PartUnavailableError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    screen().print(table(results, about))
    if wanted.json == "-":
        print(_document(results, about))
    return 1 if any(result.failure for result in results) else 0


def _write(target: str, results: Sequence[Result], about: Machine) -> None:
    Path(target).write_text(f"{_document(results, about)}\n")


def _document(results: Sequence[Result], about: Machine) -> str:
    return json.dumps(as_json(results, about), ensure_ascii=False, indent=2)


def _arguments() -> argparse.Namespace:
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure parcours beside baselines, in the same run. Without names: everything.",
        epilog="rows:\n" + "\n".join(f"  {row.name:<24} {row.about}" for row in ROWS),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="name", help="rows to measure, in the order of the table")
    parser.add_argument("--quick", action="store_true", help="small sizes, under two minutes: shows that all works")
    parser.add_argument("--json", metavar="FILE", help="also write the figures as JSON; - is standard output")
    wanted = parser.parse_args()
    if unknown := [name for name in wanted.names if name not in names]:
        parser.error(f"no row is called {unknown[0]}; there are {', '.join(names)}")
    return wanted


if __name__ == "__main__":
    sys.exit(main())

"""docs/conformance.md, from the cases and from those of `tests/conformance/`.

`python -m tests.services.agrement.cases.page` writes it (make conformance).
"""

from __future__ import annotations

from pathlib import Path

from tests.conformance.section import section
from tests.oracle.test_dated_agrements import CASES as DATED
from tests.services.agrement.cases import hiring, prolonging, right, suspending
from tests.services.agrement.cases.registry import CASES

TOPICS = (right, suspending, prolonging, hiring)
"""Importing them registered their cases."""

PAGE = Path(__file__).parents[4] / "docs" / "conformance.md"

HEAD = """# Agreement with the State's own service

Generated from `tests/services/agrement/cases/` and `tests/conformance/` by `make conformance`; do not edit. A test fails
when this page and the code no longer agree. "Expected" is what les emplois de l'inclusion answers (August 2026), in the words of
its rules; "ours" is computed. "Theirs" in a case is the counting `reference`, our default.

| # | input | expected | ours | note |
|---|---|---|---|---|
"""

TAIL = """
## Where we differ on purpose

| what | theirs | ours | why |
|---|---|---|---|
| order of recording | the end is stored and moved by each write | the end is derived from all facts that stand | late, repeated or corrected facts give the same end |
| overlaps | a database error | a refusal with a code, the other's days and the way out | people must be able to act on it |
| a hire during a suspension | lifts whatever suspension runs on the day it is accepted | lifts the suspensions declared by the day it was said that hold the hire's first day, unless declared under that very hire | a hire is judged on the file as it stood when it was said, and declaring a suspension does not undo itself |
| suspensions split in two | lose one day each (N days push N - 1) | the same by default; `day_exact` loses none | official dates must agree; the exact count is a setting |
| carence of an agrément closed while suspended | counted from the end | the same by default, a row of `law/carence.yaml` | R5132-1-3 reads otherwise; marked `confidence: open` |
| a number with another issuer's prefix | makes the agrément one of origin `pe_approval` | refused unless it says that origin | what is recorded is what was sent |
| first day of an edited suspension | not held to the 365 days | held to 365 days before it was first declared | the rule is the same however the day was reached |
"""


DATED_HEAD = """
## Rules of a past day

Each dated row of the page (`agrement.md`, §8 first) at both of its edges: what is asked on that day is answered as the rules of
that day have it. Shown by `tests/oracle/test_dated_agrements.py::test_a_dated_row_at_its_edge`.

| row | asked on | expected |
|---|---|---|
"""


def dated() -> str:
    said = {True: "yes", False: "no"}
    return DATED_HEAD + "".join(f"| {row} | {on} | {_text(expected, said)} |\n" for row, on, _, expected in DATED)


def _text(expected: object, said: dict[bool, str]) -> str:
    if isinstance(expected, tuple):
        return ", ".join(_text(part, said) for part in expected)
    return said[expected] if isinstance(expected, bool) else str(expected)


def page() -> str:
    cases = sorted(CASES, key=lambda one: (one.number, one.input))
    rows = (f"| {c.number} | {c.input} | {c.expected} | {c.answer()} | {c.note} |\n" for c in cases)
    return HEAD + "".join(rows) + TAIL + dated() + section()


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")

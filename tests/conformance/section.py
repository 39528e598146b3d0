"""The part of docs/conformance.md about pathways, contracts, exits, hours and placements, from the tests themselves."""

from __future__ import annotations

from types import ModuleType

from tests.conformance import test_pathways_examples, test_pathways_page, test_pathways_read_again
from tests.conformance.registry import ROWS

TOPICS = (test_pathways_examples, test_pathways_page, test_pathways_read_again)
"""Importing them registered their rows; in this order they are told."""

HEAD = """
## Pathways, contracts, exits, hours and placements

The cases of the rules' own page (`pathways.md`), from `tests/conformance/`. Each is posted over HTTP to the whole suite on
a real database, and read as an answer, or in schema `bi`.

| § | input | expected | shown by | note |
|---|---|---|---|---|
"""


def path_of(topic: ModuleType) -> str:
    return topic.__name__.replace(".", "/") + ".py"


def section() -> str:
    ordered = (one for topic in TOPICS for one in ROWS if one.test.startswith(path_of(topic)))
    rows = (f"| {one.place} | {one.input} | {one.expected} | `{one.test}` | {one.note} |\n" for one in ordered)
    return HEAD + "".join(rows)

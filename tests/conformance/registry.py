"""A row of the rules' page: its input, what is expected, and the test that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])

ROWS: list[Row] = []


class Row(NamedTuple):
    """`place`: paragraph and number of the row, or of the example where the paragraph has no numbers."""

    place: str
    input: str
    expected: str
    test: str
    note: str


def row(place: str, given: str, expected: str, note: str = "") -> Callable[[Test], Test]:
    def register(test: Test) -> Test:
        name = f"{test.__module__.replace('.', '/')}.py::{test.__name__}"
        ROWS.append(Row(place, given, expected, name, note))
        return test

    return register

"""Every case of the rules' page has its test, and the page of conformance names it."""

from __future__ import annotations

from tests.conformance.registry import ROWS
from tests.conformance.section import TOPICS, path_of, section


def test_every_row_of_the_page_is_there() -> None:
    assert {one.place for one in ROWS} == {"3", "4", "5", *(f"8.{number}" for number in range(1, 13)), "9"}


def test_the_section_names_every_test_of_a_case() -> None:
    for topic in TOPICS:
        for name in vars(topic):
            assert not name.startswith("test_") or f"`{path_of(topic)}::{name}`" in section()

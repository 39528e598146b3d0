"""Headers that are lists, and `Prefer` as RFC 7240 has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from shared.web.headers import listed, preferences, prefers_minimal


def headers(*lines: str, name: str = "prefer") -> Headers:
    return Headers(raw=[(name.encode(), line.encode("latin-1")) for line in lines])


def test_several_lines_are_one_list() -> None:
    """The first line counted alone: a second `After-Position` was not waited for."""
    lines = headers("pathways:3", "structures:4, agrement:5", name="after-position")
    assert listed(lines, "After-Position") == "pathways:3, structures:4, agrement:5"
    assert listed(lines, "Prefer") == ""
    assert preferences(headers("wait=5", "return=minimal")) == {"wait": "5", "return": "minimal"}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", {}),
        (" , ,", {}),
        ("respond-async, wait=10", {"respond-async": "", "wait": "10"}),
        ("Wait=10, RETURN=minimal", {"wait": "10", "return": "minimal"}),
        ("wait = 10", {"wait": "10"}),
        ('foo=""', {"foo": ""}),
        ("foo=", {"foo": ""}),
        ('wait="10"', {"wait": "10"}),
        ('priority="a, wait=5", wait=7', {"priority": "a, wait=5", "wait": "7"}),
        (r'note="say \"wait=9\", please", wait=2', {"note": 'say "wait=9", please', "wait": "2"}),
        ("return=minimal; wait=5", {"return": "minimal"}),
        ('handling=lenient ; x ; y="a;b,c", wait=1', {"handling": "lenient", "wait": "1"}),
        ("wait=1, wait=2", {"wait": "1"}),
        ("wait 5, return=minimal", {"return": "minimal"}),
        ('x="never closed, wait=5', {"x": "", "wait": "5"}),
        ("=5, wait=6", {"wait": "6"}),
    ],
)
def test_preferences(line: str, found: dict[str, str]) -> None:
    assert preferences(headers(line)) == found


@pytest.mark.parametrize(
    ("line", "is_minimal"),
    [
        ("return=minimal", True),
        ('Return="Minimal"; x=1, wait=5', True),
        ("return=representation, return=minimal", False),
        ("x-return=minimal", False),
        ('note="return=minimal"', False),
    ],
)
def test_the_shortest_answer(line: str, is_minimal: bool) -> None:
    """It was looked for anywhere in the text of the first line."""
    assert prefers_minimal(headers(line)) is is_minimal


@given(st.lists(st.text(st.characters(max_codepoint=255), max_size=40), max_size=4))
def test_whatever_is_sent_is_read(lines: list[str]) -> None:
    assert all(name == name.lower() for name in preferences(headers(*lines)))

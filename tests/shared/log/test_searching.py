"""What is looked for is found where it stands by itself, however the bytes come."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.log.searching import forms, searched


def found(text: bytes, *words: str, at: int = 3) -> set[str]:
    pieces = [text[start : start + at] for start in range(0, len(text), at)]
    return searched(pieces, forms(words), by_themselves=True)


@pytest.mark.parametrize(
    ("text", "word", "stands"),
    [
        (b'{"id":"hire-1"}', "hire-1", True),
        (b'{"id":"hire-10"}', "hire-1", False),
        (b'{"id":"rehire-1"}', "hire-1", False),
        (b'{"id":"hire-10","replaces":"hire-1"}', "hire-1", True),
        (b"'hire-1' failed", "hire-1", True),
        ("é-1".encode() + b" hire-1" + "é".encode(), "hire-1", False),
        (b"\0\0\0\x06hire-1\0\0\0\x01", "hire-1", True),
        # Behind a length that is a letter: a value of 65 bytes.
        (b"\0\0\0Ahire-1 and more", "hire-1", True),
        (b'{"hours":17}', "17", False),
        (b'{"id":"17"}', "17", True),
        (b'{"id":"170"}', "17", False),
        (b"\0\0\0\x0217\0\0\0\x01", "17", True),
        (b"hire-1", "hire-1", True),
    ],
)
def test_a_word_is_found_by_itself_alone(text: bytes, word: str, stands: bool) -> None:
    for at in (1, 2, 3, 5, 100):
        assert (found(text, word, at=at) == {word}) is stands, at


@given(
    st.text('ab-1" é', max_size=40), st.lists(st.text("ab-1", min_size=1, max_size=5), min_size=1), st.integers(1, 9)
)
def test_the_same_as_an_expression_finds(text: str, words: list[str], at: int) -> None:
    data = b"      " + text.encode()  # what begins a stream is taken for the length of a value
    wanted = {
        word
        for word in words
        if (
            re.search(rf"(?<=[\"']){re.escape(word)}(?=[\"'])", text)
            if word.isdigit()
            else re.search(rf"(?<![0-9A-Za-z_é-]){re.escape(word)}(?![0-9A-Za-z_é-])", text)
        )
    }
    assert found(data, *words, at=at) == wanted

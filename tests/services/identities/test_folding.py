"""Names as they are compared: whatever is written otherwise and means the same is the same, and nothing else."""

from __future__ import annotations

import unicodedata
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identities.folding import folded, is_found, match_texts, telling, words
from services.identities.names import shown

BORN, OTHER_DAY = date(1990, 12, 31), date(1990, 12, 30)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
WORDS = st.lists(st.text("abcdeéèçœßøłÅ", min_size=2, max_size=8), min_size=1, max_size=3)


@given(TEXTS)
def test_folded_twice_is_folded_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))


@given(TEXTS)
def test_what_is_kept_is_found_by_what_was_sent(text: str) -> None:
    assert words(shown(text)) == words(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Éloïse", "ELOISE"),
        ("Jean-Pierre", "jean pierre"),
        ("N'Diaye", "NDIAYE"),
        ("D’Angelo", "Dangelo"),
        ("Lœuil", "LOEUIL"),
        ("Strauß", "Strauss"),
        ("Łukasz", "lukasz"),
        ("St. Jean", "St Jean"),
        ("Ｊｅａｎ", "jean"),
    ],
)
def test_written_otherwise_and_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def is_match(one: tuple[str, str], other: tuple[str, str], days: tuple[date, date] = (BORN, BORN)) -> bool:
    return not match_texts(*one, days[0]).isdisjoint(match_texts(*other, days[1]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Martin", "Camille"), ("MARTIN", "Camille")),
        (("Martin", "Camille Jeanne"), ("Martin", "Jeanne, Camille")),
        (("Martin-Durand", "Camille"), ("Durand", "Camille")),
        (("Martin Durand", "Camille"), ("Durand Martin", "Camille")),
        (("de la Fontaine", "Jean"), ("Fontaine", "Jean")),
        (("Le Goff", "Yann"), ("Legoff", "Yann")),
        (("El Amrani", "Sofia"), ("Elamrani", "Sofia")),
        (("Martin", "Camille"), ("Camille", "Martin")),  # in the wrong fields
        (("Le", "Thi"), ("LE", "Thi")),  # a particle elsewhere, a name here
    ],
)
def test_who_may_be_one(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert is_match(one, other)
    assert is_match(other, one)
    assert not is_match(one, other, (BORN, OTHER_DAY))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Martin", "Camille"), ("Durand", "Jeanne")),  # the birth date alone
        (("Martin", "Camille"), ("Martin", "Jeanne")),  # twins
        (("Martin", "Camille"), ("Durand", "Camille")),
        (("de la Tour", "Jean"), ("de la Croix", "Jean")),  # particles alone
        (("Martin", "J. Paul"), ("Martin", "J. Louis")),  # an initial alone
    ],
)
def test_who_is_not_suggested(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert not is_match(one, other)


@given(WORDS, WORDS, WORDS, WORDS)
def test_matching_is_symmetric_and_needs_a_word_of_each(
    family: list[str], given_names: list[str], other_family: list[str], other_given: list[str]
) -> None:
    one, other = (" ".join(family), " ".join(given_names)), (" ".join(other_family), "-".join(other_given))
    assert is_match(one, other) is is_match(other, one)
    assert is_match(one, one)
    assert is_match(one, (" ".join(reversed(family)), " ".join(reversed(given_names))))
    # By another way: some word of each field, the same two in both persons, in whichever field they stand.
    pairs = [{tuple(sorted(pair)) for pair in product(telling(name[0]), telling(name[1]))} for name in (one, other)]
    assert is_match(one, other) is bool(pairs[0] & pairs[1])


def test_no_text_names_a_person_by_the_day_alone() -> None:
    for text in match_texts("de la", "J", BORN):
        assert len(text.split("\n")) == 3
        assert all(text.split("\n"))


@given(st.text("abcdefé -'", min_size=1, max_size=30), st.integers(1, 30))
def test_any_beginning_of_a_word_finds_it(name: str, length: int) -> None:
    for word in words(name):
        assert is_found([word[:length]], words(name))
    assert not is_found(["zz"], words(name))

"""Names as they are compared: words without accents, case, hyphens and apostrophes. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache

PARTICLES = frozenset(
    [
        "d",
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "des",
        "di",
        "do",
        "dos",
        "du",
        "e",
        "el",
        "al",
        "i",
        "la",
        "las",
        "le",
        "les",
        "los",
        "of",
        "van",
        "von",
        "y",
        "zu",
    ]
)
"""Left out of what is matched, since one writes them and another does not. In a compound taken whole they stay."""

_APOSTROPHES = str.maketrans("", "", "'\u2018\u2019\u02bc\u02b9\u2032`\u00b4")
# Letters that Unicode does not take apart.
_PLAIN = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})


def folded(text: str) -> str:
    """Lower-case words with one space between. Folded twice it stays the same."""
    while (again := _folded_once(text)) != text and not again.isascii():  # a few letters come apart in steps
        text = again
    return again


def _folded_once(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold().translate(_PLAIN)
    letters = "".join(_letter(one) for one in unicodedata.normalize("NFKD", plain))
    return " ".join(letters.split())


@lru_cache(maxsize=4096)  # of single characters: no name is kept
def _letter(one: str) -> str:
    kind = unicodedata.category(one)
    if kind.startswith("L"):
        return one
    return "" if kind.startswith("M") else " "


def words(text: str) -> frozenset[str]:
    """Those of a name, and what is written in several taken whole: `le goff` and `legoff` share a word."""
    single = folded(text).split()
    return frozenset([*single, "".join(single)]) - {""}


def telling(text: str) -> frozenset[str]:
    """The words that tell one person from another: no particles, no initials, unless there is nothing else."""
    single = folded(text).split()
    chosen = [word for word in single if word not in PARTICLES and len(word) > 1] or single
    return frozenset([*chosen, "".join(single)]) - {""}


def match_texts(family_name: str, given_names: str, birth_date: date) -> frozenset[str]:
    """What two persons have in common who may be one: a word of the family name, one of the given names, in whichever
    field each was written, and the birth date. Never the date alone."""
    return frozenset(
        "\n".join([*sorted((family, given)), birth_date.isoformat()])
        for family in telling(family_name)
        for given in telling(given_names)
    )


def is_found(asked: Iterable[str], names: Collection[str]) -> bool:
    """Whether every word that is asked for begins one of the name's."""
    return all(any(word.startswith(one) for word in names) for one in asked)

"""What one structure says a person is called, and what is refused as a name. No message here quotes what was sent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.process.control_characters import has_control
from shared.web.problems import Fault

LONGEST = 100
"""Characters of one field; the longest names of the registry have some eighty."""
FIRST_BIRTH = date(1900, 1, 1)
FIELDS = ("family_name", "given_names", "birth_date")

_NIR = re.compile(r"[1-478][0-9]{2}(0[1-9]|[1-9][0-9])(2[AB]|[0-9]{2})[0-9]{6}([0-9]{2})?")
"""Number of the registry of persons: sex, year, month, department (2A, 2B in Corsica), commune, order, key."""
_PUNCTUATION = frozenset(" \u00a0\u202f-'.,\u2019\u02bc\u2010\u2011")
# Letters and marks that show nothing, or choose how another shows: two names that look alike would differ.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOST_MARKS = 4
"""On one letter; Vietnamese and Hebrew need two or three."""


@dataclass(frozen=True, slots=True)
class Names:
    """`given_names`: all of them, in their order. As they are shown: composed (NFC), single spaces."""

    family_name: str
    given_names: str
    birth_date: date

    def json(self) -> dict[str, str]:
        return {
            "family_name": self.family_name,
            "given_names": self.given_names,
            "birth_date": self.birth_date.isoformat(),
        }


def names_of(value: Any, today: date) -> Names | list[Fault]:
    """Of a parsed body, or everything that is wrong with it."""
    if not isinstance(value, dict):
        return [Fault("", "not_an_object", "an object with family_name, given_names and birth_date")]
    faults = [*_of_fields(value), *_of_text(value, "family_name"), *_of_text(value, "given_names")]
    birth_date = birth_date_of(value["birth_date"], today) if "birth_date" in value else None
    if isinstance(birth_date, Fault):
        faults.append(birth_date)
    if faults or not isinstance(birth_date, date):
        return faults
    return Names(shown(value["family_name"]), shown(value["given_names"]), birth_date)


def _of_fields(value: Mapping[str, Any]) -> Iterator[Fault]:
    if value.keys() - set(FIELDS):
        # Not which: a key may hold a name, or a number, as well as a value.
        yield Fault("", "unknown_field", f"there are {', '.join(FIELDS)}, and no other field")
    yield from (Fault(f"/{name}", "missing", f"{name} is missing") for name in FIELDS if name not in value)


def _of_text(value: Mapping[str, Any], field: str) -> Iterator[Fault]:
    if field in value:
        found = text_fault(value[field])
        if found is not None:
            yield Fault(f"/{field}", *found)


def text_fault(text: Any) -> tuple[str, str] | None:
    """Code and sentence for what is no name."""
    if not isinstance(text, str):
        return "not_text", "a name is text"
    if len(text) > LONGEST:
        return "too_long", f"at most {LONGEST} characters"
    return next(((code, sentence) for code, sentence, is_wrong in _RULES if is_wrong(text)), None)


def _has_nir(text: str) -> bool:
    return looks_like_nir(_plain(text))


def _has_number(text: str) -> bool:
    return any(unicodedata.category(one).startswith("N") for one in _plain(text))


def _plain(text: str) -> str:
    """With full-width and other digits as digits."""
    return unicodedata.normalize("NFKC", text)


def _has_unseen(text: str) -> bool:
    return has_control(text) or _UNSEEN.search(text) is not None


def _has_other_characters(text: str) -> bool:
    return not all(one in _PUNCTUATION or unicodedata.category(one)[0] in "LM" for one in text)


def _has_no_letter(text: str) -> bool:
    return not any(unicodedata.category(one).startswith("L") for one in text)


def _has_too_many_marks(text: str) -> bool:
    here = 0
    for one in unicodedata.normalize("NFD", text):
        here = here + 1 if unicodedata.category(one).startswith("M") else 0
        if here > _MOST_MARKS:
            return True
    return False


_RULES: Sequence[tuple[str, str, Callable[[str], bool]]] = (
    ("nir", "a number of the registry of persons (NIR) is never taken", _has_nir),
    ("number", "a name holds no number", _has_number),
    ("control_character", "control characters, and marks that show nothing, are not taken", _has_unseen),
    (
        "bad_character",
        "a name holds letters, spaces, hyphens, apostrophes, dots and commas",
        _has_other_characters,
    ),
    ("empty", "a name has a letter", _has_no_letter),
    ("bad_character", f"at most {_MOST_MARKS} marks on one letter", _has_too_many_marks),
)


def looks_like_nir(text: str) -> bool:
    """Thirteen digits, or fifteen with their key, in groups or not."""
    return _NIR.search("".join(one for one in text.upper() if one.isascii() and one.isalnum())) is not None


def birth_date_of(value: Any, today: date) -> date | Fault:
    pointer = "/birth_date"
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return Fault(pointer, "bad_day", "a day such as 1990-12-31")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return Fault(pointer, "bad_day", "a day such as 1990-12-31")
    if not FIRST_BIRTH <= day <= today:
        return Fault(pointer, "bad_day", f"a day between {FIRST_BIRTH} and today")
    return day


def shown(text: str) -> str:
    """Composed, with single spaces: what is kept of a text that was taken."""
    return unicodedata.normalize("NFC", " ".join(text.split()))

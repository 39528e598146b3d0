"""Sentences for people, filled with fields: days, counts, hours and codes as French and English write them.

In a template `{field}` is a field: a day as `3 mars 2024`, a number with the language's point, a list with commas.
`{days:jour}` counts: `1 jour`, `2 jours` (irregular: `{n:criterion/criteria}`); `{left:h}` is hours; `{month:month}` a
month `YYYY-MM`; `{reason:@suspension_reason}` the names of codes of a domain, as they stand within a sentence.

`[a|b|c]` is the first of these whose fields are all known and not empty, nothing where there is none; the last may need
no field. Outside brackets a field that is not known leaves the whole text out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.facts.codes import CodeBook, Language, in_sentence
from shared.facts.fact import PARIS

MONTHS: Mapping[Language, tuple[str, ...]] = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"
    ),
}  # fmt: skip

NARROW_SPACE = "\u202f"
"""Between thousands in French; no line breaks there."""

_FIELD = re.compile(r"\{(\w+)(?::([^}]*))?\}")


class UnknownFieldError(KeyError):
    """A field is not known, or empty."""


def filled(template: str, fields: Mapping[str, Any], language: Language, codes: CodeBook | None = None) -> str:
    """The text; empty where a field outside brackets is not known."""
    return _Filling(fields, language, codes).text(template)


def day_in_words(day: date, language: Language) -> str:
    """`1er mars 2024`, `1 March 2024`."""
    ordinal = "er" if day.day == 1 and language == "fr" else ""
    return f"{day.day}{ordinal} {MONTHS[language][day.month - 1]} {day.year}"


def number_in_words(value: float, language: Language) -> str:
    """At most four decimals, after the language's point; thousands apart."""
    text = f"{value:,.4f}".rstrip("0").rstrip(".")
    # In this order: the point must not become a comma that is then taken for thousands.
    return text.replace(",", NARROW_SPACE).replace(".", ",") if language == "fr" else text


class _Filling:
    def __init__(self, fields: Mapping[str, Any], language: Language, codes: CodeBook | None) -> None:
        self._fields = fields
        self._language = language
        self._codes = codes

    def text(self, template: str) -> str:
        try:
            return self._with_choices(template)
        except UnknownFieldError:
            return ""

    def _with_choices(self, template: str) -> str:
        parts, rest = [], template
        while "[" in rest:
            before, rest = rest.split("[", 1)
            inside, rest = _up_to_its_bracket(rest)
            parts += [self._with_fields(before), self._first_known(inside)]
        return "".join([*parts, self._with_fields(rest)])

    def _first_known(self, inside: str) -> str:
        for alternative in _alternatives(inside):
            try:
                return self._with_choices(alternative)
            except UnknownFieldError:
                continue
        return ""

    def _with_fields(self, text: str) -> str:
        return _FIELD.sub(lambda found: self._field(found[1], found[2] or ""), text)

    def _field(self, name: str, form: str) -> str:
        value = self._fields.get(name)
        if value is None or (isinstance(value, list | tuple | set | frozenset | str) and not value):
            raise UnknownFieldError(name)
        if isinstance(value, list | tuple | set | frozenset):
            return ", ".join(self._one(item, form) for item in value)
        return self._one(value, form)

    def _one(self, value: Any, form: str) -> str:
        if form.startswith("@") and self._codes is not None:
            return in_sentence(self._codes.label(form[1:], str(value), self._language))
        if isinstance(value, datetime):
            # Stored in UTC: late in the evening that is another day than the one people mean.
            value = value.astimezone(PARIS).date()
        if isinstance(value, date):
            return day_in_words(value, self._language)
        if form == "month":
            year, month = str(value).split("-")
            return f"{MONTHS[self._language][int(month) - 1]} {year}"
        if isinstance(value, int | float):
            return self._amount(value, form)
        return str(value)

    def _amount(self, value: float, form: str) -> str:
        shown = number_in_words(value, self._language)
        if not form:
            return shown
        singular, _, plural = form.partition("/")
        is_one = abs(value) < 2 if self._language == "fr" else value == 1  # `0 jour`, but `0 days`
        is_unit = singular == "h"
        return f"{shown} {singular if is_one or is_unit else plural or f'{singular}s'}"


def _up_to_its_bracket(text: str) -> tuple[str, str]:
    """What an opened bracket holds, and what follows it. Raise ValueError where it is never closed."""
    depth = 1
    for place, character in enumerate(text):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if depth == 0:
            return text[:place], text[place + 1 :]
    raise ValueError(f"never closed: {text}")


def _alternatives(inside: str) -> list[str]:
    """Parted by bars that stand in no bracket of their own."""
    found, depth = [""], 0
    for character in inside:
        depth += {"[": 1, "]": -1}.get(character, 0)
        if character == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found

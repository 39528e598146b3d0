"""A number of days as people say it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from shared.facts.days import plus
from shared.facts.months import months_after

Language = Literal["en", "fr"]

_UNITS = {
    "en": (("year", "years"), ("month", "months"), ("week", "weeks"), ("day", "days")),
    "fr": (("an", "ans"), ("mois", "mois"), ("semaine", "semaines"), ("jour", "jours")),
}


def estimate(days: int, on: date) -> str:
    """A number of days from `on`, as people say it: at most two adjacent units, "1 year 11 months"."""
    return _said(days, on, "en")


def estimate_fr(days: int, on: date) -> str:
    return _said(days, on, "fr")


def _said(days: int, on: date, language: Language) -> str:
    units = [(amount, words) for amount, words in zip(_amounts(days, on), _UNITS[language], strict=True)]
    while len(units) > 1 and not units[0][0]:
        units.pop(0)
    # Two units that are neighbours: "1 year 3 days" would sound more exact than anybody needs.
    units = units[:2] if len(units) > 1 and units[1][0] else units[:1]
    return " ".join(f"{amount} {_word(amount, words, language)}" for amount, words in units)


def _word(amount: int, words: tuple[str, str], language: Language) -> str:
    is_singular = amount == 1 or (amount == 0 and language == "fr")
    return words[0] if is_singular else words[1]


def _amounts(days: int, on: date) -> tuple[int, int, int, int]:
    """Whole years and months of the calendar from that day, then weeks and days."""
    until = plus(on, max(days, 0))
    months = (until.year - on.year) * 12 + until.month - on.month - (until.day < on.day)
    rest = (until - months_after(on, months)).days
    return (*divmod(months, 12), *divmod(rest, 7))

"""A person's age on a day, as far as it is certain: facts give an age at a hire, or a year of birth, never a birthday."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from services.pathways.model.recruitments import Hire


class Age(NamedTuple):
    """At least and at most so many years."""

    least: int
    most: int


def age_on(day: date, hires: Iterable[Hire], birth_year: int | None) -> Age | None:
    """From the age given at the last of the hires that gives one, else from the year of birth. None: nobody gave either.

    `hires` come by first day.
    """
    ages = [(hire.starts_on, hired.age) for hire in hires if (hired := hire.contract.hired) and hired.age is not None]
    if ages:
        given_on, age = ages[-1]
        return _later(given_on, age, day)
    if birth_year is None:
        return None
    turning = day.year - birth_year
    has_turned = (day.month, day.day) == (12, 31)  # whenever the birthday is, it has been
    return Age(turning if has_turned else turning - 1, turning)


def _later(given_on: date, age: int, day: date) -> Age:
    """Between two anniversaries of the day on which the age was given, a birthday may have been or not."""
    years = day.year - given_on.year - ((day.month, day.day) < (given_on.month, given_on.day))
    is_anniversary = (day.month, day.day) == (given_on.month, given_on.day)
    return Age(age + years, age + years + (0 if is_anniversary else 1))

"""The dated figures of agrement.md §2–§4 and §8 that the naive file needs, each written as the page says it."""

from __future__ import annotations

from datetime import date
from typing import Literal

from tests.oracle.months import DAY, months_after, years_after

# Readings where the page can be read in two ways; the other one is a word away.

LENGTH_OF_A_MOVED_START: Literal["grant", "move"] = "grant"
"""§1 "granted before 2024-02-28: start + 2 years − 1 day"; or the rule set of the day on which a hire moved the start."""

MOVED_HIRE_TAKES_ALONG: Literal["any", "used"] = "any"
"""§2 "moving the date of a future hire moves the start of an agrément not yet started": any, since a future one is valid for
a hire too (§1); or only one that ran on the hire's former day."""

SIAE = ("AI", "ACI", "EI", "ETTI", "EITI")

LIFTED = (
    "CONTRACT_SUSPENDED",
    "CONTRACT_BROKEN",
    "FINISHED_CONTRACT",
    "APPROVAL_BETWEEN_CTA_MEMBERS",
    "CONTRAT_PASSERELLE",
)


def base_end(starts_on: date, granted_on: date) -> date:
    """§1, Length."""
    if granted_on < date(2024, 2, 28):
        return years_after(starts_on, 2) - DAY
    return starts_on + 729 * DAY


def longest_suspension_months(declared_on: date) -> int:
    """§8: "6 months until 2021-09-19; 12 until 2023-02-02; 36 months since 2023-02-03"."""
    if declared_on <= date(2021, 9, 19):
        return 6
    return 12 if declared_on <= date(2023, 2, 2) else 36


def latest_suspension_end(starts_on: date, declared_on: date) -> date:
    """§3: "Last day at most start + 36 months − 1 day"; case 32 clips."""
    return months_after(starts_on, longest_suspension_months(declared_on)) - DAY


def hire_lifts(reason: str, hired_on: date) -> bool:
    """§2 and §8: "never before 2021-12-07; CONTRACT_SUSPENDED not before 2022-09-15 (day of the hire)"."""
    if reason not in LIFTED or hired_on < date(2021, 12, 7):
        return False
    return reason != "CONTRACT_SUSPENDED" or hired_on >= date(2022, 9, 15)

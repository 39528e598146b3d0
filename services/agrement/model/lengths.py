"""How long an agrément, a suspension and a diagnosis last, by the law of their day."""

from __future__ import annotations

from datetime import date

from services.agrement.law.tables import Law, Length, SuspensionLimits
from shared.facts.days import plus
from shared.facts.months import months_after


def default_end(starts_on: date, length: Length) -> date:
    """The last day of an agrément that brings none of its own."""
    if length.days is not None:
        # 730 days since 2024-02-28, two years before: the two differ by a day where the span holds a 29 February.
        return plus(starts_on, length.days - 1)
    return plus(months_after(starts_on, 12 * (length.years or 0)), -1)


def latest_suspension_end(starts_on: date, limits: SuspensionLimits) -> date:
    """The day before the same day so many months later, itself clipped: three years from 2024-02-29 end 2027-02-27."""
    return plus(months_after(starts_on, limits.longest_months), -1)


def expiry(author_kind: str, made_on: date, law: Law) -> date:
    """The first day a diagnosis is no longer valid."""
    validity = law.diagnosis_validity[author_kind]
    # Months clip at the end of a month, days are counted: a row has one of both.
    return plus(months_after(made_on, validity.months or 0), validity.days or 0)

"""What stands but could not be checked, for people to look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.agrement.law.tables import Law, law_on
from services.agrement.model.person_file import Agrement


@dataclass(frozen=True, slots=True)
class Flag:
    code: Literal["age_not_given"]
    about: UUID
    article: str


def flags(agrement: Agrement, law: Law | None = None) -> Iterator[Flag]:
    """Prolongations for a reason with an age, where none was given; by the law of their first day unless given."""
    for prolongation in agrement.standing_prolongations():
        reason = (law or law_on(prolongation.starts_on)).prolongation_reasons.get(prolongation.reason or "")
        if reason is not None and reason.least_age is not None and prolongation.age is None:
            yield Flag("age_not_given", prolongation.prolongation_id, "R5132-1-8")

"""Immersions (PMSMP): as agreed, and as they ended. Days are days of presence where they are given, else calendar days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from services.pathways.reckoning.days import Span, common_days
from services.pathways.reckoning.employments import Standing


@dataclass(frozen=True, slots=True)
class Immersion:
    agreed: ImmersionAgreed
    ended: ImmersionEnded | None = None

    @property
    def immersion_id(self) -> UUID:
        return self.agreed.immersion_id

    @property
    def starts_on(self) -> date:
        return self.agreed.starts_on

    @property
    def ends_on(self) -> date:
        return self.ended.ended_on if self.ended is not None else self.agreed.ends_on

    @property
    def renews(self) -> UUID | None:
        """The immersion it renews; one that names itself renews nothing."""
        renewed = self.agreed.renews_immersion_id
        return None if renewed == self.immersion_id else renewed

    def days_in(self, span: Span) -> int:
        """Of an immersion that the span cuts at most the days that lie in it."""
        calendar = common_days((self.starts_on, self.ends_on), span)
        said = [one.days for one in (self.ended, self.agreed) if one is not None and one.days is not None]
        return min(said[0], calendar) if said else calendar

    @property
    def days(self) -> int:
        return self.days_in((self.starts_on, self.ends_on))


def immersions(standing: Standing) -> list[Immersion]:
    """Those agreed, by first day."""
    ended = {fact.immersion_id: fact for fact in standing(ImmersionEnded)}
    agreed = {fact.immersion_id: fact for fact in standing(ImmersionAgreed)}
    found = [Immersion(fact, ended.get(fact.immersion_id)) for fact in agreed.values()]
    return sorted(found, key=lambda one: (one.starts_on, one.immersion_id))

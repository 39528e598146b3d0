"""Immersions (PMSMP): as agreed, and as they ended. Days are days of presence where they are given, else calendar days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from services.pathways.model.employments import StandingFacts
from services.pathways.model.spans import Span, common_days, days_of


@dataclass(frozen=True, slots=True)
class Immersion:
    """`ends_on`: the real last day, else the agreed one."""

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
        """Days of it in the span. Of an immersion that the span cuts at most the calendar days that lie in both: nothing
        says on which of its days the person was present."""
        calendar = common_days((self.starts_on, self.ends_on), span)
        is_cut = calendar < days_of((self.starts_on, self.ends_on))
        return min(self.days, calendar) if is_cut else self.days

    @property
    def days(self) -> int:
        """As its end says, else as agreed; of one that ended early at most the days it lasted."""
        if self.ended is not None and self.ended.days is not None:
            return self.ended.days
        calendar = days_of((self.starts_on, self.ends_on))
        if self.agreed.days is None:
            return calendar
        # Agreed for ten days and ended after three it lasted three, whoever said how many were present.
        return self.agreed.days if self.ended is None else min(self.agreed.days, calendar)


def immersions(standing: StandingFacts) -> list[Immersion]:
    """Those agreed, by first day, then by id; an end whose agreement is not known yet is none."""
    ended = {fact.immersion_id: fact for fact in standing(ImmersionEnded)}
    agreed = {fact.immersion_id: fact for fact in standing(ImmersionAgreed)}
    found = [Immersion(fact, ended.get(fact.immersion_id)) for fact in agreed.values()]
    return sorted(found, key=lambda immersion: (immersion.starts_on, immersion.immersion_id))

"""Read table `placement_periods`: what was true of a placement on each day, for views about a day that is past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.placements.facts import PlacementAgreed, PlacementChanged, PlacementEnded
from services.placements.model.true_by import since
from services.projections.tables.columns import PUBLIC, EndsOn, PersonId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.days import plus
from shared.facts.fact import Recorded


class PlacementPeriod(NamedTuple):
    """Days by which this was agreed of a placement; what was agreed for later counts from the day it was said."""

    person_id: PersonId
    placement_id: Annotated[UUID, "The placement", PUBLIC]
    true_from: Annotated[date, "First of the days"]
    true_until: Annotated[date | None, "Last of the days, included; NULL: still"]
    structure_id: Annotated[UUID, "The structure that lends", PUBLIC]
    client_id: Annotated[UUID, "The client", PUBLIC]
    starts_on: Annotated[date, "First day of the placement"]
    ends_on: EndsOn
    ended_on: Annotated[date | None, "Last day as declared by an end; NULL: none by then"]
    planned_hours: Annotated[float | None, "Hours planned for the whole placement; NULL: not said"]


@dataclass(slots=True)
class Terms:
    """What was agreed by a day, as it is gathered fact by fact. `agreed_place`: of the agreement in the order of truth."""

    agreed: PlacementAgreed | None = None
    agreed_place: int = -1
    ends_on: date | None = None
    planned_hours: float | None = None
    ended_on: date | None = None

    def add(self, place: int, fact: PlacementAgreed | PlacementChanged | PlacementEnded) -> None:
        """Of several agreements the last in the order of truth counts; changes and an end apply to whichever does."""
        if isinstance(fact, PlacementAgreed):
            # Facts come here by the day from which they count; which agreement stands is decided by the order of truth.
            if place > self.agreed_place:
                self.agreed, self.agreed_place = fact, place
        elif isinstance(fact, PlacementEnded):
            self.ended_on = fact.ended_on
        else:
            self.ends_on = fact.ends_on or self.ends_on
            self.planned_hours = self.planned_hours if fact.planned_hours is None else fact.planned_hours

    def period(self, person_id: UUID, true_from: date) -> PlacementPeriod | None:
        """None where only changes or an end are known."""
        agreed = self.agreed
        if agreed is None:
            return None
        return PlacementPeriod(
            person_id=person_id,
            placement_id=agreed.placement_id,
            true_from=true_from,
            true_until=None,
            structure_id=agreed.structure_id,
            client_id=agreed.client_id,
            starts_on=agreed.starts_on,
            ends_on=self.ended_on or self.ends_on or agreed.ends_on,
            ended_on=self.ended_on,
            planned_hours=agreed.planned_hours if self.planned_hours is None else self.planned_hours,
        )


def placement_periods(subject: SubjectFacts) -> list[PlacementPeriod]:
    """`services.placements.model` on every day at once: what it makes of the facts that are true by that day."""
    said: dict[UUID, list[tuple[date, int, Recorded]]] = {}
    for place, fact in enumerate(subject.settled if subject.of(PlacementAgreed) else ()):
        if isinstance(fact.data, PlacementAgreed | PlacementChanged | PlacementEnded):
            said.setdefault(fact.data.placement_id, []).append((since(fact), place, fact))
    return [row for facts in said.values() for row in _periods(subject.id, sorted(facts, key=lambda fact: fact[:2]))]


def _periods(person_id: UUID, facts: list[tuple[date, int, Recorded]]) -> Iterator[PlacementPeriod]:
    terms, last = Terms(), None
    for number, (day, place, fact) in enumerate(facts):
        assert isinstance(fact.data, PlacementAgreed | PlacementChanged | PlacementEnded)
        terms.add(place, fact.data)
        # A day has one state, the one after all that counts from it.
        if number + 1 < len(facts) and facts[number + 1][0] == day:
            continue
        period = terms.period(person_id, day)
        # Compared without the person, the placement and the days themselves: only what was agreed makes a new period.
        if last is not None and period is not None and period[4:] != last[4:]:
            yield last._replace(true_until=plus(day, -1))
            last = period
        last = last or period
    if last is not None:
        yield last


TABLE = ReadTable(
    name="placement_periods",
    subject_kind="person",
    row=PlacementPeriod,
    rows=placement_periods,
    key=3,
)

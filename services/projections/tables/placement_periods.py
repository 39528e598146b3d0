"""Read table `placement_periods`: what was true of a placement on each day, for views about a day that is past."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.placements.facts import PlacementAgreed
from services.placements.model.placements import PlacementFact, Terms
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


def placement_periods(subject: SubjectFacts) -> list[PlacementPeriod]:
    """`services.placements.model` on every day at once: what it makes of the facts that are true by that day."""
    said: dict[UUID, list[tuple[date, int, Recorded]]] = {}
    for place, fact in enumerate(subject.settled if subject.of(PlacementAgreed) else ()):
        if isinstance(fact.data, PlacementFact):
            said.setdefault(fact.data.placement_id, []).append((since(fact), place, fact))
    return [row for facts in said.values() for row in _periods(subject.id, sorted(facts, key=lambda fact: fact[:2]))]


def _periods(person_id: UUID, facts: list[tuple[date, int, Recorded]]) -> Iterator[PlacementPeriod]:
    """`facts`: each with the day from which it counts and its place in the order of truth, by these."""
    gathered, agreed_place, last = Terms(), -1, None
    for number, (day, place, fact) in enumerate(facts):
        assert isinstance(fact.data, PlacementFact)
        # Facts come here by the day from which they count; which agreement stands is decided by the order of truth.
        if not isinstance(fact.data, PlacementAgreed):
            gathered.take(fact.data)
        elif place > agreed_place:
            gathered.take(fact.data)
            agreed_place = place
        # A day has one state, the one after all that counts from it.
        if number + 1 < len(facts) and facts[number + 1][0] == day:
            continue
        period = None if gathered.agreed is None else _period(person_id, day, gathered.agreed, gathered)
        # Compared without the person, the placement and the days themselves: only what was agreed makes a new period.
        if last is not None and period is not None and period[4:] != last[4:]:
            yield last._replace(true_until=plus(day, -1))
            last = period
        last = last or period
    if last is not None:
        yield last


def _period(person_id: UUID, true_from: date, agreed: PlacementAgreed, gathered: Terms) -> PlacementPeriod:
    ended_on = None if gathered.ended is None else gathered.ended.ended_on
    return PlacementPeriod(
        person_id=person_id,
        placement_id=agreed.placement_id,
        true_from=true_from,
        true_until=None,
        structure_id=agreed.structure_id,
        client_id=agreed.client_id,
        starts_on=agreed.starts_on,
        ends_on=ended_on or gathered.ends_on,
        ended_on=ended_on,
        planned_hours=gathered.planned_hours,
    )


TABLE = ReadTable(
    name="placement_periods",
    subject_kind="person",
    row=PlacementPeriod,
    rows=placement_periods,
    key=3,
)

"""Read table `welcomes`: who came to a structure, with what outcome; those who were not hired are kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import PathwayClosed, Received
from services.projections.tables.columns import PUBLIC, PersonId
from services.projections.tables.history import History
from services.projections.tables.stays import Employment, hires_by_structure
from shared.facts.by_day import ByDay


class Welcome(NamedTuple):
    """One reception of a person by a structure, and the hire it led to."""

    person_id: PersonId
    structure_id: Annotated[UUID, "The structure that received the person", PUBLIC]
    received_on: Annotated[date, "Day of the reception"]
    sender_kind: Annotated[str, "Who sent the person: self, employer, orienteur, authorised_prescriber"]
    prescriber_kind: Annotated[str | None, "Kind of the prescriber; NULL: none, or not said"]
    outcome: Annotated[str, "hired, oriented, waiting, not_eligible, as declared that day"]
    oriented_to: Annotated[str | None, "Where to: a code, or the id of a structure; NULL: not oriented, or not said"]
    hired_on: Annotated[date | None, "First hire there from that day on, in the same pathway; NULL: none"]
    contract_id: Annotated[UUID | None, "Contract of that hire; NULL: none", PUBLIC]


def welcomes(history: History) -> list[Welcome]:
    """A person received twice by one structure on one day was received once: the last in the order of truth."""
    told = {(fact.structure_id, fact.received_on): fact for fact in history.of(Received)}
    return [_row(history, fact) for fact in told.values()]


def _row(history: History, fact: Received) -> Welcome:
    hire = _hire(history, fact)
    return Welcome(
        history.subject_id,
        fact.structure_id,
        fact.received_on,
        fact.sender_kind,
        fact.prescriber_kind,
        fact.outcome,
        fact.oriented_to,
        hire.starts_on if hire else None,
        hire.contract_id if hire else None,
    )


def _hire(history: History, fact: Received) -> Employment | None:
    """The first hire there from that day on; a pathway closed in between makes it another story."""
    there = history.once(hires_by_structure).get((fact.structure_id, True))
    closed = history.once(_closings).begun_from(fact.received_on, date.max)
    return there.begun_from(fact.received_on, closed or date.max) if there is not None else None


def _closings(history: History) -> ByDay[date]:
    return ByDay((closed.closed_on, closed.closed_on, closed.closed_on) for closed in history.of(PathwayClosed))

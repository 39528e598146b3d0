"""Read table `welcomes`: who came to a structure, with what outcome; those who were not hired are kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.pathways.facts import PathwayClosed, Received
from services.projections.tables.columns import PUBLIC, SENSITIVE, PersonId
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stays import Employment, hires_by_structure
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.by_day import ByDay


class Welcome(NamedTuple):
    """One reception of a person by a structure, and the hire it led to."""

    person_id: PersonId
    structure_id: Annotated[UUID, "The structure that received the person", PUBLIC]
    received_on: Annotated[date, "Day of the reception"]
    sender_kind: Annotated[str, "Who sent the person: self, employer, orienteur, authorised_prescriber"]
    prescriber_kind: Annotated[str | None, "Kind of the prescriber; NULL: none, or not said", SENSITIVE]
    outcome: Annotated[str, "hired, oriented, waiting, not_eligible, as declared that day"]
    oriented_to: Annotated[
        str | None, "Where to: a code, or the id of a structure; NULL: not oriented, or not said", SENSITIVE
    ]
    hired_on: Annotated[date | None, "First hire there from that day on, in the same pathway; NULL: none"]
    contract_id: Annotated[UUID | None, "Contract of that hire; NULL: none", PUBLIC]


def welcomes(subject: SubjectFacts) -> list[Welcome]:
    """A person received twice by one structure on one day was received once: the last in the order of truth."""
    received = {(fact.structure_id, fact.received_on): fact for fact in subject.of(Received)}
    return [_row(subject, fact) for fact in received.values()]


def _row(subject: SubjectFacts, fact: Received) -> Welcome:
    hire = _hire(subject, fact)
    return Welcome(
        person_id=subject.id,
        structure_id=fact.structure_id,
        received_on=fact.received_on,
        sender_kind=fact.sender_kind,
        prescriber_kind=fact.prescriber_kind,
        outcome=fact.outcome,
        oriented_to=fact.oriented_to,
        hired_on=hire.starts_on if hire else None,
        contract_id=hire.contract_id if hire else None,
    )


def _hire(subject: SubjectFacts, fact: Received) -> Employment | None:
    """The first hire there from that day on; a pathway closed in between makes it another story."""
    there = subject.once(hires_by_structure).get((fact.structure_id, True))
    closed_on = subject.once(_closings).begun_from(fact.received_on, date.max)
    return there.begun_from(fact.received_on, closed_on or date.max) if there is not None else None


def _closings(subject: SubjectFacts) -> ByDay[date]:
    return ByDay((closed.closed_on, closed.closed_on, closed.closed_on) for closed in subject.of(PathwayClosed))


TABLE = ReadTable(
    name="welcomes",
    subject_kind="person",
    row=Welcome,
    rows=welcomes,
    key=3,
    indexes=(("structure_id", "received_on"),),
)

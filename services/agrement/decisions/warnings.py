"""What is recorded though it looks mistaken: what is decided on a day still to come, an employer who hired nobody."""

from __future__ import annotations

from collections.abc import Iterator

from services.agrement.decisions.case import AgrementCase
from services.agrement.facts import (
    AgrementCancelled,
    AgrementClosed,
    AgrementGranted,
    EligibilityDiagnosed,
    FactVoided,
    ProlongationDenied,
    ProlongationGranted,
    ProlongationRequested,
    StartMoved,
    Suspended,
    SuspensionChanged,
    SuspensionRemoved,
)
from services.agrement.warnings import NoHireByStructure
from shared.deciding.future_days import DoneOn, future_day
from shared.deciding.rules import Case
from shared.deciding.warnings import DomainWarning
from shared.facts.fact import Fact

DONE_ON: DoneOn = {
    EligibilityDiagnosed: "made_on",
    AgrementGranted: "granted_on",
    StartMoved: "moved_on",
    SuspensionChanged: "changed_on",
    SuspensionRemoved: "removed_on",
    ProlongationRequested: "requested_on",
    ProlongationGranted: "decided_on",
    ProlongationDenied: "decided_on",
    AgrementClosed: "closed_on",
    AgrementCancelled: "cancelled_on",
    FactVoided: "voided_on",
}
"""Days on which something is decided; first days may be still to come."""


def what_is_decided_is_not_to_come(fact: Fact, case: Case) -> Iterator[DomainWarning]:
    return future_day(fact, case, DONE_ON)


def a_prescriber_names_an_employer_of_the_person(fact: Suspended, case: AgrementCase) -> Iterator[DomainWarning]:
    """A prescriber suspends whoever hired last; the employer concerned had hired the person once. Where a hire may still be
    on its way here, nothing is told."""
    if fact.author_kind != "prescriber" or case.context.unseen:
        return
    hires = (hire for hire in case.file.hires if hire.starts_on <= case.day)
    if all(hire.structure_id != fact.structure_id for hire in hires):
        yield NoHireByStructure("/data/structure_id")

"""What is recorded though it looks mistaken: what is decided on a day still to come."""

from __future__ import annotations

from collections.abc import Iterator

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
    SuspensionChanged,
    SuspensionRemoved,
)
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

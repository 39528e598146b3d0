"""What must have happened before the worked example of each fact may be recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from services.agrement.facts import (
    OWN_SOURCE,
    AgrementCancelled,
    AgrementClosed,
    AgrementExpired,
    AgrementExpiring,
    AgrementGranted,
    EligibilityDiagnosed,
    HireLinked,
    PersonErased,
    ProlongationDenied,
    ProlongationGranted,
    ProlongationRequested,
    Prolonged,
    StartMoved,
    Suspended,
    SuspensionChanged,
    SuspensionLifted,
    SuspensionRemoved,
)
from shared.facts.fact import Fact, Recorded
from shared.log.entries import NewFact
from shared.log.store import FactStore
from tests.services.scenario import SOURCE, like

OWN: frozenset[type[Fact]] = frozenset({HireLinked, SuspensionLifted, AgrementExpiring, AgrementExpired, PersonErased})
"""Said by the service alone."""

_GRANTED = like(AgrementGranted, number=None, initial_ends_on="2026-01-13")
_RUNNING = (_GRANTED, like(HireLinked))
_SUSPENDED = (*_RUNNING, like(Suspended))
_REQUESTED = (*_RUNNING, like(ProlongationRequested))

NEEDS: dict[type[Fact], tuple[Fact, ...]] = {
    AgrementGranted: (like(EligibilityDiagnosed),),
    StartMoved: (_GRANTED,),
    Suspended: _RUNNING,
    SuspensionChanged: _SUSPENDED,
    SuspensionRemoved: _SUSPENDED,
    ProlongationRequested: _RUNNING,
    ProlongationGranted: _REQUESTED,
    ProlongationDenied: _REQUESTED,
    Prolonged: _RUNNING,
    AgrementClosed: (*_RUNNING, like(Suspended, ends_on="2025-09-30")),
    AgrementCancelled: _RUNNING,
}


def happened(store: FactStore, subject: str, *facts: Fact) -> None:
    """Recorded without being judged."""
    now = datetime.now(UTC)
    new = []
    for place, fact in enumerate(facts, start=1):
        source = OWN_SOURCE if type(fact) in OWN else SOURCE
        recorded = Recorded(
            id=f"{subject} {place}",
            source=source,
            type=fact.type,
            subject=subject,
            time=now,
            recordedtime=now,
            streamversion=place,
            data=fact,
        )
        data = json.dumps(fact.model_dump(mode="json", exclude_unset=True)).encode()
        new.append(NewFact(recorded, data, b"happened"))
    if new:
        store.record(new)

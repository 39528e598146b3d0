"""Rules of every fact: who may say it, and about which agrément."""

from __future__ import annotations

from collections.abc import Iterator

from services.agrement.decisions.case import AgrementCase
from services.agrement.facts import (
    OWN_SOURCE,
    AgrementCancelled,
    AgrementClosed,
    AgrementExpired,
    AgrementExpiring,
    FactVoided,
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
from services.agrement.refusals.general import (
    AgrementAlreadyCancelledError,
    AgrementAlreadyClosedError,
    AgrementUnknownError,
)
from shared.deciding.own_facts import said_by_another, taken_back_by_another
from shared.deciding.refusals import DomainError

OWN_FACTS = HireLinked | SuspensionLifted | AgrementExpiring | AgrementExpired | PersonErased

AboutAnAgrement = (
    StartMoved
    | Suspended
    | SuspensionChanged
    | SuspensionRemoved
    | ProlongationRequested
    | ProlongationGranted
    | ProlongationDenied
    | Prolonged
    | AgrementClosed
    | AgrementCancelled
)


def only_the_service_says_what_follows(_: OWN_FACTS, case: AgrementCase) -> Iterator[DomainError]:
    return said_by_another(case, OWN_SOURCE)


def only_the_service_takes_back_what_follows(fact: FactVoided, case: AgrementCase) -> Iterator[DomainError]:
    return taken_back_by_another(fact, case, OWN_SOURCE, OWN_FACTS)


def the_agrement_is_known(fact: AboutAnAgrement, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.file.agrement(fact.agrement_id)
    if agrement is None:
        yield AgrementUnknownError(agrement_id=fact.agrement_id)
    elif agrement.cancelled_on is not None:
        yield AgrementAlreadyCancelledError(agrement_id=fact.agrement_id, cancelled_on=agrement.cancelled_on)


def a_closed_agrement_stays_as_it_is(
    fact: StartMoved | Suspended | ProlongationRequested | ProlongationGranted | Prolonged, case: AgrementCase
) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is not None and agrement.closed_on is not None:
        yield AgrementAlreadyClosedError(agrement_id=fact.agrement_id, closed_on=agrement.closed_on)

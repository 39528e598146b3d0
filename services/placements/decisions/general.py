"""Rules of what follows from other facts: only the service says it, and takes it back."""

from __future__ import annotations

from collections.abc import Iterator

from services.placements.decisions.case import PlacementsCase
from services.placements.facts import OWN_SOURCE, CapApproaching, CapExceeded, FactVoided
from services.placements.refusals.general import (
    OwnFactError,
)
from shared.deciding.refusals import DomainError

OWN_FACTS = CapApproaching | CapExceeded


def only_the_service_says_what_follows(_: OWN_FACTS, case: PlacementsCase) -> Iterator[DomainError]:
    if case.event.source != OWN_SOURCE:
        yield OwnFactError(fact_type=case.event.type)


def only_the_service_takes_back_what_follows(fact: FactVoided, case: PlacementsCase) -> Iterator[DomainError]:
    if case.event.source == OWN_SOURCE or fact.fact_source != OWN_SOURCE:
        return
    for standing in case.around:
        if standing.key == (OWN_SOURCE, fact.fact_id) and isinstance(standing.data, OWN_FACTS):
            yield OwnFactError(fact_type=standing.type)

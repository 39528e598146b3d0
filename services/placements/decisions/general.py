"""Rules of what follows from other facts: only the service says it, and takes it back."""

from __future__ import annotations

from collections.abc import Iterator

from services.placements.decisions.case import PlacementsCase
from services.placements.facts import OWN_SOURCE, CapApproaching, CapExceeded, FactVoided, PersonErased
from shared.deciding.own_facts import said_by_another, taken_back_by_another
from shared.deciding.refusals import DomainError

OWN_FACTS = CapApproaching | CapExceeded | PersonErased


def only_the_service_says_what_follows(_: OWN_FACTS, case: PlacementsCase) -> Iterator[DomainError]:
    return said_by_another(case, OWN_SOURCE)


def only_the_service_takes_back_what_follows(fact: FactVoided, case: PlacementsCase) -> Iterator[DomainError]:
    return taken_back_by_another(fact, case, OWN_SOURCE, OWN_FACTS)

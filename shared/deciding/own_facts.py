"""What a service records by itself, because of other facts or of the day: nobody else says it, nor takes it back.

A service that does so lists two rules that ask here: what it records by itself is its own to name (`FactTypes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType

from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case
from shared.facts.fact import FactVoided


class OwnFactError(DomainError):
    code = "own_fact"
    title = "Only the service itself says this; it follows from other facts"
    title_fr = "Seul le service lui-même énonce ce fait, qui découle d'autres faits"
    instead = "Send the fact from which it follows."
    instead_fr = "Déclarez le fait dont il découle : il suivra de lui-même."


def said_by_another(case: Case, own_source: str) -> Iterator[DomainError]:
    """Of an event that only the service says, under any other source than its own."""
    if case.event.source != own_source:
        yield OwnFactError(fact_type=case.event.type)


def taken_back_by_another(
    void: FactVoided, case: Case, own_source: str, own_facts: type | UnionType
) -> Iterator[DomainError]:
    """Of a void by another of one of these facts. Facts under the service's source that are not among them may be voided:
    a policy does not say them again."""
    if case.event.source == own_source or void.fact_source != own_source:
        return
    for standing in case.around:
        if standing.key == (own_source, void.fact_id) and isinstance(standing.data, own_facts):
            yield OwnFactError(fact_type=standing.type)

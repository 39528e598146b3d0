"""Rules of a structure's networks."""

from __future__ import annotations

from collections.abc import Iterator

from services.structures.decisions.stays import stays_left_open
from services.structures.facts import NetworkJoined, NetworkLeft
from services.structures.refusals.networks import NetworkAlreadyJoinedError
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_network_is_left_before_it_is_joined_again(fact: NetworkJoined, case: Case) -> Iterator[DomainError]:
    joined = (start.joined_on for start in case.standing(NetworkJoined) if start.network == fact.network)
    left = (end.left_on for end in case.standing(NetworkLeft) if end.network == fact.network)
    for day in stays_left_open(fact.joined_on, joined, left):
        yield NetworkAlreadyJoinedError(network=fact.network, joined_on=day)

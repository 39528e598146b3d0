"""Rules of clients."""

from __future__ import annotations

from collections.abc import Iterator

from services.structures.facts import ClientRegistered
from services.structures.refusals.clients import ClientAlreadyRegisteredError
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_client_is_registered_once(_: ClientRegistered, case: Case) -> Iterator[DomainError]:
    for registered in case.standing(ClientRegistered):
        yield ClientAlreadyRegisteredError(registered_on=registered.registered_on)

"""Read table `clients`: those with whom persons are placed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.reading.columns import PUBLIC
from services.projections.reading.history import History
from services.structures.facts import ClientChanged, ClientRegistered


class Client(NamedTuple):
    """A client as it is known last."""

    client_id: Annotated[UUID, "The client", PUBLIC]
    name: Annotated[str | None, "Name of a legal body; NULL: a household, or not registered yet", PUBLIC]
    kind: Annotated[str | None, "company, household, nonprofit…; NULL: not registered yet", PUBLIC]
    siret: Annotated[str | None, "SIRET, 14 digits; NULL: not said", PUBLIC]
    structure_id: Annotated[UUID | None, "The structure the client itself is; NULL: none", PUBLIC]
    department: Annotated[str | None, "Code of the department; NULL: not said", PUBLIC]
    registered_on: Annotated[date | None, "Day from which it is known; NULL: not registered yet", PUBLIC]


def clients(history: History) -> list[Client]:
    row: Client | None = None
    for fact in history.facts:
        if isinstance(fact, ClientRegistered | ClientChanged):
            before = row or Client(history.subject_id, None, None, None, None, None, None)
            said = {name: getattr(fact, name, None) for name in Client._fields}
            row = before._replace(**{name: value for name, value in said.items() if value is not None})
    return [] if row is None else [row]

"""Read table `networks`: federations, regions and brands a structure belongs to. A network is no group."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.belonging import spans
from services.projections.tables.columns import PUBLIC
from services.projections.tables.history import History
from services.structures.facts import NetworkJoined, NetworkLeft


class Network(NamedTuple):
    """Days on which a structure belonged to a network. Spans of one structure in one network do not overlap."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    network: Annotated[str, "Code of the federation, region or brand", PUBLIC]
    joined_on: Annotated[date, "First day", PUBLIC]
    left_on: Annotated[date | None, "Last day; NULL: still in it", PUBLIC]


def networks(history: History) -> list[Network]:
    told: dict[str, list[tuple[date, bool]]] = {}
    for fact in history.facts:
        if isinstance(fact, NetworkJoined | NetworkLeft):
            told.setdefault(fact.network, []).append((fact.occurred_on, isinstance(fact, NetworkJoined)))
    return [
        Network(history.subject_id, network, joined_on, left_on)
        for network, days in told.items()
        for joined_on, left_on in spans(days)
    ]

"""Read table `networks`: federations, regions and brands a structure belongs to. A network is no group."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.belonging import Change, days_of_belonging
from services.projections.tables.columns import PUBLIC
from services.projections.tables.read_table import ReadTable
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import NetworkJoined, NetworkLeft


class Network(NamedTuple):
    """Days on which a structure belonged to a network. Spans of one structure in one network do not overlap."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    network: Annotated[str, "Code of the federation, region or brand", PUBLIC]
    joined_on: Annotated[date, "First day", PUBLIC]
    left_on: Annotated[date | None, "Last day; NULL: still in it", PUBLIC]


def networks(subject: SubjectFacts) -> list[Network]:
    changes: dict[str, list[Change]] = {}
    for fact in subject.facts:
        if isinstance(fact, NetworkJoined | NetworkLeft):
            changes.setdefault(fact.network, []).append((fact.occurred_on, isinstance(fact, NetworkJoined)))
    return [
        Network(structure_id=subject.id, network=network, joined_on=joined_on, left_on=left_on)
        for network, of_network in changes.items()
        for joined_on, left_on in days_of_belonging(of_network)
    ]


TABLE = ReadTable(
    name="networks",
    subject_kind="structure",
    row=Network,
    rows=networks,
    key=3,
)

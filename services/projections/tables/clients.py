"""Read table `clients`: with whom persons are placed, as known last."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, ClientItself, ClientKind, Department, Siret
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stated_fields import stated_fields
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import ClientChanged, ClientRegistered
from shared.facts.sayers import structure_of


class Client(NamedTuple):
    """A client as it is known last."""

    client_id: Annotated[UUID, "The client", PUBLIC]
    name: Annotated[str | None, "Name of a legal body; NULL: a household, or not registered yet", PUBLIC] = None
    kind: ClientKind = None
    siret: Siret = None
    structure_id: ClientItself = None
    department: Department = None
    registered_on: Annotated[date | None, "Day from which it is known; NULL: not registered yet", PUBLIC] = None
    registered_by: Annotated[UUID | None, "The structure that registered it; NULL: nobody is known to have"] = None


def clients(subject: SubjectFacts) -> list[Client]:
    row: Client | None = None
    for recorded in subject.settled:
        fact = recorded.data
        if isinstance(fact, ClientRegistered | ClientChanged):
            row = (row or Client(client_id=subject.id))._replace(**stated_fields(fact, Client._fields))
            if isinstance(fact, ClientRegistered) and row.registered_by is None:
                row = row._replace(registered_by=structure_of(recorded))
            if row.kind == "household":  # a legal body by mistake, until now
                row = row._replace(name=None, siret=None)
    return [] if row is None else [row]


TABLE = ReadTable(
    name="clients",
    subject_kind="client",
    row=Client,
    rows=clients,
    key=1,
    indexes=(("structure_id",), ("registered_by",)),
)

"""Read table `client_periods`: what a client was on each day."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, ClientItself, ClientKind, Siret
from services.projections.tables.periods import begin_period
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stated_fields import stated_fields
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import ClientChanged, ClientRegistered


class ClientPeriod(NamedTuple):
    """Days on which a client had one kind, SIRET and structure. Periods of a client do not overlap."""

    client_id: Annotated[UUID, "The client", PUBLIC]
    starts_on: Annotated[date, "First day", PUBLIC]
    ends_on: Annotated[date | None, "Last day, included; NULL: open", PUBLIC] = None
    kind: ClientKind = None
    siret: Siret = None
    structure_id: ClientItself = None


def client_periods(subject: SubjectFacts) -> list[ClientPeriod]:
    rows: list[ClientPeriod] = []
    for fact in subject.facts:
        if isinstance(fact, ClientRegistered | ClientChanged):
            before = rows[-1] if rows else ClientPeriod(client_id=subject.id, starts_on=fact.occurred_on)
            after = before._replace(starts_on=fact.occurred_on, **stated_fields(fact, ClientPeriod._fields))
            if after.kind == "household":  # a legal body by mistake, until then
                after = after._replace(siret=None)
            begin_period(rows, after)
    return rows


TABLE = ReadTable(
    name="client_periods",
    subject_kind="client",
    row=ClientPeriod,
    rows=client_periods,
    key=2,
)

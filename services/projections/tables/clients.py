"""Read tables of clients, with whom persons are placed: as known last, by day, and their economic dismissals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.history import History
from services.structures.facts import ClientChanged, ClientRegistered, EconomicDismissalDeclared

Kind = Annotated[str | None, "company, household, nonprofit…; NULL: not registered yet", PUBLIC]
Siret = Annotated[str | None, "SIRET, 14 digits; NULL: not said", PUBLIC]
ItselfStructure = Annotated[UUID | None, "The structure the client itself is; NULL: none", PUBLIC]


class Client(NamedTuple):
    """A client as it is known last."""

    client_id: Annotated[UUID, "The client", PUBLIC]
    name: Annotated[str | None, "Name of a legal body; NULL: a household, or not registered yet", PUBLIC]
    kind: Kind
    siret: Siret
    structure_id: ItselfStructure
    department: Annotated[str | None, "Code of the department; NULL: not said", PUBLIC]
    registered_on: Annotated[date | None, "Day from which it is known; NULL: not registered yet", PUBLIC]


class ClientPeriod(NamedTuple):
    """Days on which a client had one kind, SIRET and structure. Periods of a client do not overlap."""

    client_id: Annotated[UUID, "The client", PUBLIC]
    starts_on: Annotated[date, "First day", PUBLIC]
    ends_on: Annotated[date | None, "Last day, included; NULL: open", PUBLIC]
    kind: Kind
    siret: Siret
    structure_id: ItselfStructure


class EconomicDismissal(NamedTuple):
    """A client dismissed for economic reasons on an occupation (L5132-7)."""

    client_id: Annotated[UUID, "The client", PUBLIC]
    declared_on: Annotated[date, "Day of the declaration", PUBLIC]
    occupation_code: Annotated[str, "Code of the occupation: ROME, or an open code"]


def clients(history: History) -> list[Client]:
    row: Client | None = None
    for fact in history.facts:
        if isinstance(fact, ClientRegistered | ClientChanged):
            before = row or Client(history.subject_id, None, None, None, None, None, None)
            row = before._replace(**_said(fact, Client))
            if row.kind == "household":  # a legal body by mistake, until now
                row = row._replace(name=None, siret=None)
    return [] if row is None else [row]


def client_periods(history: History) -> list[ClientPeriod]:
    """Another period from the fact's day; one that would say the same, or begin the same day, is the same period."""
    rows: list[ClientPeriod] = []
    for fact in history.facts:
        if isinstance(fact, ClientRegistered | ClientChanged):
            before = rows[-1] if rows else ClientPeriod(history.subject_id, fact.occurred_on, None, None, None, None)
            after = before._replace(starts_on=fact.occurred_on, **_said(fact, ClientPeriod))
            if after.kind == "household":
                after = after._replace(siret=None)
            if not rows:
                rows = [after]
            elif before.starts_on == after.starts_on:
                rows[-1] = after
            elif before[3:] != after[3:]:
                rows[-1] = before._replace(ends_on=after.starts_on - timedelta(days=1))
                rows.append(after)
    return rows


def economic_dismissals(history: History) -> list[EconomicDismissal]:
    declared = {(fact.declared_on, fact.occupation_code): None for fact in history.of(EconomicDismissalDeclared)}
    return [EconomicDismissal(history.subject_id, *one) for one in declared]


def _said(fact: ClientRegistered | ClientChanged, row: type[Client] | type[ClientPeriod]) -> dict[str, Any]:
    """The fields of the fact that the row has too, without those left out."""
    said = {name: getattr(fact, name, None) for name in row._fields if name != "client_id"}
    return {name: value for name, value in said.items() if value is not None}

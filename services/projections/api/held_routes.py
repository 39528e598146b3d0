"""Everything that the query side holds of one person: rows of every read set, rights, sharing, troubles, reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from psycopg import Connection

from services.projections.api.openapi import described
from services.projections.api.snapshots import Snapshots
from services.projections.folding import relations_kept
from services.projections.folding.relations_kept import load_kept
from services.projections.read_sets import set_schema
from services.projections.read_sets.read_sets_table import all_read_sets
from shared.facts.relations import Relation
from shared.histories import held as reader
from shared.histories.subjects import rows_of
from shared.log.arrays import text_array
from shared.log.held import Holding, Ids, Reckoned
from shared.rights.caller import Caller
from shared.rights.sharing import Informed, Limitation, Objection, Party, shared
from shared.web import reads_table
from shared.web.held_route import ACCESS_REQUEST, EverythingHeld, held_route


def routes(snapshots: Snapshots) -> APIRouter:
    async def begin(request: Request) -> Caller:
        return await snapshots.begin(request, "everything", purpose=ACCESS_REQUEST)

    def holdings(connection: Connection[Any]) -> Sequence[Holding]:
        return [*_holdings(connection, snapshots)]

    return held_route(begin, snapshots.answer, ids_of, holdings, **described(EverythingHeld))


def ids_of(connection: Connection[Any], person_id: UUID) -> Sequence[str]:
    """All subjects that the person has today."""
    asked = f"person/{person_id}"
    found = rows_of(connection, [asked]).get(asked)
    if found is None:
        return [asked]
    return [name for name, row in rows_of(connection, found.together).items() if row.root == found.root]


def _holdings(connection: Connection[Any], snapshots: Snapshots) -> Iterator[Holding]:
    # The one that people read first.
    for read_set in sorted(all_read_sets(connection), key=lambda one: one.state != "current"):
        if read_set.state != "dropped":
            yield from set_schema.held(connection, read_set.name)
    yield from relations_kept.held()
    yield Reckoned("sharing", lambda connection, ids: _sharing(connection, ids, snapshots.today()))
    yield from reader.held(snapshots.database.schema)
    yield reads_table.held("projections")


def _sharing(connection: Connection[Any], ids: Ids, today: date) -> Iterator[dict[str, Any]]:
    """The members of each agreement of which the person was told, and whose facts of it each is shown today."""
    kept = frozenset().union(*load_kept(connection, ids.subjects).values())
    told = [row for row in kept if isinstance(row, Informed)]
    query = f"SELECT {', '.join(Party._fields)} FROM access.parties WHERE agreement_id = ANY(%s::uuid[])"
    agreements = text_array(sorted({str(row.agreement_id) for row in told}))
    parties = [Party(*row) for row in connection.execute(query, [agreements])]
    for party in sorted(parties, key=lambda one: (one.agreement_id, one.structure_id, one.starts_on)):
        told_on = [row.informed_on for row in told if row.agreement_id == party.agreement_id]
        yield {
            "agreement_id": str(party.agreement_id),
            "group_id": str(party.group_id),
            "purpose": party.purpose,
            "profile": party.profile,
            "informed_on": min(told_on).isoformat(),
            "structure_id": str(party.structure_id),
            "starts_on": party.starts_on.isoformat(),
            "ends_on": party.ends_on and party.ends_on.isoformat(),
            "sees_today": _seen_by(party, parties, kept, today),
        }


def _seen_by(party: Party, parties: Iterable[Party], kept: Collection[Any], today: date) -> list[str]:
    """Structures whose facts of the person a member is shown."""
    relations = [row for row in kept if isinstance(row, Relation)]
    informed = [row for row in kept if isinstance(row, Informed)]
    objections = [row for row in kept if isinstance(row, Objection)]
    limitations = [row for row in kept if isinstance(row, Limitation)]
    reader_id = str(party.structure_id)
    return sorted(
        shared([reader_id], parties, relations, informed, objections, limitations, party.purpose, today)
        if party.runs_on(today)
        else []
    )

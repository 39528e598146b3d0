"""The log of reads of the query API."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from psycopg import Connection

from services.projections.api.openapi import described
from services.projections.api.snapshots import Snapshots
from shared.histories.subjects import rows_of
from shared.rights.caller import Caller
from shared.web.accesses_route import Reads, accesses_route
from shared.web.read_log import AUDIT


def routes(snapshots: Snapshots) -> APIRouter:
    async def begin(request: Request) -> Caller:
        return await snapshots.begin(request, "reads", purpose=AUDIT)

    return accesses_route("projections", begin, snapshots.answer, _ids_of, **described(Reads))


def _ids_of(connection: Connection[Any], person_id: UUID) -> Iterable[str]:
    asked = f"person/{person_id}"
    found = rows_of(connection, [asked]).get(asked)
    if found is None:
        return [asked]
    return [name for name, row in rows_of(connection, found.together).items() if row.root == found.root]

"""The log of reads of the query API."""

from __future__ import annotations

from fastapi import APIRouter, Request

from services.projections.api.held_routes import ids_of
from services.projections.api.openapi import described
from services.projections.api.snapshots import Snapshots
from shared.rights.caller import Caller
from shared.web.accesses_route import Reads, accesses_route
from shared.web.read_log import AUDIT


def routes(snapshots: Snapshots) -> APIRouter:
    async def begin(request: Request) -> Caller:
        return await snapshots.begin(request, "reads", purpose=AUDIT)

    return accesses_route("projections", begin, snapshots.answer, ids_of, **described(Reads))

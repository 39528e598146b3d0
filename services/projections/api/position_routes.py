"""What operators ask: how far the read side is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from psycopg import Connection

from services.projections.api.answer_models import ReadSideState
from services.projections.api.snapshots import Snapshots
from services.projections.catalogue import SERVICES
from services.projections.folding.troubles import fold_troubles
from services.projections.read_sets import read_sets_table
from services.projections.verifying.runs import last_run
from shared.histories.reader_counts import reader_counts
from shared.histories.subjects import count_all
from shared.rights.seeing import check_ever


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/positions", operation_id="positions", responses={200: {"model": ReadSideState}})
    async def positions(request: Request) -> Response:
        """Up to where each service's log has been applied here, and what is not as it should be."""
        check_ever(snapshots.callers.caller(request.headers.get("authorization")), "status")
        return await snapshots.answer(request, lambda connection: read_side_state(connection, snapshots.feed))

    return router


def read_side_state(connection: Connection[Any], feed: str) -> dict[str, Any]:
    """As `ReadSideState` has it. `feed`: `kafka` or `store`, whose places say what has been applied."""
    current = read_sets_table.current(connection)
    return {
        "feed": feed,
        "read_set": current.name if current else None,
        "subjects": count_all(connection),
        **asdict(reader_counts(connection, feed, SERVICES, fold_troubles(connection))),
        "verified": _verified(connection),
    }


def _verified(connection: Connection[Any]) -> dict[str, Any] | None:
    run = last_run(connection)
    if run is None:
        return None
    return {
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat(),
        "subjects": run.subjects,
        "differences": run.differences,
        "left_out": run.notes,
    }

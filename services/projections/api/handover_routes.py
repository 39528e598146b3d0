"""Routes about hand-overs and bridges: who is proposed to whom, and which client became the employer."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.projections.api.listing import Listing
from services.projections.api.openapi import filters_of_model, page_described
from services.projections.api.snapshots import Known, Snapshots
from services.projections.api.view_models import Bridge, HandoverOfToday
from shared.web.query_parameters import day

HANDOVERS = Listing("handovers_today", ("person_id", "handover_id"))
BRIDGES = Listing("bridges", ("person_id", "employer_id"))


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["handovers"])
    described = page_described(HandoverOfToday, filters_of_model(HandoverOfToday))

    @router.get("/handovers", operation_id="handovers", **described)
    async def all_handovers(
        request: Request, on: str | None = None, limit: int | None = None, next: str | None = None
    ) -> Response:
        """Hand-overs proposed by a day (Paris; today by default), with their state then; filters named as columns."""
        return await snapshots.list(request, HANDOVERS, (limit, next), on=day("on", on))

    @router.get("/structures/{structure_id}/handovers", operation_id="structure_handovers", **described)
    async def structure_handovers(
        request: Request,
        structure_id: UUID,
        direction: Literal["to", "from"] = "to",
        on: str | None = None,
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """Who is proposed to a structure, or by it; filters are named as columns: `state=proposed`."""
        mine: dict[str, Any] = {f"{direction}_structure_id": structure_id}
        asked = {"direction": direction}
        known = _named(structure_id)
        return await snapshots.list(
            request, HANDOVERS, (limit, next), known=known, on=day("on", on), asked=asked, where=mine
        )

    @router.get("/bridges", operation_id="bridges", **page_described(Bridge, filters_of_model(Bridge)))
    async def all_bridges(request: Request, limit: int | None = None, next: str | None = None) -> Response:
        """Persons whose client became the employer; filters are named as columns."""
        return await snapshots.list(request, BRIDGES, (limit, next))

    return router


def _named(structure_id: UUID) -> Known:
    sides = [f"SELECT 1 FROM bi.handovers WHERE {side}_structure_id = %s" for side in ("from", "to")]
    return Known(structure_id, ["SELECT 1 FROM bi.structures WHERE structure_id = %s", *sides])

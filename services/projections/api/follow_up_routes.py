"""Routes about follow-ups: what is still to be asked of those who left."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.projections.api.listing import Listing
from services.projections.api.openapi import filters_of_model, page_described
from services.projections.api.snapshots import Snapshots, known_by
from services.projections.api.view_models import FollowUpDue
from shared.web.query_parameters import day

FOLLOW_UPS_DUE = Listing("follow_ups_due", ("person_id", "exit_id", "milestone_months"))


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["follow-ups"])
    filters = filters_of_model(FollowUpDue)
    described = page_described(FollowUpDue, filters)
    of_structure = page_described(
        FollowUpDue, [parameter for parameter in filters if parameter["name"] != "structure_id"]
    )

    @router.get("/follow-ups", operation_id="follow_ups_due", **described)
    async def all_follow_ups(
        request: Request, on: str | None = None, limit: int | None = None, next: str | None = None
    ) -> Response:
        """Follow-ups due by a day (Paris; today by default) that nobody has made; filters are named as columns."""
        return await snapshots.list(request, FOLLOW_UPS_DUE, (limit, next), on=day("on", on))

    @router.get("/structures/{structure_id}/follow-ups", operation_id="structure_follow_ups", **of_structure)
    async def structure_follow_ups(
        request: Request, structure_id: UUID, on: str | None = None, limit: int | None = None, next: str | None = None
    ) -> Response:
        """The same for those who left one structure."""
        known = known_by(structure_id, "structures", "structure_id", "exits")
        place, today = (limit, next), day("on", on)
        return await snapshots.list(request, FOLLOW_UPS_DUE, place, known, today, where={"structure_id": structure_id})

    return router

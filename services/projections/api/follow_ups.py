"""Routes about follow-ups: what is still to be asked of those who left."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.projections.api import shapes as answers
from services.projections.api.listing import Listing
from services.projections.api.snapshot import Reading, known_by, page_described
from services.projections.api.view_shapes import FollowUpDue
from shared.web.query_parameters import day

FOLLOW_UPS_DUE = Listing("follow_ups_due", ("person_id", "exit_id", "milestone_months"))


def routes(reading: Reading) -> APIRouter:
    router = APIRouter(tags=["follow-ups"])
    filters = answers.filters_of_model(FollowUpDue)
    described = page_described(FollowUpDue, filters)
    of_one = page_described(FollowUpDue, [one for one in filters if one["name"] != "structure_id"])

    @router.get("/follow-ups", operation_id="follow_ups_due", **described)
    async def all_follow_ups(
        request: Request, on: str | None = None, limit: int | None = None, next: str | None = None
    ) -> Response:
        """Follow-ups due by a day (Paris; today by default) that nobody has made; filters are named as columns."""
        return await reading.list(request, FOLLOW_UPS_DUE, (limit, next), on=day("on", on))

    @router.get("/structures/{structure_id}/follow-ups", operation_id="structure_follow_ups", **of_one)
    async def structure_follow_ups(
        request: Request, structure_id: UUID, on: str | None = None, limit: int | None = None, next: str | None = None
    ) -> Response:
        """The same for those who left one structure."""
        known = known_by(structure_id, "structures", "structure_id", "exits")
        place, today = (limit, next), day("on", on)
        return await reading.list(request, FOLLOW_UPS_DUE, place, known, today, structure_id=structure_id)

    return router

"""The route of alerts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.projections.api.answer_models import Alert
from services.projections.api.listing import Listing
from services.projections.api.openapi import filters_of_model, page_described
from services.projections.api.snapshots import Snapshots
from shared.web.query_parameters import day

KEY = ("subject", "kind", "about_id", "since")
ALERTS = Listing("alerts", KEY)
GROUP_ALERTS = Listing("group_alerts", KEY)


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["alerts"])

    @router.get(
        "/alerts",
        operation_id="alerts",
        **page_described(Alert, filters_of_model(Alert)),
    )
    async def list_alerts(
        request: Request, on: str | None = None, limit: int | None = None, next: str | None = None
    ) -> Response:
        """What to look at, begun by a day (Paris; today by default), over or not; filters are named as columns."""
        listing = GROUP_ALERTS if "group_id" in request.query_params else ALERTS
        return await snapshots.list(request, listing, (limit, next), on=day("on", on), where=_indexed(request))

    return router


def _indexed(request: Request) -> dict[str, Any]:
    """The column that finds a person's or a structure's alerts through an index, as a subject's name does not."""
    kind, _, name = request.query_params.get("subject", "").partition("/")
    column = {"person": "person_id", "structure": "structure_id"}.get(kind)
    if column is None or column in request.query_params:
        return {}
    try:
        return {column: UUID(name)}
    except ValueError:
        return {}

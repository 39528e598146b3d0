"""The route that asks who in a group may take the next step."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from psycopg import Connection

from services.projections.api.listing import Listing
from services.projections.api.openapi import described, filters_of_model
from services.projections.api.snapshots import Snapshots, known_by
from services.projections.api.view_models import Candidate, Candidates, Criteria
from shared.web.paging import Page
from shared.web.query_parameters import day

READY = Listing("ready", ("group_id", "person_id", "step"), keeps_plan=True)
CRITERIA = tuple(Criteria.model_fields)
"""Settings of a session by which the view ready judges, and columns of ready_criteria."""
FILTERS = [filter for filter in filters_of_model(Candidate) if filter["name"] not in ("group_id", "unmet")]

Bound = Annotated[int, Query(ge=0, le=100_000)] | Literal["none"] | None
"""`none`: not judged by it. Not given: the value of the dated table."""


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["groups"])

    @router.get("/groups/{group_id}/ready", operation_id="group_ready", **described(Candidates, FILTERS))
    async def group_ready(
        request: Request,
        group_id: UUID,
        *,
        on: str | None = None,
        agrement_days_left_min: Bound = None,
        contract_days_left_max: Bound = None,
        trainings_finished_min: Bound = None,
        stage_max: Bound = None,
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """Persons in a step in a member of the group on a day (Paris; today by default), judged by the criteria given,
        else by those of a dated table; `ready=true`: those who meet them all. Other filters are named as columns."""
        bounds = (agrement_days_left_min, contract_days_left_max, trainings_finished_min, stage_max)
        asked = {name: value for name, value in zip(CRITERIA, bounds, strict=True) if value is not None}
        known = known_by(group_id, "groups", "group_id", "memberships")
        return await snapshots.list(
            request,
            READY,
            (limit, next),
            known=known,
            on=day("on", on),
            asked=asked,
            shape=_judged,
            where={"group_id": group_id},
        )

    return router


def _judged(connection: Connection[Any], page: Page) -> dict[str, Any]:
    """The page beside the criteria, read in the same snapshot and session."""
    # Asked of the view, which has put in what the request left out: the answer says by what was judged.
    (row,) = connection.execute(f"SELECT {', '.join(CRITERIA)} FROM bi.ready_criteria").fetchall()
    items = [{**item, "unmet": item["unmet"].split()} for item in page.items]
    return {"criteria": dict(zip(CRITERIA, row, strict=True)), "items": items, "next": page.next}

"""Routes about one person, and about the people of one structure."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from psycopg import Connection

from services.projections.api import row_models
from services.projections.api.listing import Listing
from services.projections.api.openapi import described, filters_of, page_described
from services.projections.api.seen import sight_of
from services.projections.api.snapshots import Snapshots, known_by
from services.projections.api.timeline import MOST_FACTS, TimelineQuery, timeline
from services.projections.read_tables import READ_TABLES
from shared.rights.seeing import Thing
from shared.web.paging import limit_of
from shared.web.query_parameters import day, instant
from shared.web.read_log import CONTINUITY

OF_A_PERSON: tuple[Thing, ...] = ("own_facts", "shared", "agrement", "request", "break", "contested")
STEPS = Listing("steps", READ_TABLES["steps"].key_columns)
LINEAGE_STEPS = Listing("lineage_steps", READ_TABLES["steps"].key_columns)


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["pathways"])
    _add_timeline(router, snapshots)
    _add_steps(router, snapshots)
    return router


def _add_timeline(router: APIRouter, snapshots: Snapshots) -> None:
    @router.get("/persons/{person_id}/timeline", operation_id="person_timeline", **described(row_models.timeline))
    async def person_timeline(
        request: Request,
        person_id: UUID,
        as_of: str | None = None,
        known_at: str | None = None,
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """A person's pathways, steps and facts; `as_of` a day (Paris), `known_at` an instant or the end of a day.

        `items` holds at most `limit` facts (10,000 by default, and at most), `next` the cursor of those after them.
        """
        caller = await snapshots.begin(request, *OF_A_PERSON, purpose=CONTINUITY)
        size = limit_of(limit, MOST_FACTS, MOST_FACTS)
        asked = TimelineQuery(person_id, day("as_of", as_of), instant("known_at", known_at), size, next)
        today = snapshots.today()

        def question(connection: Connection[Any]) -> dict[str, Any]:
            sight = sight_of(connection, caller, person_id, today, CONTINUITY)
            if not caller.is_local and sight.sees_others:
                snapshots.check_current(connection)
            return timeline(connection, asked, sight, snapshots.catalogue, snapshots.settings, today)

        return await snapshots.answer(request, question)


def _add_steps(router: APIRouter, snapshots: Snapshots) -> None:
    @router.get(
        "/structures/{structure_id}/pathways",
        operation_id="structure_pathways",
        **page_described(row_models.step_of_structure, filters_of("steps", but="structure_id")),
    )
    async def structure_pathways(
        request: Request,
        structure_id: UUID,
        with_predecessors: bool = False,
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """The steps people have or had in a structure; `with_predecessors`: and in those it took over."""
        listing, view, asked_of = STEPS, "structures", "structure_id"
        if with_predecessors:
            listing, view, asked_of = LINEAGE_STEPS, "structure_lineage", "asked_id"
        return await snapshots.list(
            request,
            listing,
            (limit, next),
            known_by(structure_id, view, "structure_id", "steps"),
            asked={"with_predecessors": with_predecessors},
            where={asked_of: structure_id},
        )

"""Routes about what a group sees of the pathways in its members."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from psycopg import Connection

from services.projections.api.answer_models import GroupPathway, Moves
from services.projections.api.list_rights import LISTS
from services.projections.api.listing import Listing, cursor_of, place_of
from services.projections.api.openapi import page_described
from services.projections.api.snapshots import Snapshots, check_known, known_by
from shared.web.paging import Page, limit_of
from shared.web.read_log import FIGURES

GROUP_PATHWAYS = Listing("group_pathways", ("person_id", "step", "joined_on"))


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["groups"])

    @router.get("/groups/{group_id}/pathways", operation_id="group_pathways", **page_described(GroupPathway))
    async def group_pathways(
        request: Request, group_id: UUID, limit: int | None = None, next: str | None = None
    ) -> Response:
        """Steps of persons in the group's members, cut to the days these were members; filters named as columns."""
        known = known_by(group_id, "groups", "group_id", "memberships")
        return await snapshots.list(request, GROUP_PATHWAYS, (limit, next), known, where={"group_id": group_id})

    @router.get("/groups/{group_id}/transitions", operation_id="group_transitions", **page_described(Moves))
    async def group_transitions(
        request: Request,
        group_id: UUID,
        by: Literal["kind", "structure"] = "kind",
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """How many went from where to where inside the group, by kind of structure or structure by structure."""
        caller = await snapshots.begin(request, *LISTS["group_pathways"].things, purpose=FIGURES)
        size = limit_of(limit)

        def question(connection: Connection[Any]) -> Page:
            check_known(connection, known_by(group_id, "groups", "group_id", "memberships"), caller)
            if not caller.is_local:
                # Made of what several members said: no agreement opens it, of purpose `figures` neither, since few moves tell
                # of whom they are.
                return Page([], None)
            return _moves(connection, group_id, by, next, size)

        return await snapshots.answer(request, question)

    return router


def _moves(connection: Connection[Any], group_id: UUID, by: str, after: str | None, limit: int) -> Page:
    """One row per pair that occurred; `from` and `to` are kinds or structures (null for a kind not known yet)."""
    left, entered = ("from_kind", "to_kind") if by == "kind" else ("from_structure_id", "to_structure_id")
    # Its own name for each way of counting: a cursor of one is no place in the other.
    place = place_of(after, f"transitions by {by}", ["text", "text"]) if after else None
    rows = connection.execute(
        f"""
        WITH cells AS (
            SELECT coalesce({left}::text, '') AS "from", coalesce({entered}::text, '') AS "to",
                count(*) AS transitions, count(DISTINCT person_id) AS persons,
                count(*) FILTER (WHERE direction = 'forward') AS forward,
                count(*) FILTER (WHERE direction = 'level') AS level,
                count(*) FILTER (WHERE direction = 'back') AS back,
                count(*) AS inside,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY days_between) AS median_days_between
            FROM bi.group_transitions WHERE group_id = %s GROUP BY 1, 2)
        SELECT cells.*, f.name, t.name FROM cells
        LEFT JOIN bi.structures f ON f.structure_id::text = cells."from"
        LEFT JOIN bi.structures t ON t.structure_id::text = cells."to"
        WHERE ("from", "to") > (%s, %s) OR %s ORDER BY 1, 2 LIMIT %s
        """,
        [group_id, *(place or ("", "")), place is None, limit + 1],
    ).fetchall()
    names = ("from", "to", "transitions", "persons", "forward", "level", "back", "inside", "median_days_between")
    items = [
        {
            **dict(zip(names, row, strict=False)),
            "from": row[0] or None,
            "to": row[1] or None,
            **({"from_name": row[9], "to_name": row[10]} if by == "structure" else {}),
        }
        for row in rows[:limit]
    ]
    return Page(items, cursor_of(f"transitions by {by}", rows[limit - 1][:2]) if len(rows) > limit else None)

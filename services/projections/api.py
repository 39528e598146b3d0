"""The query API: `/projections/v1`. Everything is read from histories and the current read set (schema `bi`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request, Response
from psycopg import Connection

from services.projections import answers, read_sets
from services.projections.catalogue import SERVICES
from services.projections.database import Database
from services.projections.listing import Listing, cursor_of, place_of
from services.projections.project import ProjectionSettings
from services.projections.tables import READ_TABLES
from services.projections.timeline import Asked, timeline
from services.projections.views import alerts
from shared.asked import day, instant
from shared.callers import Caller, Callers
from shared.facts import Catalogue
from shared.paging import Page, limit_of
from shared.places import applied
from shared.positions import Positions, reached
from shared.problems import Fault, MalformedError, NotFoundError
from shared.serving import json_response

NOT_FILTERS = frozenset({"limit", "next"})

STEPS = Listing("steps", READ_TABLES["steps"].key_columns)
ALERTS = Listing("alerts", alerts.KEY)
GROUP_ALERTS = Listing("group_alerts", alerts.KEY)
GROUP_PATHWAYS = Listing("group_pathways", ("person_id", "step", "joined_on"))

T = TypeVar("T")
Known = tuple[str, Sequence[Any]]
"""A query, with its values, that finds something where what is asked for exists."""
Place = tuple[int | None, str | None]
"""How many rows, after which cursor."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the query API answers from. `feed`: whose places say what has been applied."""

    database: Database
    catalogue: Catalogue
    settings: ProjectionSettings
    callers: Callers
    feed: str

    async def begin(self, request: Request) -> Caller:
        """Who asks, once what the request wants to come after is applied."""
        caller = self.callers.caller(request.headers.get("authorization"))
        await reached(request.headers, self.applied)
        return caller

    async def answer(self, question: Callable[[Connection[Any]], Any]) -> Response:
        """What the database says, as JSON; both beside the event loop."""
        return await asyncio.to_thread(lambda: _json(self._ask(question)))

    async def applied(self) -> Positions:
        return await asyncio.to_thread(self._ask, lambda connection: applied(connection, self.feed, SERVICES))

    async def list(
        self,
        request: Request,
        listing: Listing,
        place: Place,
        known: Known | None = None,
        on: date | None = None,
        **more: object,
    ) -> Response:
        """A page of a list, for the filters in the request and `more`; `on`: what counts as today."""
        await self.begin(request)
        filters = _filters(request)
        if on is not None:
            del filters["on"]
        where = {**filters, **{name: str(value) for name, value in more.items()}}
        limit, after = place
        size = limit_of(limit)

        def question(connection: Connection[Any]) -> Page:
            if known is not None:
                _check_known(connection, known)
            if on is not None:
                connection.execute("SELECT set_config('parcours.today', %s, true)", [on.isoformat()])
            return listing.page(connection, where, after, size)

        return await self.answer(question)

    def _ask(self, question: Callable[[Connection[Any]], T]) -> T:
        """One snapshot of one read set for all its statements."""
        with self.database.transaction() as connection:
            connection.execute(_ONE_SNAPSHOT, prepare=False)
            return question(connection)


_ONE_SNAPSHOT = f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; {read_sets.SHARE_CURRENT}"


def add_routes(app: FastAPI, reading: Reading) -> None:
    for router in (_pathways(reading), _groups(reading), _agrements(reading), _tables(reading), _operation(reading)):
        app.include_router(router, prefix="/projections/v1")
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = answers.add_problems(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _pathways(reading: Reading) -> APIRouter:
    router = APIRouter(tags=["pathways"])

    @router.get("/persons/{person_id}/timeline", operation_id="person_timeline", **_answers(answers.Timeline))
    async def person_timeline(
        request: Request, person_id: UUID, as_of: str | None = None, known_at: str | None = None
    ) -> Response:
        """A person's pathways, steps and facts; `as_of` a day (Paris), `known_at` an instant or the end of a day."""
        caller = await reading.begin(request)
        asked = Asked(person_id, day("as_of", as_of), instant("known_at", known_at))
        return await reading.answer(
            lambda connection: timeline(connection, asked, caller, reading.catalogue, reading.settings)
        )

    @router.get(
        "/structures/{structure_id}/pathways",
        operation_id="structure_pathways",
        **_page(answers.ROWS["steps"], answers.filters_of("steps", but="structure_id")),
    )
    async def structure_pathways(
        request: Request, structure_id: UUID, limit: int | None = None, next: str | None = None
    ) -> Response:
        """The steps people have or had in a structure."""
        known = _known(structure_id, "structures", "structure_id", "steps")
        return await reading.list(request, STEPS, (limit, next), known, structure_id=structure_id)

    return router


def _groups(reading: Reading) -> APIRouter:
    router = APIRouter(tags=["groups"])

    @router.get("/groups/{group_id}/pathways", operation_id="group_pathways", **_page(answers.GroupPathway))
    async def group_pathways(
        request: Request, group_id: UUID, limit: int | None = None, next: str | None = None
    ) -> Response:
        """Steps of persons in the group's members, cut to the days these were members; filters named as columns."""
        known = _known(group_id, "groups", "group_id", "memberships")
        return await reading.list(request, GROUP_PATHWAYS, (limit, next), known, group_id=group_id)

    @router.get("/groups/{group_id}/transitions", operation_id="group_transitions", **_page(answers.Moves))
    async def group_transitions(
        request: Request,
        group_id: UUID,
        by: Literal["kind", "structure"] = "kind",
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """How many went from where to where inside the group, by kind of structure or structure by structure."""
        await reading.begin(request)
        size = limit_of(limit)

        def question(connection: Connection[Any]) -> Page:
            _check_known(connection, _known(group_id, "groups", "group_id", "memberships"))
            return _moves(connection, group_id, by, next, size)

        return await reading.answer(question)

    return router


def _agrements(reading: Reading) -> APIRouter:
    router = APIRouter(tags=["agrements"])

    @router.get(
        "/alerts",
        operation_id="alerts",
        **_page(answers.Alert, answers.filters_of_model(answers.Alert)),
    )
    async def list_alerts(
        request: Request, on: str | None = None, limit: int | None = None, next: str | None = None
    ) -> Response:
        """What to look at, begun by a day (Paris; today by default), over or not; filters are named as columns."""
        listing = GROUP_ALERTS if "group_id" in request.query_params else ALERTS
        return await reading.list(request, listing, (limit, next), on=day("on", on))

    return router


def _tables(reading: Reading) -> APIRouter:
    router = APIRouter(prefix="/tables", tags=["tables"])
    for name, table in READ_TABLES.items():
        router.add_api_route(
            f"/{name}",
            _table_route(reading, Listing(name, table.key_columns)),
            operation_id=f"table_{name}",
            description=f"{table.comment} Rows in the order of the key; filters are named as columns.",
            **_page(answers.ROWS[name], answers.filters_of(name)),
        )

    @router.get("/{name}", include_in_schema=False)
    async def unknown_table(request: Request, name: str) -> Response:
        await reading.begin(request)
        raise NotFoundError(tables=sorted(READ_TABLES))

    return router


def _table_route(reading: Reading, listing: Listing) -> Callable[..., Any]:
    async def table(request: Request, limit: int | None = None, next: str | None = None) -> Response:
        return await reading.list(request, listing, (limit, next))

    return table


def _operation(reading: Reading) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/positions", operation_id="positions", responses={200: {"model": answers.Standing}})
    async def positions(request: Request) -> Response:
        """Up to where each service's log has been applied here, and what is not as it should be."""
        reading.callers.caller(request.headers.get("authorization"))
        return await reading.answer(lambda connection: _standing(connection, reading.feed))

    return router


def _answers(model: Any, parameters: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """What describes a route in the OpenAPI document."""
    return {
        "responses": {200: {"model": model}},
        "openapi_extra": {"parameters": [*parameters, *answers.AFTER]},
    }


def _page(row: Any, parameters: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return _answers(answers.page_of(row), parameters)


def _known(name: UUID, view: str, column: str, other: str) -> Known:
    """It is there once its own facts came, or somebody else's that name it."""
    queries = (f"SELECT 1 FROM bi.{one} WHERE {column} = %s" for one in (view, other))
    return " UNION ALL ".join(queries), [name, name]


def _check_known(connection: Connection[Any], known: Known) -> None:
    query, values = known
    if connection.execute(f"{query} LIMIT 1", values).fetchone() is None:
        raise NotFoundError()


def _filters(request: Request) -> dict[str, str]:
    filters: dict[str, str] = {}
    for name, text in request.query_params.multi_items():
        if name in filters:
            raise MalformedError([Fault(f"/query/{name}", "given_twice", "a filter is given once")])
        if name not in NOT_FILTERS:
            filters[name] = text
    return filters


def _moves(connection: Connection[Any], group_id: UUID, by: str, after: str | None, limit: int) -> Page:
    """One row per pair that occurred; `from` and `to` are kinds or structures (null for a kind not known yet)."""
    left, entered = ("from_kind", "to_kind") if by == "kind" else ("from_structure_id", "to_structure_id")
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


def _standing(connection: Connection[Any], feed: str) -> dict[str, Any]:
    current = read_sets.current(connection)

    def count(query: str) -> int:
        row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    return {
        "feed": feed,
        "positions": applied(connection, feed, SERVICES),
        "read_set": current.name if current else None,
        "subjects": count("SELECT count(*) FROM projections.subjects"),
        "failed_subjects": count("SELECT count(*) FROM projections.subjects WHERE error IS NOT NULL"),
        "incomplete_subjects": count("SELECT count(*) FROM projections.subjects WHERE missing IS NOT NULL"),
        "dead_letters": count("SELECT count(*) FROM projections.dead_letters"),
    }


def _json(value: Any) -> Response:
    return json_response({"items": list(value.items), "next": value.next} if isinstance(value, Page) else value)

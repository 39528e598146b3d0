"""The query API: `/projections/v1`. Everything is read from histories and the current read set (schema `bi`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from psycopg import Connection, sql

from services.projections import read_sets
from services.projections.database import Database
from services.projections.places import applied
from services.projections.project import ProjectionSettings
from services.projections.tables import READ_TABLES
from services.projections.timeline import timeline
from shared.callers import Caller, Callers
from shared.facts import PARIS, Catalogue
from shared.paging import Page, cursor, key_of, limit_of
from shared.positions import Positions, reached
from shared.problems import Fault, MalformedError, NotFoundError

NOT_FILTERS = frozenset({"limit", "next", "by", "as_of", "known_at"})

T = TypeVar("T")


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

    async def ask(self, question: Callable[[Connection[Any]], T]) -> T:
        """A question to the database, beside the event loop; one snapshot for all its statements."""

        def asked() -> T:
            with self.database.transaction() as connection:
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                return question(connection)

        return await asyncio.to_thread(asked)

    async def applied(self) -> Positions:
        return await self.ask(lambda connection: applied(connection, self.feed))


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of one view in the order of its key, a page at a time."""

    view: str
    key: tuple[str, ...]

    def page(self, connection: Connection[Any], where: dict[str, str], after: str | None, limit: int) -> Page:
        """`where`: columns and the text they must equal. Raise MalformedError for a column there is not."""
        columns = _columns(connection, self.view)
        for name in where:
            if name not in columns:
                raise MalformedError(
                    [Fault("", "unknown_filter", f"{name} is no column; there are {', '.join(columns)}")]
                )
        conditions: list[sql.Composable] = [
            sql.SQL("{}::text = %s").format(sql.Identifier(name))
            if columns[name] not in ("uuid", "date")
            else sql.SQL("{} = %s::" + columns[name]).format(sql.Identifier(name))
            for name in where
        ]
        values: list[Any] = [_typed(name, columns[name], text) for name, text in where.items()]
        if after is not None:
            key = sql.SQL(", ").join(map(sql.Identifier, self.key))
            places = sql.SQL(", ").join(sql.SQL("%s::" + columns[name]) for name in self.key)
            conditions.append(sql.SQL("({}) > ({})").format(key, places))
            values += [
                _typed(name, columns[name], text)
                for name, text in zip(self.key, key_of(after, len(self.key)), strict=True)
            ]
        query = sql.SQL("SELECT * FROM bi.{} {} ORDER BY {} LIMIT %s").format(
            sql.Identifier(self.view),
            sql.SQL("WHERE ") + sql.SQL(" AND ").join(conditions) if conditions else sql.SQL(""),
            sql.SQL(", ").join(map(sql.Identifier, self.key)),
        )
        rows = connection.execute(query, [*values, limit + 1]).fetchall()
        items = [dict(zip(columns, row, strict=True)) for row in rows[:limit]]
        last = items[-1] if len(rows) > limit else None
        return Page(items, cursor([last[name] for name in self.key]) if last else None)


def _columns(connection: Connection[Any], view: str) -> dict[str, str]:
    """Names and SQL types of a view's columns."""
    rows = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [f"bi.{view}"],
    )
    return dict(rows.fetchall())


def _typed(name: str, kind: str, text: Any) -> Any:
    """The text as the column's type. Raise MalformedError."""
    try:
        if kind == "uuid":
            return UUID(str(text))
        if kind == "date":
            return date.fromisoformat(str(text))
        return int(text) if kind in ("integer", "bigint") and not isinstance(text, str) else str(text).replace("\0", "")
    except ValueError:
        raise MalformedError([Fault("", "bad_filter", f"{name} takes a {kind}")]) from None


def projection_routes(reading: Reading) -> APIRouter:
    router = APIRouter(prefix="/projections/v1")

    @router.get("/persons/{person_id}/timeline", tags=["pathways"], operation_id="person_timeline")
    async def person_timeline(
        request: Request, person_id: UUID, as_of: date | None = None, known_at: str | None = None
    ) -> Response:
        """A person's pathways, steps and facts; `as_of` a day (Paris), `known_at` an instant or the end of a day."""
        caller = await reading.begin(request)
        instant = _instant(known_at)
        return _json(
            await reading.ask(
                lambda connection: timeline(
                    connection,
                    person_id,
                    caller,
                    reading.catalogue,
                    reading.settings,
                    as_of=as_of,
                    known_at=instant,
                )
            )
        )

    @router.get("/structures/{structure_id}/pathways", tags=["pathways"], operation_id="structure_pathways")
    async def structure_pathways(
        request: Request, structure_id: UUID, limit: int | None = None, next: str | None = None
    ) -> Response:
        """The steps people have or had in a structure."""
        await reading.begin(request)
        where = {**_filters(request), "structure_id": str(structure_id)}
        listing = Listing("steps", ("person_id", "step"))
        known = "SELECT 1 FROM bi.structures WHERE structure_id = %s UNION ALL SELECT 1 FROM bi.steps WHERE structure_id = %s"
        return await _listed(reading, listing, where, next, limit, (known, [structure_id, structure_id]))

    @router.get("/groups/{group_id}/pathways", tags=["groups"], operation_id="group_pathways")
    async def group_pathways(
        request: Request, group_id: UUID, limit: int | None = None, next: str | None = None
    ) -> Response:
        """Steps of persons in the group's members, cut to the days these were members."""
        await reading.begin(request)
        where = {**_filters(request), "group_id": str(group_id)}
        listing = Listing("group_pathways", ("person_id", "step", "joined_on"))
        return await _listed(reading, listing, where, next, limit, (_GROUP_KNOWN, [group_id, group_id]))

    @router.get("/groups/{group_id}/transitions", tags=["groups"], operation_id="group_transitions")
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
            _check_known(connection, (_GROUP_KNOWN, [group_id, group_id]))
            return _matrix(connection, group_id, by, next, size)

        return _json_page(await reading.ask(question))

    @router.get("/tables/{name}", tags=["tables"], operation_id="table")
    async def table(request: Request, name: str, limit: int | None = None, next: str | None = None) -> Response:
        """Rows of a read table in the order of its key; filters are named as columns."""
        await reading.begin(request)
        if name not in READ_TABLES:
            raise NotFoundError(tables=sorted(READ_TABLES))
        listing = Listing(name, READ_TABLES[name].key_columns)
        return await _listed(reading, listing, _filters(request), next, limit, None)

    @router.get("/positions", tags=["operation"], operation_id="positions")
    async def positions(request: Request) -> Response:
        """Up to where each service's log has been applied here, and what is not as it should be."""
        reading.callers.caller(request.headers.get("authorization"))
        return _json(await reading.ask(lambda connection: _positions(connection, reading.feed)))

    return router


_GROUP_KNOWN = "SELECT 1 FROM bi.groups WHERE group_id = %s UNION ALL SELECT 1 FROM bi.memberships WHERE group_id = %s"


async def _listed(
    reading: Reading,
    listing: Listing,
    where: dict[str, str],
    after: str | None,
    limit: int | None,
    known: tuple[str, Sequence[Any]] | None,
) -> Response:
    size = limit_of(limit)

    def question(connection: Connection[Any]) -> Page:
        if known is not None:
            _check_known(connection, known)
        return listing.page(connection, where, after, size)

    return _json_page(await reading.ask(question))


def _check_known(connection: Connection[Any], known: tuple[str, Sequence[Any]]) -> None:
    query, values = known
    if connection.execute(f"{query} LIMIT 1", values).fetchone() is None:
        raise NotFoundError()


def _filters(request: Request) -> dict[str, str]:
    return {name: text for name, text in request.query_params.items() if name not in NOT_FILTERS}


def _matrix(connection: Connection[Any], group_id: UUID, by: str, after: str | None, limit: int) -> Page:
    """One row per pair that occurred; `from` and `to` are kinds or structures (null for a kind not known yet)."""
    left, entered = ("from_kind", "to_kind") if by == "kind" else ("from_structure_id", "to_structure_id")
    place = key_of(after, 2) if after else None
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
        [group_id, *(map(str, place) if place else ("", "")), place is None, limit + 1],
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
    return Page(items, cursor(rows[limit - 1][:2]) if len(rows) > limit else None)


def _positions(connection: Connection[Any], feed: str) -> dict[str, Any]:
    current = read_sets.current(connection)

    def count(query: str) -> int:
        row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    return {
        "feed": feed,
        "positions": applied(connection, feed),
        "read_set": current.name if current else None,
        "subjects": count("SELECT count(*) FROM projections.subjects"),
        "failed_subjects": count("SELECT count(*) FROM projections.subjects WHERE error IS NOT NULL"),
        "incomplete_subjects": count("SELECT count(*) FROM projections.subjects WHERE missing IS NOT NULL"),
        "dead_letters": count("SELECT count(*) FROM projections.dead_letters"),
    }


def _instant(text: str | None) -> datetime | None:
    """An instant with its offset, or a day: its end in Paris. Raise MalformedError."""
    if text is None:
        return None
    try:
        if len(text) == len("2025-12-31"):
            return datetime.combine(date.fromisoformat(text), time.max, PARIS)
        instant = datetime.fromisoformat(text.replace(" ", "+"))
        if instant.tzinfo is None:
            raise ValueError
    except ValueError:
        fault = Fault("/query/known_at", "bad_instant", "an instant such as 2025-12-31T23:59:59+01:00, or a day")
        raise MalformedError([fault]) from None
    return instant


def _json(value: Any) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return Response(body.encode(), media_type="application/json")


def _json_page(page: Page) -> Response:
    return _json({"items": list(page.items), "next": page.next})

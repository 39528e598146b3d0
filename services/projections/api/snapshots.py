"""What every answer is read from: one snapshot of the current read set, as a page of a list or as anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request, Response
from psycopg import Connection

from services.projections.api.listing import Listing
from services.projections.catalogue import SERVICES
from services.projections.database import Database
from services.projections.read_sets import read_sets_table
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.catalogue import Catalogue
from shared.histories.places import applied
from shared.rights.caller import Caller
from shared.web import read_log
from shared.web.callers import Callers, reader
from shared.web.paging import Page, limit_of
from shared.web.positions import Positions, reached
from shared.web.problems import Fault, MalformedError, NotFoundError
from shared.web.serving import json_response

NOT_FILTERS = frozenset({"limit", "next"})

T = TypeVar("T")
Known = tuple[str, Sequence[Any]]
"""A query, with its values, that finds something where what is asked for exists."""
Place = tuple[int | None, str | None]
"""How many rows, after which cursor."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """A snapshot of the read model for each question. `feed`: whose places say what has been applied."""

    database: Database
    catalogue: Catalogue
    settings: ProjectionSettings
    callers: Callers
    feed: str

    async def begin(self, request: Request) -> Caller:
        """Who asks, once what the request wants to come after is applied."""
        caller = reader(self.callers, request.headers)
        read_log.begin(request, caller)
        await reached(request, self.applied)
        return caller

    async def answer(self, question: Callable[[Connection[Any]], Any]) -> Response:
        """What the database says, as JSON; both beside the event loop."""
        # Printed in the thread too: a page of a thousand rows would hold up every other request.
        return await asyncio.to_thread(lambda: _json(self._ask(question, read_log.write)))

    async def applied(self) -> Positions:
        return await asyncio.to_thread(self._ask, lambda connection: applied(connection, self.feed, SERVICES))

    async def list(
        self,
        request: Request,
        listing: Listing,
        place: Place,
        known: Known | None = None,
        on: date | None = None,
        asked: Mapping[str, object] | None = None,
        shape: Callable[[Connection[Any], Page], Any] | None = None,
        where: Mapping[str, object] | None = None,
    ) -> Response:
        """A page of a list, for the filters in the request and those that the address says, `where`.

        `known`: finds something where what the address names is known at all. `on`: what counts as today. `asked`:
        parameters that are no filters; a view may read them as settings of its session, `parcours.<name>`. `shape`:
        what to answer of a page. Raise NotFoundError, MalformedError.
        """
        await self.begin(request)
        where, asked = where or {}, asked or {}
        settings: dict[str, object] = {**asked, **({} if on is None else {"today": on})}
        no_filters = {*asked, *(() if on is None else ("on",))}
        filters = {name: text for name, text in _filters(request).items() if name not in no_filters}
        if twice := sorted(filters.keys() & where.keys()):
            raise MalformedError([Fault(f"/query/{name}", "given_twice", "the address says it") for name in twice])
        conditions = {**filters, **{name: str(value) for name, value in where.items()}}
        limit, after = place
        size = limit_of(limit)

        def question(connection: Connection[Any]) -> Any:
            if known is not None:
                check_known(connection, known)
            for name, value in settings.items():
                # Local to the transaction: the next request on this connection finds none of it.
                connection.execute("SELECT set_config(%s, %s, true)", [f"parcours.{name}", str(value)])
            page = listing.page(connection, conditions, after, size)
            return page if shape is None else shape(connection, page)

        return await self.answer(question)

    def _ask(
        self, question: Callable[[Connection[Any]], T], after: Callable[[Connection[Any], T], None] | None = None
    ) -> T:
        """One snapshot of one read set for all its statements. `after`: what to do with the outcome before it is told, by
        the same connection."""
        with self.database.connection() as connection:
            with connection.transaction():
                # Two commands in one round trip, and first: no statement may have taken its snapshot before.
                connection.execute(_ONE_SNAPSHOT, prepare=False)
                found = question(connection)
            if after is not None:
                after(connection, found)
        return found


_ONE_SNAPSHOT = f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; {read_sets_table.SHARE_CURRENT}"


def known_by(subject_id: UUID, view: str, column: str, other: str) -> Known:
    """It is there once its own facts came, or somebody else's that name it."""
    queries = (f"SELECT 1 FROM bi.{name} WHERE {column} = %s" for name in (view, other))
    return " UNION ALL ".join(queries), [subject_id, subject_id]


def check_known(connection: Connection[Any], known: Known) -> None:
    query, values = known
    if connection.execute(f"{query} LIMIT 1", values).fetchone() is None:
        raise NotFoundError()


def _filters(request: Request) -> dict[str, str]:
    return {name: text for name, text in request.query_params.items() if name not in NOT_FILTERS}


def _json(value: Any) -> Response:
    return json_response({"items": list(value.items), "next": value.next} if isinstance(value, Page) else value)

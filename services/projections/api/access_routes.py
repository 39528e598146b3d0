"""The log of reads, for an auditor: who has read what about whom. Looking into it is itself a line of it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from psycopg import Connection

from services.projections.api.answer_models import Reads
from services.projections.api.listing import cursor_of, place_of
from services.projections.api.openapi import described
from services.projections.api.snapshots import Snapshots
from shared.web import read_log
from shared.web.paging import Page, limit_of
from shared.web.problems import Fault, MalformedError
from shared.web.query_parameters import day

Reason = Annotated[
    str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Code or number of the case; needed with person_id")
]
NAME, KEY = "accesses", ("bigint",)


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/accesses", operation_id="accesses", **described(Reads))
    async def accesses(
        request: Request,
        person_id: UUID | None = None,
        sub: Annotated[str | None, Query(description="Subject of a token")] = None,
        since: Annotated[str | None, Query(alias="from", description="A day such as 2025-12-31: from it on")] = None,
        reason: Reason = None,
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """Answers about persons, the latest first: who asked, as what and for whom, why, by which route, about how many.

        About one person with a `reason`, kept with the line that this answer leaves itself.
        """
        await snapshots.begin(request, "reads")
        if person_id is not None:
            if reason is None:
                raise MalformedError([Fault("/query/reason", "missing_reason", "one person, one reason: give it")])
            read_log.audited(reason, person_id)
        first = day("from", since)
        asked = {
            "%s = ANY (persons)": person_id,
            "sub = %s": sub,
            "at >= %s::timestamp AT TIME ZONE 'Europe/Paris'": first,
        }
        size = limit_of(limit)
        after = None if next is None else int(place_of(next, NAME, KEY)[0])

        def question(connection: Connection[Any]) -> Page:
            where = [(condition, value) for condition, value in asked.items() if value is not None]
            found = read_log.lines(connection, where, after, size + 1)
            items = [{**line, "at": line["at"].isoformat()} for line in found[:size]]
            return Page(items, cursor_of(NAME, [items[-1]["number"]]) if len(found) > size else None)

        return await snapshots.answer(request, question)

    return router

"""`/<service>/v1/accesses`: the log of reads of a service's own answers, for an auditor. Looking into it is itself a line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from psycopg import Connection
from pydantic import BaseModel, Field

from shared.log.arrays import text_array
from shared.web import read_log
from shared.web.paging import Page, cursor, key_of, limit_of
from shared.web.problems import Fault, MalformedError
from shared.web.query_parameters import day
from shared.web.reads_table import lines, of_service

Reason = Annotated[
    str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Code or number of the case; needed with person_id")
]
_NAME = "accesses"


class Read(BaseModel):
    """One answer about persons."""

    number: int = Field(description="Grows from line to line")
    at: str
    sub: str = Field(description="Subject of the token; empty: it names none, or the local caller")
    role: str
    acting_for: str | None
    purpose: str
    route: str = Field(description="Method and template of the address")
    persons: int = Field(description="How many persons the answer was about")
    rows: int = Field(description="Rows and objects that it held")


class Reads(BaseModel):
    """A page of the log of reads, the latest first."""

    items: list[Read]
    next: str | None


def accesses_route(
    service: str,
    begin: Callable[[Request], Awaitable[object]],
    answer: Callable[[Request, Callable[[Connection[Any]], Page]], Awaitable[Response]],
    ids_of: Callable[[Connection[Any], UUID], Iterable[str]],
    **described: Any,
) -> APIRouter:
    """`begin`: who asks, who is refused where that is no auditor; `answer`: what a question finds in the service's database,
    once its own line is kept; `ids_of`: all subjects of the person that has an id."""
    router = APIRouter(tags=["operation"])

    @router.get("/accesses", operation_id="accesses", **described)
    async def accesses(
        request: Request,
        person_id: UUID | None = None,
        sub: Annotated[str | None, Query(description="Subject of a token")] = None,
        since: Annotated[str | None, Query(alias="from", description="A day such as 2025-12-31: from it on")] = None,
        reason: Reason = None,
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """This service's answers about persons, the latest first: who asked, as what and for whom, why, by which route, about
        how many.

        About one person with a `reason`, kept with the line that this answer leaves itself.
        """
        await begin(request)
        if person_id is not None:
            if reason is None:
                raise MalformedError([Fault("/query/reason", "missing_reason", "one person, one reason: give it")])
            read_log.audited(reason, person_id)
        asked = {
            "sub = %s": _without_nul(sub),
            "at >= %s::timestamp AT TIME ZONE 'Europe/Paris'": day("from", since),
        }
        where = [of_service(service), *((condition, value) for condition, value in asked.items() if value is not None)]
        size, after = limit_of(limit), None if next is None else _place(next)

        def question(connection: Connection[Any]) -> Page:
            # Each line has the ids that its answer told; a person is read of under all that it has.
            ids = [] if person_id is None else [name.partition("/")[2] for name in ids_of(connection, person_id)]
            of_person = [("persons && %s::uuid[]", text_array(ids))] if ids else []
            found = lines(connection, [*where, *of_person], after, size + 1)
            items = [{**line, "at": line["at"].isoformat()} for line in found[:size]]
            return Page(items, cursor([_NAME, items[-1]["number"]]) if len(found) > size else None)

        return await answer(request, question)

    return router


def _without_nul(text: str | None) -> str | None:
    """A text that the database can compare. Raise MalformedError."""
    if text is not None and "\0" in text:
        raise MalformedError([Fault("/query/sub", "bad_filter", "sub takes text without U+0000")])
    return text


def _place(text: str) -> int:
    """The number in a cursor of this list. Raise MalformedError."""
    name, number = key_of(text, 2)
    if name != _NAME or type(number) is not int or not 0 <= number < 2**63:
        raise MalformedError([Fault("/query/next", "bad_cursor", "next is a cursor from an earlier page, unchanged")])
    return number

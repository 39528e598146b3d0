"""`/<service>/v1/persons/{person_id}/held`: everything that a service holds of one person, for who answers its request for
access (GDPR article 15)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from psycopg import Connection
from pydantic import BaseModel, Field

from shared.log.held import Holding, Ids
from shared.rights.caller import Caller
from shared.rights.refusals import MayNotSeeError
from shared.web import read_log
from shared.web.paging import Page, cursor, key_of, limit_of
from shared.web.problems import Fault, MalformedError

ACCESS_REQUEST = "access_request"
"""Purpose of who answers one."""


class Held(BaseModel):
    """One thing that is held of the person."""

    place: str = Field(description="The table that has it, with its schema, or what is reckoned of several")
    held: Any = Field(description="As it is held, an object; its form is that of the release, no contract")


class EverythingHeld(BaseModel):
    """A page of what is held, place by place."""

    items: list[Held]
    next: str | None


def check_answers_requests(caller: Caller) -> None:
    """A steward that may say nothing answers nobody either. Raise MayNotSeeError."""
    if not caller.is_local and not caller.sources:
        raise MayNotSeeError()


def held_route(
    begin: Callable[[Request], Awaitable[Caller]],
    answer: Callable[[Request, Callable[[Connection[Any]], Page]], Awaitable[Response]],
    ids_of: Callable[[Connection[Any], UUID], Sequence[str]],
    holdings: Callable[[Connection[Any]], Sequence[Holding]],
    **described: Any,
) -> APIRouter:
    """`begin`: who asks, who is refused where that is no steward; `answer`: what a question finds in the service's database,
    once its own line is kept; `ids_of`: all subjects of the person that has an id; `holdings`: the places, in their order."""
    router = APIRouter(tags=["persons"])

    @router.get("/persons/{person_id}/held", operation_id="held", **described)
    async def held(request: Request, person_id: UUID, limit: int | None = None, next: str | None = None) -> Response:
        """Everything that this service holds of a person, under all its ids, place by place; of one that nobody knows,
        nothing. For a `data_steward` with a source, who answers the person's request. What others would be known by is left
        out: other persons, who operates the suite, under whose name somebody read."""
        check_answers_requests(await begin(request))
        size = limit_of(limit)

        def question(connection: Connection[Any]) -> Page:
            ids = Ids(ids_of(connection, person_id))
            read_log.also_about(map(UUID, ids.bare))
            return _page(connection, holdings(connection), ids, size, next)

        return await answer(request, question)

    return router


def _page(connection: Connection[Any], holdings: Sequence[Holding], ids: Ids, size: int, after: str | None) -> Page:
    first, key = (0, []) if after is None else _place(after, [holding.place for holding in holdings])
    items: list[dict[str, Any]] = []
    for holding in holdings[first:]:
        room = size - len(items)
        # One more, which tells whether there is a next page.
        pieces = holding.after(connection, ids, key, room + 1)
        items += [{"place": holding.place, "held": piece.held} for piece in pieces[:room]]
        if len(pieces) > room:
            last = pieces[room - 1].key if room else key
            return Page(items, cursor([holding.place, [*last]]))
        key = []
    return Page(items, None)


def _place(text: str, places: Sequence[str]) -> tuple[int, list[str]]:
    """Raise MalformedError for what `_page` did not make, or of a place that is gone."""
    place, key = key_of(text, 2)
    if place not in places or not isinstance(key, list) or not all(map(_is_text, key)):
        raise MalformedError([Fault("", "bad_cursor", "next is a cursor from an earlier page, unchanged: begin anew")])
    return places.index(place), key


def _is_text(part: object) -> bool:
    """One that the database can compare."""
    return isinstance(part, str) and "\0" not in part and part.encode(errors="ignore").decode() == part

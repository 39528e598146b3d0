"""`/identities/v1`: what persons are called, for those who may know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from psycopg import Connection

from services.identities import bodies, names_table
from services.identities.forgetting import Forgetting
from services.identities.refusals import SayerNeededError
from services.identities.shapes import (
    LARGEST_PAGE,
    PAGE,
    FoundPersons,
    GivenNamesOfPerson,
    ListOfNames,
    Matches,
    PersonIds,
    PersonNames,
    Search,
    body_of,
)
from services.identities.vault import Vault
from shared.facts.fact import paris_day
from shared.facts.saying import STRUCTURE
from shared.log.connections import Connections
from shared.log.held import Holding, Ids, Reckoned
from shared.rights.caller import Caller
from shared.rights.refusals import NotActingForError
from shared.rights.seeing import Thing, check_ever
from shared.web import read_log, reads_table
from shared.web.accesses_route import Reads, accesses_route
from shared.web.callers import Callers, reader_or_successor
from shared.web.grouped_reads import GroupedReads
from shared.web.headers import listed
from shared.web.held_route import ACCESS_REQUEST, EverythingHeld, held_route
from shared.web.paging import Page, limit_of
from shared.web.problems import NotFoundError
from shared.web.serving import json_response

T = TypeVar("T")

SEEN: tuple[Thing, ...] = ("own_names", "shared_names", "names")
MERGING = "merging"
"""Purpose of who looks for persons that are one."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who asks, and what a question finds, once its line is in the log of reads."""

    vault: Vault
    connections: Connections
    callers: Callers
    forgetting: Forgetting
    reads: GroupedReads = field(default_factory=GroupedReads)
    today: Callable[[], date] = lambda: paris_day(datetime.now(UTC))

    async def begin(self, request: Request, *things: Thing, purpose: str) -> Caller:
        """Raise MayNotSeeError where the role never sees any of these things."""
        caller = await self._reader(request)
        check_ever(caller, *things)
        read_log.begin(request, caller, purpose)
        return caller

    async def giver(self, request: Request) -> tuple[Caller, UUID]:
        """Who gives names, and for which structure; the local caller names one. Raise SayerNeededError,
        NotActingForError."""
        caller = await self._reader(request)
        check_ever(caller, "own_names")
        named = listed(request.headers, "acting-for").strip().lower().removeprefix(STRUCTURE)
        structure_id = named if caller.is_local else next(iter(caller.structures), "")
        try:
            return caller, UUID(structure_id)
        except ValueError:
            raise SayerNeededError() if caller.is_local else NotActingForError() from None

    async def steward(self, request: Request) -> Caller:
        """Who decides about matches. Raise MayNotSeeError."""
        caller = await self._reader(request)
        check_ever(caller, "matches")
        return caller

    async def _reader(self, request: Request) -> Caller:
        """For one of its structures, or one that these took over. Raise NotActingForError, ActingForMissingError."""

        def acted_for(caller: Caller) -> Iterable[str]:
            return map(str, self.vault.persons.acted_for(caller) or ())

        return await reader_or_successor(self.callers, request.headers, acted_for)

    async def ask(self, question: Callable[[Connection[Any]], T], *, is_logged: bool = True) -> T:
        """Raise UnavailableError."""
        return await self.connections.ask(copy_context().run, self._asked, question, is_logged)

    def _asked(self, question: Callable[[Connection[Any]], T], is_logged: bool) -> T:
        self.forgetting.check()
        with self.connections.connection() as connection:
            answer = question(connection)
            line = read_log.line_of(answer, always=True) if is_logged else None
            if line is not None:
                self.reads.add([line], lambda: nullcontext(connection))
            return answer


def routes(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/identities/v1")

    def names_held(connection: Connection[Any], ids: Ids) -> Iterator[dict[str, Any]]:
        return desk.vault.held(connection, [UUID(one) for one in ids.bare])

    _add_persons(router, desk)
    _add_questions(router, desk)

    async def begin(request: Request) -> Caller:
        return await desk.begin(request, "reads", purpose=read_log.AUDIT)

    async def answer(_: Request, question: Callable[[Connection[Any]], Page]) -> Response:
        return (await desk.ask(question)).response()

    async def begin_request(request: Request) -> Caller:
        return await desk.begin(request, "everything", purpose=ACCESS_REQUEST)

    def ids_of(_: Connection[Any], person_id: UUID) -> Sequence[str]:
        return [f"person/{one}" for one in sorted({person_id, *desk.vault.persons.ids(person_id)})]

    places: list[Holding] = [
        Reckoned("identities.names", names_held),
        names_table.DISTINCT,
        reads_table.held("identities"),
    ]
    router.include_router(accesses_route("identities", begin, answer, ids_of, response_model=Reads))
    router.include_router(held_route(begin_request, answer, ids_of, lambda _: places, response_model=EverythingHeld))
    return router


def _add_persons(router: APIRouter, desk: Desk) -> None:
    vault = desk.vault

    @router.put(
        "/persons/{person_id}",
        operation_id="give_names",
        status_code=204,
        tags=["names"],
        openapi_extra=body_of(GivenNamesOfPerson),
    )
    async def give_names(request: Request, person_id: UUID) -> Response:
        """Say what a person is called, for the caller's structure: the whole, in place of what it said before. Other
        structures' words stay as they are. Nobody need have spoken of the person yet."""
        _, structure_id = await desk.giver(request)
        names = await bodies.given(request, desk.today())
        await desk.ask(lambda connection: vault.give(connection, person_id, structure_id, names), is_logged=False)
        return Response(status_code=204)

    @router.get("/persons/{person_id}", operation_id="names", response_model=PersonNames, tags=["names"])
    async def names(request: Request, person_id: UUID) -> Response:
        """What a person is called, as far as the caller sees it: what its own structure says first."""
        caller = await desk.begin(request, *SEEN, purpose=read_log.CONTINUITY)

        def question(connection: Connection[Any]) -> Any:
            found = vault.of(connection, caller, [person_id]).get(person_id)
            if found is None:
                raise NotFoundError()
            return found

        return json_response(await desk.ask(question))

    @router.delete("/persons/{person_id}", operation_id="take_names_back", status_code=204, tags=["names"])
    async def take_names_back(request: Request, person_id: UUID) -> Response:
        """Forget what the caller's structure says of the person, and those that it took over, and the keys it is kept
        under; also where none said anything."""
        caller, structure_id = await desk.giver(request)
        await desk.ask(lambda connection: vault.take_back(connection, caller, person_id, structure_id), is_logged=False)
        return Response(status_code=204)


def _add_questions(router: APIRouter, desk: Desk) -> None:
    vault = desk.vault

    @router.post("/names", operation_id="names_of", tags=["names"], response_model=ListOfNames, openapi_extra=body_of(PersonIds))  # fmt: skip
    async def names_of(request: Request) -> Response:
        """The names of up to 500 persons, as `GET` of each would give them; of whom the caller sees none, nothing."""
        caller = await desk.begin(request, *SEEN, purpose=read_log.CONTINUITY)
        ids = await bodies.person_ids(request)

        def question(connection: Connection[Any]) -> dict[str, Any]:
            found = vault.of(connection, caller, ids)
            return {"items": [{**found[one], "asked_id": str(one)} for one in ids if one in found]}

        return json_response(await desk.ask(question))

    @router.post("/search", operation_id="search", tags=["names"], response_model=FoundPersons, openapi_extra=body_of(Search))  # fmt: skip
    async def search(request: Request) -> Response:
        """Persons by the beginnings of their names, among those the caller's structure has named, and those that
        members of its group share with it, by name. Nobody else is found, counted or waited for."""
        caller = await desk.begin(request, "own_names", purpose=read_log.CONTINUITY)
        asked = await bodies.asked(request, desk.today())
        page = await desk.ask(
            lambda connection: vault.find(connection, caller, asked.words, asked.birth_date, asked.limit, asked.next)
        )
        return page.response()

    @router.get("/matches", operation_id="matches", tags=["stewards"], response_model=Matches)
    async def matches(
        request: Request,
        person_id: UUID | None = None,
        distinct: bool = False,
        limit: int | None = None,
        next: str | None = None,
    ) -> Response:
        """Persons who may be one and are not merged, pair by pair, with what is said of both: a word of the family name,
        one of the given names and the birth date are the same. `distinct=true`: instead those of whom a steward said that
        they are two. A page may have fewer than `limit`, also none, before `next` is null."""
        await desk.begin(request, "matches", purpose=MERGING)
        size = limit_of(limit, PAGE, LARGEST_PAGE)

        def question(connection: Connection[Any]) -> Page:
            page, persons = vault.matches(connection, person_id, size, next, distinct=distinct)
            read_log.also_about(persons)
            return page

        return (await desk.ask(question)).response()

    @router.put("/distinct/{person_id}/{other_id}", operation_id="say_distinct", status_code=204, tags=["stewards"])
    async def say_distinct(request: Request, person_id: UUID, other_id: UUID) -> Response:
        """Say that two who match are two persons, in either order: `matches` lists them no more. Whoever says it again, or
        after another, changes nothing."""
        caller = await desk.steward(request)
        await desk.ask(
            lambda connection: vault.say_distinct(connection, person_id, other_id, caller.sub), is_logged=False
        )
        return Response(status_code=204)

    @router.delete(
        "/distinct/{person_id}/{other_id}", operation_id="take_distinct_back", status_code=204, tags=["stewards"]
    )
    async def take_distinct_back(request: Request, person_id: UUID, other_id: UUID) -> Response:
        """Say it no more; also where nobody had said it."""
        await desk.steward(request)
        pair = (min(person_id, other_id), max(person_id, other_id))
        await desk.ask(lambda connection: names_table.take_distinct_back(connection, pair), is_logged=False)
        return Response(status_code=204)

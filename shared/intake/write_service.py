"""A write service put together: store, writer and routes, ready to be started and served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Request, Response
from psycopg import Connection

from shared.deciding.rules import Decide, Prepare, plain_context
from shared.deciding.warnings import Warn, no_warnings
from shared.facts.catalogue import Catalogue
from shared.intake.answering import Answering, Elsewhere
from shared.intake.check_route import check_routes
from shared.intake.events_routes import intake_routes
from shared.intake.intake import Intake
from shared.intake.looking import LONGEST_WAIT_S, AsksOf, Outlook
from shared.intake.openapi import describe_intake
from shared.intake.plain_way import PlainWay
from shared.intake.successions import Successions
from shared.intake.writer import Writer
from shared.log import claims, deadlines, facts_table, intake_table
from shared.log.catching_up import catch_up_with
from shared.log.deadlines import DeadlinesOf
from shared.log.emptying import Also, emptying_of, nothing_more
from shared.log.held import Holding
from shared.log.ledger import Ledger
from shared.log.log_clock import ClocksDifferError, LogClock
from shared.log.merges import Merges, NoMerges
from shared.log.room import why_not_written
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.unavailable import UnavailableError
from shared.rights.caller import Caller
from shared.rights.seeing import check_ever
from shared.web import reads_table
from shared.web.accesses_route import Reads, accesses_route
from shared.web.callers import Callers
from shared.web.held_route import ACCESS_REQUEST, EverythingHeld, held_route
from shared.web.paging import Page
from shared.web.positions import Positions
from shared.web.quotas import FactQuota
from shared.web.read_log import AUDIT
from shared.web.request_ids import describe_request_ids
from shared.web.serving import service_app


@dataclass(frozen=True, slots=True)
class Part:
    """What a service has beside the generic intake: its own routes, and the tables they need."""

    routes: APIRouter
    create: Callable[[], None] = lambda: None
    close: Callable[[], None] = lambda: None
    applied: Callable[[], Positions] | None = None
    """Up to where facts have been acted upon here, its own too where it acts on those; absent where none are read."""
    elsewhere: Elsewhere | None = None
    """What is held here of others' facts."""
    outlook: Outlook | None = None
    """Where the logs end that are acted upon here."""
    held: Sequence[Holding] = ()
    """What is held of persons beside the log."""


@dataclass(frozen=True, slots=True)
class WriteService:
    """One service that records facts. `start` makes its schema and starts its writer; `stop` finishes what waits."""

    name: str
    store: FactStore
    writer: Writer
    app: FastAPI
    part: Part
    intake: Intake

    def start(self) -> None:
        self.store.create()
        with self.store.connection() as connection, connection.transaction():
            reads_table.create(connection)
        self.intake.merges.create()
        self.part.create()
        if self.intake.successions is not None:
            self.intake.successions.create()
        if (emptying := self.store.emptying) is not None:
            catch_up_with(emptying.ledger, self.store, emptying.kind)
        self.writer.start()

    def stop(self) -> None:
        self.writer.stop()
        self.intake.close()
        self.part.close()
        self.store.close()

    async def check(self) -> str | None:
        try:
            await self.store.ask(self.store.now)
        except ClocksDifferError as error:
            return error.told
        except UnavailableError:
            return "database unreachable"
        return await self._cannot_write()

    async def _cannot_write(self) -> str | None:
        """What the writer met, as long as it lasts: a process that is not ready gets no facts to try it with."""
        if self.writer.problem is not None:
            try:
                await self.store.ask(self.store.try_to_write)
            except UnavailableError as error:
                return why_not_written(error)
            self.writer.problem = None
        return None

    def pool_stats(self) -> dict[str, int]:
        return self.store.pool_stats()

    def warning(self) -> str | None:
        """What to know though it is ready."""
        return self.store.warning


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a service is given by the process it runs in."""

    database_url: str
    callers: Callers
    metrics: Metrics
    quota: FactQuota = field(default_factory=FactQuota)
    group_wait_s: float = 0.008
    look_s: float = LONGEST_WAIT_S
    """How long a decision waits for what other services have recorded."""
    ledger: Ledger | None = None
    """Of whom is forgotten; None where nobody can be."""
    clock: LogClock | None = None
    """By which facts are recorded; the database's, unless a test says another."""


def write_service(
    name: str,
    title: str,
    catalogue: Catalogue,
    decide: Decide,
    around: Surroundings,
    more: Callable[[Intake], Part] | None = None,
    *,
    prepare: Prepare = plain_context,
    deadlines_of: DeadlinesOf | None = None,
    warn: Warn = no_warnings,
    asks_of: AsksOf = lambda _: {},
    merges_of: Callable[[FactStore], Merges] = lambda _: NoMerges(),
    successions_of: Callable[[FactStore], Successions | None] = lambda _: None,
    emptied_also: Also = nothing_more,
) -> WriteService:
    """The generic intake of a service, with the routes of its own `api.py` (`more`) beside it.

    `prepare` looks up what rules ask from outside; `deadlines_of` gives what the clock will have to record; `warn` says
    what looks mistaken in what is recorded; `asks_of` which services the rules and warnings of a fact ask; `merges_of`
    gives what knows which persons are one, `successions_of` which structures took over which;
    `emptied_also`: what is held of persons beside their facts, emptied with them."""
    emptying = emptying_of(name, catalogue, around.ledger, emptied_also)
    store = FactStore(around.database_url, name, around.clock, emptying)
    merges = merges_of(store)
    writer = Writer(
        store,
        catalogue,
        decide,
        around.metrics,
        group_wait_s=around.group_wait_s,
        prepare=prepare,
        deadlines_of=deadlines_of,
        warn=warn,
        merges=merges,
    )
    successions = successions_of(store)
    intake = Intake(name, catalogue, store, writer, around.callers, around.metrics, around.quota, merges, successions)
    app = service_app(name, title)
    part = more(intake) if more else Part(APIRouter())
    # Made in two steps: the part needs an intake to answer from, and says what that intake waits for.
    acting = replace(intake, reading=part.applied, outlook=part.outlook, asks_of=asks_of, look_s=around.look_s)
    app.include_router(intake_routes(acting))
    answering = Answering(acting, part.applied or dict, part.elsewhere)
    app.include_router(check_routes(acting, answering))
    app.include_router(_accesses(answering), prefix=f"/{name}/v1")
    app.include_router(_held(answering, part.held), prefix=f"/{name}/v1")
    app.include_router(part.routes)
    _shorten(app, acting)
    _describe(app, name, catalogue)
    return WriteService(name, store, writer, app, part, acting)


def _shorten(app: FastAPI, intake: Intake) -> None:
    """The short way in comes first: what it answers has no use for what the framework puts around an application."""
    around = app.build_middleware_stack
    app.build_middleware_stack = lambda: PlainWay(around(), intake)  # type: ignore[method-assign]


def _accesses(answering: Answering) -> APIRouter:
    async def begin(request: Request) -> None:
        check_ever(await answering.begin(request, AUDIT), "reads")

    answer, ids_of = _asking(answering)
    return accesses_route(answering.intake.service, begin, answer, ids_of, response_model=Reads)


def _held(answering: Answering, also: Sequence[Holding]) -> APIRouter:
    name = answering.intake.service
    of_log = (facts_table, intake_table, claims, deadlines)
    places = [*(table.held(name) for table in of_log), *also, reads_table.held(name)]

    async def begin(request: Request) -> Caller:
        caller = await answering.begin(request, ACCESS_REQUEST)
        check_ever(caller, "everything")
        return caller

    answer, ids_of = _asking(answering)
    return held_route(begin, answer, ids_of, lambda _: places, response_model=EverythingHeld)


def _asking(answering: Answering) -> tuple[Any, Callable[[Connection[Any], UUID], Sequence[str]]]:
    """What answers a question to the service's database, and all subjects of a person."""

    async def answer(_: Request, question: Callable[[Connection[Any]], Page]) -> Response:
        def ask() -> Page:
            with answering.intake.store.connection() as connection:
                return question(connection)

        return (await answering.ask(ask)).response()

    def ids_of(_: Connection[Any], person_id: UUID) -> Sequence[str]:
        return answering.intake.merges.ids(f"person/{person_id}")

    return answer, ids_of


def _describe(app: FastAPI, name: str, catalogue: Catalogue) -> None:
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe_request_ids(describe_intake(plain(), name, catalogue))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

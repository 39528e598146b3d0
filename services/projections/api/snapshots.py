"""What every answer is read from: one snapshot of the current read set, as a page of a list or as anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from fastapi import Request, Response
from psycopg import Connection

from services.placements.model.windows import Scope
from services.projections.api.currency import Behind, check_current
from services.projections.api.dropping import Question, asked
from services.projections.api.list_rights import LISTS
from services.projections.api.listed_rows import seen_source
from services.projections.api.listing import Listing
from services.projections.api.seen import structures_acted_for
from services.projections.catalogue import SERVICES
from services.projections.database import Database
from services.projections.read_sets import read_sets_table
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.catalogue import Catalogue
from shared.facts.fact import paris_day
from shared.histories.places import applied
from shared.histories.subjects import rows_of
from shared.rights.caller import Caller
from shared.rights.seeing import Thing, check_ever
from shared.web import read_log
from shared.web.callers import Callers, reader_or_successor
from shared.web.fair_turns import FairTurns
from shared.web.grouped_reads import GroupedReads
from shared.web.paging import Page, limit_of
from shared.web.positions import Positions, reached
from shared.web.problems import Fault, MalformedError, NotFoundError
from shared.web.serving import json_response

_ONE_SNAPSHOT = f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; {read_sets_table.SHARE_CURRENT}"
_PLANS_KEPT = f"{_ONE_SNAPSHOT}; SET LOCAL plan_cache_mode = force_generic_plan"
"""For rows read one by one: to plan it takes longer than to read them, and it is the same whoever asks. Elsewhere a plan
fits one structure and not another (`shared/histories/database.py`)."""
_PERSON_BY_PERSON = f"{_PLANS_KEPT}; SET LOCAL enable_sort = off; SET LOCAL jit = off"
"""People are walked in the order of an index, as far as a page goes, not read and sorted before; what is believed to be dear
by that is not compiled for it."""

AT_ONCE = 6
"""Questions; the database has a connection for each."""
NOT_FILTERS = frozenset({"limit", "next"})

T = TypeVar("T")
Place = tuple[int | None, str | None]
"""How many rows, after which cursor."""


def today_in_paris() -> date:
    return paris_day(datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Known:
    """Queries of which one finds something where what is asked for exists; the first looks into the directory."""

    subject_id: UUID
    queries: Sequence[str]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """A snapshot of the read model for each question. `feed`: whose places say what has been applied."""

    database: Database
    catalogue: Catalogue
    settings: ProjectionSettings
    callers: Callers
    feed: str
    behind: Behind
    today: Callable[[], date] = today_in_paris
    """By which relations are judged, whatever day is asked about."""
    cap_scope: Scope = "structure"
    reads: GroupedReads = field(default_factory=GroupedReads)
    turns: FairTurns = field(default_factory=lambda: FairTurns(AT_ONCE))
    """Of each caller at each route: a question that takes long holds up those of its like alone."""

    async def begin(self, request: Request, *things: Thing, purpose: str) -> Caller:
        """Who asks for one of these things, once what the request wants to come after is applied. `purpose`: the one that
        the route serves. Raise MayNotSeeError where the role never sees any of them."""
        caller = await self._reader(request)
        check_ever(caller, *things)
        read_log.begin(request, caller, purpose)
        await reached(request, self.applied)
        return caller

    async def _reader(self, request: Request) -> Caller:
        """Who reads, for one of its structures or one that these took over. Raise NotActingForError, ActingForMissingError."""
        return await reader_or_successor(
            self.callers,
            request.headers,
            lambda caller: self._ask(lambda one: structures_acted_for(one, caller, self.today())),
        )

    async def answer(
        self, request: Request, question: Callable[[Connection[Any]], Any], begin: LiteralString = _ONE_SNAPSHOT
    ) -> Response:
        """What the database says, as JSON; both beside the event loop, and dropped once the caller has left. `begin`: with
        which commands its transaction begins."""
        # Printed in the thread too: a page of a thousand rows would hold up every other request.
        return await asked(
            request,
            self.turns,
            read_log.who_asks_what(),
            lambda droppable: _json(self._ask(question, self._log, droppable, begin)),
        )

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
        rights = LISTS[listing.view]
        # The one for which others share what stands in lists (`own/shares.sql`).
        caller = await self.begin(request, *rights.things, purpose=read_log.CONTINUITY)
        where, asked, today = where or {}, asked or {}, self.today()
        settings: dict[str, object] = {**asked, **({} if on is None else {"today": on})}
        no_filters = {*asked, *(() if on is None else ("on",))}
        filters = {name: text for name, text in _filters(request).items() if name not in no_filters}
        if twice := sorted(filters.keys() & where.keys()):
            raise MalformedError([Fault(f"/query/{name}", "given_twice", "the address says it") for name in twice])
        conditions = {**filters, **{name: str(value) for name, value in where.items()}}
        limit, after = place
        size = limit_of(limit)

        def question(connection: Connection[Any]) -> Any:
            columns, source = listing.columns(connection), None
            if not caller.is_local:
                source, is_of_others = seen_source(connection, listing.view, columns, caller, today)
                if is_of_others:
                    self.check_current(connection)
            if known is not None:
                check_known(connection, known, caller)
            if (person_id := conditions.get("person_id")) is not None:
                conditions["person_id"] = _root_id(connection, person_id)
            for name, value in settings.items():
                # Local to the transaction: the next request on this connection finds none of it.
                connection.execute("SELECT set_config(%s, %s, true)", [f"parcours.{name}", str(value)])
            page = listing.page(connection, columns, conditions, after, size, source)
            return page if shape is None else shape(connection, page)

        begin = _PLANS_KEPT if listing.keeps_plan else _ONE_SNAPSHOT
        return await self.answer(
            request, question, begin if caller.is_local or not rights.is_by_person else _PERSON_BY_PERSON
        )

    def _log(self, connection: Connection[Any], answer: object) -> None:
        if (line := read_log.line_of(answer)) is not None:
            self.reads.add([line], lambda: nullcontext(connection))

    def check_current(self, connection: Connection[Any]) -> None:
        """Asked before anything is shown that somebody else said. Raise RightsNotCurrentError."""
        check_current(connection, self.feed, self.behind)

    def _ask(
        self,
        question: Callable[[Connection[Any]], T],
        after: Callable[[Connection[Any], T], None] | None = None,
        droppable: Question | None = None,
        begin: LiteralString = _ONE_SNAPSHOT,
    ) -> T:
        """One snapshot of one read set for all its statements. `after`: what to do with the outcome before it is told, by
        the same connection."""
        with self.database.connection() as connection:
            with (droppable or Question()).on(connection), connection.transaction():
                # Two commands in one round trip, and first: no statement may have taken its snapshot before.
                connection.execute(begin, prepare=False)
                found = question(connection)
            # Dropped no more: others' lines may be in its commit.
            if after is not None:
                after(connection, found)
        return found


def known_by(subject_id: UUID, view: str, column: str, other: str) -> Known:
    """It is there once its own facts came, or somebody else's that name it."""
    return Known(subject_id, [f"SELECT 1 FROM bi.{name} WHERE {column} = %s" for name in (view, other)])


def check_known(connection: Connection[Any], known: Known, caller: Caller) -> None:
    """Whoever does not see all facts is asked about the directory alone: that somebody is named elsewhere tells of others.
    Its own structure everybody knows."""
    if not caller.is_local and str(known.subject_id) in caller.structures:
        return
    queries = known.queries if caller.is_local else known.queries[:1]
    query = f"{' UNION ALL '.join(queries)} LIMIT 1"
    if connection.execute(query, [known.subject_id] * len(queries)).fetchone() is None:
        raise NotFoundError()


def _root_id(connection: Connection[Any], person_id: str) -> str:
    """Under which id rows tell of a person; of what is no id, the text as it is: the list refuses it."""
    subject = f"person/{person_id.lower()}"
    found = rows_of(connection, [subject]).get(subject)
    return person_id if found is None else found.root.partition("/")[2]


def _filters(request: Request) -> dict[str, str]:
    return {name: text for name, text in request.query_params.items() if name not in NOT_FILTERS}


def _json(value: Any) -> Response:
    return json_response({"items": list(value.items), "next": value.next} if isinstance(value, Page) else value)

"""A service that reads others' facts, and may record some by itself because of them: what it is made of, and the parts
that are built of that.

Three parts may run in three processes, each with connections of its own: the write service, the reconciler that follows
others' facts, and, where something comes due, the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar

from fastapi import APIRouter

from shared.deciding.rules import Decide, MakeContext, OwnFacts
from shared.deciding.warnings import Warn, no_warnings
from shared.facts.catalogue import Catalogue
from shared.facts.erasing import erased_by
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth
from shared.feeds.feed import Feed
from shared.histories import held as reader
from shared.histories.database import HistoryDatabase
from shared.histories.places import applied
from shared.intake.answering import Answering, Elsewhere
from shared.intake.intake import Intake
from shared.intake.looking import AsksOf
from shared.intake.successions import Successions, SuccessorOf
from shared.intake.write_service import Part, Surroundings, WriteService, write_service
from shared.log.catching_up import catch_up_with
from shared.log.claims import ClaimsOf
from shared.log.comparison import Comparison
from shared.log.deadlines import DeadlinesOf
from shared.log.emptying import Also, emptying_of, nothing_more
from shared.log.held import Holding
from shared.log.ledger import Ledger
from shared.log.merges import Merges
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.reacting.actor import Actor
from shared.reacting.clock import Clock, Notices
from shared.reacting.comparing_deadlines import compare_deadlines
from shared.reacting.comparing_effects import compare_effects
from shared.reacting.decision import Policy, nothing
from shared.reacting.knowledge import Knowledge, reader_database
from shared.reacting.outlook import LogEnds, ReaderOutlook, StoreEnds
from shared.reacting.reconciler import Reconciler
from shared.reacting.structures_known import StructuresRead
from shared.roles.presence import Pulse
from shared.web.positions import Positions


class Outside(Protocol):
    """What decisions and routes ask of other services, and of the whole of this one."""

    def create(self) -> None:
        """Make the tables it needs."""

    def prepare(self, facts: Sequence[Recorded], streams: Mapping[str, OwnFacts]) -> MakeContext: ...
    def close(self) -> None: ...


OutsideT = TypeVar("OutsideT", bound=Outside)

ActedUpon = Callable[[], Positions]
"""Up to where facts, the service's own too, have been acted upon."""


@dataclass(frozen=True, slots=True)
class ReactingService(Generic[OutsideT]):
    """`consumed`: the facts of `consumed_services` that it reads. `confirms` and `successor_of`: by which of them a structure
    is taken over. `outside` is given the database's address and what has been read. `policy`: what it records by itself;
    None where it only reads. `merges_of`: what knows which persons are one, where that is not what it reads. `deadlines_of` and `notices` belong together: what will be due, and what the clock then records. `claims_of`:
    what facts take of the whole service. `settings`: those that the policy goes by."""

    name: str
    title: str
    catalogue: Catalogue
    consumed: Catalogue
    consumed_services: tuple[str, ...]
    decide: Decide
    outside: Callable[[str, Knowledge], OutsideT]
    routes: Callable[[Answering, OutsideT], APIRouter]
    confirms: str
    successor_of: SuccessorOf
    policy: Policy | None
    merges_of: Callable[[FactStore], Merges] | None = None
    deadlines_of: DeadlinesOf | None = None
    notices: Notices | None = None
    claims_of: ClaimsOf | None = None
    warn: Warn = no_warnings
    asks_of: AsksOf = lambda _: {}
    settings: str = ""
    emptied_also: Also = nothing_more
    """What it holds of persons beside their facts, emptied with them."""
    held_also: Sequence[Holding] = ()
    """The same, for a person who asks for it."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Services whose facts make it look at a subject again: where it records some by itself its own among them, since a
        correction may undo what an effect rests on."""
        return self.consumed_services if self.policy is None else (*self.consumed_services, self.name)

    def create(self, around: Surroundings, feed: str = "store", ends: LogEnds | None = None) -> WriteService:
        """Intake and answers. `feed`: `kafka` or `store`, whose places say what of other services was acted upon.
        `ends`: where the logs it reads end; without it, those of stores in the same database."""
        reading = reader_database(around.database_url, self.name)
        ends = ends or StoreEnds(dict.fromkeys(self.reads, around.database_url))
        outlook = ReaderOutlook(reading, feed, self.reads, ends)
        knowledge = Knowledge(reading, self.consumed)
        outside = self.outside(around.database_url, knowledge)
        elsewhere = Elsewhere(
            knowledge.of_person,
            knowledge.is_named,
            order_of_truth(Catalogue.join([self.consumed, self.catalogue])),
        )

        def acted_upon() -> Positions:
            with reading.connection() as connection:
                return applied(connection, feed, self.reads)

        def create() -> None:
            reading.create()
            outside.create()

        def close() -> None:
            outlook.close()
            # After the outlook, which may be asking; before the reading that both ask.
            outside.close()
            reading.close()

        held = [*self.held_also, *reader.held(reading.schema)]

        def part(intake: Intake) -> Part:
            if self.policy is None:
                # What it reads tells of structures alone: nothing of a person, and nothing that a rule waits for.
                routes = self.routes(Answering(intake, acted_upon, None), outside)
                return Part(routes, create, close, acted_upon, held=held)
            routes = self.routes(Answering(intake, acted_upon, elsewhere), outside)
            return Part(routes, create, close, acted_upon, elsewhere, outlook, held)

        return write_service(
            self.name,
            self.title,
            self.catalogue,
            self.decide,
            around,
            part,
            prepare=outside.prepare,
            deadlines_of=self.deadlines_of,
            warn=self.warn,
            asks_of=self.asks_of,
            merges_of=self.merges_of or (lambda _: knowledge),
            emptied_also=self.emptied_also,
            successions_of=lambda _: Successions(
                StructuresRead(reading, knowledge, acted_upon, self.confirms), self.successor_of
            ),
        )

    def create_reconciler(
        self,
        database_url: str,
        make_feed: Callable[[HistoryDatabase], Feed],
        stack: ExitStack,
        metrics: Metrics | None = None,
        pulse: Pulse | None = None,
        ledger: Ledger | None = None,
    ) -> Reconciler:
        """Records and takes back effects as facts come. `make_feed`: a feed of the services in `reads`, whose places are
        kept in the database it is given; `stack` closes what was opened. `ledger`: of whom is forgotten; None where nobody can be."""
        database = reader_database(database_url, self.name)
        stack.callback(database.close)
        store = self._opened_store(database_url, stack, ledger)
        database.create()
        feed = make_feed(database)
        stack.callback(feed.close)
        knowledge = Knowledge(database, self.consumed)
        actor = Actor(store, self.catalogue, self.deadlines_of, knowledge)
        return Reconciler(
            store,
            database,
            feed,
            knowledge,
            actor,
            self.policy or nothing,
            metrics=metrics,
            settings=self.settings,
            pulse=pulse,
            forgets=erased_by(self.catalogue) if self.policy is not None else None,
        )

    def compare_effects(
        self, database_url: str, store: FactStore, subjects: Sequence[str] | None, **how: Any
    ) -> Comparison:
        """What it recorded by itself with what should stand; `how`: as `compare_effects` takes it."""
        assert self.policy is not None
        with closing(reader_database(database_url, self.name)) as database:
            knowledge = Knowledge(database, self.consumed)
            return compare_effects(store, self.catalogue, database, knowledge, self.policy, subjects, **how)

    def compare_deadlines(
        self, database_url: str, store: FactStore, subjects: Sequence[str] | None, **how: Any
    ) -> Comparison:
        """What it has written that is due with what should be; `how`: as `compare_deadlines` takes it."""
        assert self.deadlines_of is not None
        with closing(reader_database(database_url, self.name)) as database:
            merges = Knowledge(database, self.consumed)
            return compare_deadlines(store, self.catalogue, self.deadlines_of, subjects, merges=merges, **how)

    def create_clock(
        self,
        database_url: str,
        today: Callable[[], date] | None,
        stack: ExitStack,
        pulse: Pulse | None = None,
        ledger: Ledger | None = None,
    ) -> Clock:
        """`today`: the day in Paris; None: that of the log's clock. Raise ValueError where nothing ever comes due."""
        if self.notices is None:
            raise ValueError(f"{self.name} has no clock: nothing of it comes due")
        reading = reader_database(database_url, self.name)
        stack.callback(reading.close)
        store = self._opened_store(database_url, stack, ledger)
        reading.create()
        actor = Actor(store, self.catalogue, self.deadlines_of, Knowledge(reading, self.consumed))
        return Clock(store, actor, self.notices, today, pulse)

    def _opened_store(self, database_url: str, stack: ExitStack, ledger: Ledger | None = None) -> FactStore:
        emptying = emptying_of(self.name, self.catalogue, ledger, self.emptied_also)
        store = FactStore(database_url, self.name, emptying=emptying)
        stack.callback(store.close)
        store.create()
        if emptying is not None:  # nothing follows from facts of whom a backup has brought back
            catch_up_with(emptying.ledger, store, emptying.kind)
        return store

"""The event store of one service: its log, and what is written in the same transaction as a fact.

One schema per service, a module for each of its tables. A commit is one call of a function under an advisory lock of
the service, so the log's order is the commit order (a reader that follows it misses nothing) without the library's table
lock, which fights VACUUM. No pipeline and no hidden retries: see docs/adr/0003 and 0025.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import psycopg
import structlog
from eventsourcing.persistence import PersistenceError
from psycopg import Connection, sql

from shared.facts.erasing import PersonErased
from shared.facts.fact import Recorded, printed
from shared.log.append import AppendFunction
from shared.log.claims import Claims
from shared.log.connections import Connections
from shared.log.deadlines import Deadlines, DeadlinesBySubject
from shared.log.digests import Digests
from shared.log.emptying import Emptying
from shared.log.entries import ConflictError, FirstAnswer, LogEntry, NewFact
from shared.log.facts_table import FactsTable
from shared.log.intake_table import IntakeTable
from shared.log.ledger import LedgerError
from shared.log.log_clock import ClocksDifferError, DatabaseClock, LogClock, When, ahead
from shared.log.read_up_to import ReadUpTo
from shared.log.room import try_to_write
from shared.log.said_table import SaidTable
from shared.log.schema import Schema, channel_name
from shared.log.seal import Seal, SealTable
from shared.process.database_encoding import check_encoding
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

AT_ONCE = 1_000
"""Facts of one call: a large commit gives a sign of life between them."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Commit:
    """When it was, and the sequences of its facts in their order, each before those of its effects."""

    recordedtime: datetime
    sequences: list[int]

    def of(self, facts: Sequence[NewFact]) -> Iterator[tuple[Recorded, int]]:
        """The facts it recorded and their effects, each with its sequence."""
        return zip((new.fact for new in _each(facts)), self.sequences, strict=True)


class FactStore:
    """Facts, intake rows and the log of one service; `claims`, `deadlines` and `read_up_to` beside them.

    Made, it is connected: raise DatabaseEncodingError where the database is not UTF-8. Making it, as every method that
    asks the database, raises UnavailableError where it is away.

    `clock`: by which it records; the database's, unless a test says another. `emptying`: what it does where somebody is
    forgotten; None where it cannot.
    """

    def __init__(
        self, database_url: str, service: str, clock: LogClock | None = None, emptying: Emptying | None = None
    ) -> None:
        self.service = service
        self.emptying = emptying
        self.clock: LogClock = clock or DatabaseClock()
        self.warning: str | None = None
        """What whoever runs the service should know though it works: instants of the log that are not reached yet."""
        self.database_url = database_url
        self.channel_name = channel_name(service)
        check_encoding(database_url)  # before the pool, which would try again and again
        schema = Schema(service)
        self._connections = Connections(database_url, service)
        self._connections.open()
        try:
            self._facts = FactsTable(self._connections, schema, service)
        except PersistenceError as error:  # the database has gone away again
            self._connections.close()
            raise UnavailableError(reason="database") from error
        self._intake = IntakeTable(self._connections, schema)
        self.claims = Claims(self._connections, schema)
        self.deadlines = Deadlines(self._connections, schema)
        self.read_up_to = ReadUpTo(self._connections, schema)
        self.said = SaidTable(self._connections, schema)
        self._seal = SealTable(self._connections, schema)
        self._function = AppendFunction(schema, service)

    def create(self) -> None:
        """Make the schema where it is missing. Several processes may do so at once."""
        with self.connection() as connection, connection.transaction():
            # IF NOT EXISTS is no lock: two that find nothing both make it, and one of them fails. One lock for all
            # services, because several of them may share a database.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.service)))
            tables = (self._facts, self._intake, self.claims, self.deadlines, self.read_up_to, self.said, self._seal)
            for table in tables:
                table.create(connection)
            self._function.create(connection)  # last: its text names the tables

    def pool_stats(self) -> dict[str, int]:
        """psycopg_pool's figures of its connections."""
        return self._connections.pool_stats()

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        """A pooled connection, in autocommit."""
        return self._connections.connection()

    async def ask(self, question: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """From an event loop: what `question` finds in the database, or UnavailableError when that takes too long."""
        return await self._connections.ask(question, *args, **kwargs)

    def record(
        self,
        facts: Sequence[NewFact],
        alive: Callable[[], None] = lambda: None,
        deadlines: DeadlinesBySubject | None = None,
    ) -> Commit:
        """Record facts and their effects with their intake rows, claims and deadlines, all or nothing.

        `alive` is called whenever the database has answered. Raise ConflictError where a stream moved or an id or a
        claim was taken meanwhile, UnavailableError without database, ClocksDifferError where it is not known when now is.
        """
        pieces = _pieces(facts)
        forgets = any(isinstance(new.fact.data, PersonErased) for new in _each(facts))
        try:
            with self.connection() as connection:
                # In autocommit, where that is enough: the lock is held no longer than the call takes in the database.
                if len(pieces) == 1 and not forgets:
                    return self._append(connection, facts, deadlines or {}, self.clock.when())
                with connection.transaction():
                    commit = self._append_pieces(connection, pieces, alive, deadlines or {})
                    if forgets:
                        self._emptier().empty(connection, (new.fact for new in _each(facts)))
                    return commit
        except psycopg.errors.UndefinedFunction as error:  # a dump that older code made was restored under this process
            self.create()
            raise ConflictError("append") from error

    def _emptier(self) -> Emptying:
        if self.emptying is None:
            raise LedgerError("somebody is to be forgotten, and PARCOURS_ERASURE_LEDGER names no ledger")
        return self.emptying

    def _append_pieces(
        self,
        connection: Connection[Any],
        pieces: Sequence[Sequence[NewFact]],
        alive: Callable[[], None],
        deadlines: DeadlinesBySubject,
    ) -> Commit:
        when, sequences = self.clock.when(), list[int]()
        for piece in pieces:
            # What is due is written at the end, since it follows from all facts.
            commit = self._append(connection, piece, deadlines if piece is pieces[-1] else {}, when)
            sequences += commit.sequences
            when = When(commit.recordedtime)
            alive()
        return Commit(commit.recordedtime, sequences)

    def _append(
        self, connection: Connection[Any], facts: Sequence[NewFact], deadlines: DeadlinesBySubject, when: When
    ) -> Commit:
        shown, recordedtime, sequences = self._function(connection, facts, deadlines, when)
        if recordedtime is None or sequences is None:
            self.clock.instant(shown)
            raise ConflictError("clock")  # it agrees again: one of the two was set just now
        with suppress(ClocksDifferError):  # set while the facts were recorded, at a right instant; the next are not
            self._look_ahead(self.clock.instant(shown), recordedtime)
        return Commit(recordedtime, sequences)

    def replace_deadlines(self, deadlines: DeadlinesBySubject, versions: Mapping[str, int]) -> None:
        """For deadlines that change though nothing is recorded (a rule's table did). A subject that has moved past the
        version its deadlines were computed from is left alone: whoever recorded has written them."""
        with self.connection() as connection, connection.transaction():
            self._function.lock(connection)
            moved = self._facts.moved(connection, versions)
            due = {subject: of_subject for subject, of_subject in deadlines.items() if subject not in moved}
            self._append(connection, [], due, When())

    def now(self) -> datetime:
        """The instant at which a fact would be recorded now. Raise ClocksDifferError."""
        database, last = self._facts.clocks()
        now = self.clock.instant(database)
        self._look_ahead(now, last)
        return now if last is None else max(now, last)

    async def look_at_clocks(self) -> None:
        """Where that was not done just now. Raise ClocksDifferError."""
        if not self.clock.is_fresh:
            await self.ask(self.now)

    def _look_ahead(self, now: datetime, last: datetime | None) -> None:
        warning = ahead(last, now)
        if warning is not None and self.warning is None:
            log.warning("log_ahead_of_clock", service=self.service, last=printed(last) if last else None)
        self.warning = warning

    def first_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], FirstAnswer]:
        """The first answer of each (source, id) that was ever recorded."""
        return self._intake.first_answers(keys)

    def tails(self, versions: Mapping[str, int], limit: int | None = None) -> list[LogEntry]:
        """The facts of each subject after the version given, in stream order; of all together no more than `limit`."""
        return self._facts.tails(versions, limit)

    def tail(self, subject: str, version: int, limit: int) -> list[LogEntry]:
        """Up to `limit` facts of one subject after a version, in stream order."""
        return self._facts.tail(subject, version, limit)

    def versions(self, subjects: Iterable[str]) -> dict[str, int]:
        """How many facts there are of each; 0 of whom there is none."""
        return self._facts.versions(subjects)

    def log(
        self, after: int, limit: int, *, subject: str | None = None, type_name: str | None = None
    ) -> list[LogEntry]:
        """Up to `limit` facts recorded after the position `after`, in the order of the log."""
        return self._facts.log(after, limit, subject, type_name)

    def log_by(self, connection: Connection[Any], after: int, limit: int) -> list[LogEntry]:
        """The same, asked of a connection of the caller's own. Raise psycopg.Error."""
        return self._facts.log_by(connection, after, limit)

    def is_named(self, subject: str, name: str) -> bool:
        """Whether a fact of the subject has a text in it, the id of a structure say; no fact is read."""
        return self._facts.is_named(subject, name)

    def index_types(self, names: Sequence[str]) -> None:
        """So that `of_types` finds the few facts of these types among all others."""
        with self.connection() as connection:
            self._facts.index_types(connection, names)

    def of_types(self, names: Sequence[str], after: int) -> list[LogEntry]:
        """The facts of these types, for which there is an index, after a place, in the order of the log."""
        return self._facts.of_types(names, after)

    def at(self, sequences: Sequence[int]) -> list[LogEntry]:
        """The facts at these places of the log, in its order; nothing of those where there is none."""
        return self._facts.at(sequences)

    def digests(self, after: int, through: int) -> Digests:
        """Of each range of the log after a place and up to another (`shared.log.digests`), to be compared with a copy."""
        return self._facts.digests(after, through)

    def try_to_write(self) -> None:
        """Nothing stays of it. Raise UnavailableError where nothing could be recorded now, a full disk among the reasons."""
        with self.connection() as connection:
            try_to_write(connection, self.service)

    def database_time(self) -> datetime:
        """What the database's clock shows: ages of facts are told by it."""
        return self._facts.clocks()[0]

    def subjects_of(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Sequence and subject of up to `limit` facts after a place: for counting, without their content."""
        return self._facts.subjects_of(after, limit)

    def seal(self) -> Seal | None:
        """What this store's relay puts on each record; None where older code made the store."""
        return self._seal.load()

    def last_sequence(self) -> int:
        """Of the log; 0 while it is empty."""
        return self._facts.last_sequence()

    def subjects(self, after: str, limit: int) -> list[str]:
        """Everybody of whom anything is recorded or due, in order, after the one given."""
        return self._facts.subjects(after, limit)

    def close(self) -> None:
        """Whoever still waits for a silent database is freed."""
        self._connections.close()


def _each(facts: Sequence[NewFact]) -> Iterator[NewFact]:
    """With their effects, in the order in which they are recorded."""
    return (new for fact in facts for new in (fact, *fact.effects))


def _pieces(facts: Sequence[NewFact]) -> list[Sequence[NewFact]]:
    """At least one; each but the last of `AT_ONCE` facts or a little more, a fact with its effects."""
    pieces: list[Sequence[NewFact]] = []
    start = size = 0
    for end, fact in enumerate(facts, start=1):
        size += 1 + len(fact.effects)
        if size >= AT_ONCE and end < len(facts):
            pieces.append(facts[start:end])
            start, size = end, 0
    return [*pieces, facts[start:]]

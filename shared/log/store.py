"""The event store of one service: its log, and what is written in the same transaction as a fact.

One schema per service, a module for each of its tables. Inserts are one plain transaction under an advisory lock of the
service, so the log's order is the commit order (a reader that follows it misses nothing) without the library's table
lock, which fights VACUUM. No pipeline and no hidden retries: see docs/adr/0003.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, TypeVar

import structlog
from psycopg import Connection, sql

from shared.facts.fact import Recorded, printed
from shared.log.claims import Claims
from shared.log.connections import Connections
from shared.log.deadlines import Deadlines, DeadlinesBySubject
from shared.log.digests import Digests
from shared.log.entries import FirstAnswer, LogEntry, NewFact
from shared.log.facts_table import FactsTable
from shared.log.intake_table import IntakeTable
from shared.log.log_clock import DatabaseClock, LogClock, ahead
from shared.log.read_up_to import ReadUpTo
from shared.log.room import try_to_write
from shared.log.schema import Schema, channel_name
from shared.log.seal import Seal, SealTable
from shared.process.database_encoding import check_encoding

log = structlog.get_logger(__name__)

AT_ONCE = 2_000
"""Facts of one statement: a large commit gives a sign of life between them."""

T = TypeVar("T")


class FactStore:
    """Facts, intake rows and the log of one service; `claims`, `deadlines` and `read_up_to` beside them.

    Made, it is connected: raise DatabaseEncodingError where the database is not UTF-8. Every method that asks the
    database raises UnavailableError where it is away.

    `clock`: by which it records; the database's, unless a test says another.
    """

    def __init__(self, database_url: str, service: str, clock: LogClock | None = None) -> None:
        self.service = service
        self.clock: LogClock = clock or DatabaseClock()
        self.warning: str | None = None
        """What whoever runs the service should know though it works: instants of the log that are not reached yet."""
        self.database_url = database_url
        self.channel_name = channel_name(service)
        check_encoding(database_url)  # before the pool, which would try again and again
        schema = Schema(service)
        self._connections = Connections(database_url, service)
        self._facts = FactsTable(self._connections, schema, service)
        self._intake = IntakeTable(self._connections, schema)
        self.claims = Claims(self._connections, schema)
        self.deadlines = Deadlines(self._connections, schema)
        self.read_up_to = ReadUpTo(self._connections, schema)
        self._seal = SealTable(self._connections, schema)

    def create(self) -> None:
        """Make the schema where it is missing. Several processes may do so at once."""
        with self.connection() as connection, connection.transaction():
            # IF NOT EXISTS is no lock: two that find nothing both make it, and one of them fails. One lock for all
            # services, because several of them may share a database.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('parcours schema'))")
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.service)))
            for table in (self._facts, self._intake, self.claims, self.deadlines, self.read_up_to, self._seal):
                table.create(connection)

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
    ) -> list[Recorded]:
        """Record facts and their effects with their intake rows, claims and deadlines, all or nothing, and give them
        back as recorded, each fact before its effects.

        `alive` is called whenever the database has answered. Raise ConflictError where a stream moved or an id or a
        claim was taken meanwhile, UnavailableError without database, ClocksDifferError where it is not known when now is.
        """
        flat = [new for fact in facts for new in (fact, *fact.effects)]
        sequences: list[int] = []
        with self.connection() as connection, self._turn(connection) as (database, last):
            # Read under the lock, and never before the last fact's: a clock set back must not make the log go back.
            recordedtime = self._instant(database, last)
            for start in range(0, len(flat), AT_ONCE):
                sequences += self._facts.insert(connection, flat[start : start + AT_ONCE], printed(recordedtime))
                alive()
            # After all facts: the answer to an event names the last of its effects, which may be in the next part.
            positions = _positions(flat, sequences)
            for start in range(0, len(flat), AT_ONCE):
                end = start + AT_ONCE
                self._intake.insert(connection, flat[start:end], positions[start:end], recordedtime)
                alive()
            self.claims.insert(connection, facts)
            if deadlines:
                self.deadlines.replace(connection, deadlines)
        return [
            new.fact.model_copy(update={"sequence": sequence, "recordedtime": recordedtime})
            for new, sequence in zip(flat, sequences, strict=True)
        ]

    def replace_deadlines(self, deadlines: DeadlinesBySubject, versions: Mapping[str, int]) -> None:
        """For deadlines that change though nothing is recorded (a rule's table did). A subject that has moved past the
        version its deadlines were computed from is left alone: whoever recorded has written them."""
        with self.connection() as connection, self._turn(connection):
            moved = self._facts.moved(connection, versions)
            self.deadlines.replace(
                connection, {subject: due for subject, due in deadlines.items() if subject not in moved}
            )

    def now(self) -> datetime:
        """The instant at which a fact would be recorded now. Raise ClocksDifferError."""
        return self._instant(*self._facts.clocks())

    async def look_at_clocks(self) -> None:
        """Where that was not done just now. Raise ClocksDifferError."""
        if not self.clock.is_fresh:
            await self.ask(self.now)

    def _instant(self, database: datetime, last: datetime | None) -> datetime:
        now = self.clock.instant(database)
        warning = ahead(last, now)
        if warning is not None and self.warning is None:
            log.warning("log_ahead_of_clock", service=self.service, last=printed(last) if last else None)
        self.warning = warning
        return now if last is None else max(now, last)

    @contextmanager
    def _turn(self, connection: Connection[Any]) -> Iterator[tuple[datetime, datetime | None]]:
        """One transaction under the service's lock; gives what the database's clock shows and the instant of the last
        fact. Left by an error, the pool rolls it back."""
        yield self._facts.begin(connection)
        self._facts.commit(connection)

    def first_answers(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], FirstAnswer]:
        """The first answer of each (source, id) that was ever recorded."""
        return self._intake.first_answers(keys)

    def tails(self, versions: Mapping[str, int]) -> list[LogEntry]:
        """The facts of each subject after the version given, in stream order."""
        return self._facts.tails(versions)

    def log(
        self, after: int, limit: int, *, subject: str | None = None, type_name: str | None = None
    ) -> list[LogEntry]:
        """Up to `limit` facts recorded after the position `after`, in the order of the log."""
        return self._facts.log(after, limit, subject, type_name)

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


def _positions(facts: Sequence[NewFact], sequences: Sequence[int]) -> list[int]:
    """The sequence of the last fact that each brought about; effects stand right behind their cause."""
    return [sequences[place + len(new.effects)] for place, new in enumerate(facts)]

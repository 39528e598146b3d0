"""Where the logs end that a service acts upon, and how far of them it has come: asked before a decision."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Protocol

import psycopg
import structlog

from shared.histories.database import HistoryDatabase
from shared.histories.places import applied
from shared.intake.looking import Ends, LogEnd
from shared.intake.seen import Seen
from shared.log.connections import Connections
from shared.log.schema import Schema
from shared.process.unavailable import UnavailableError

if TYPE_CHECKING:
    from shared.kafka.topics import Topics  # with Kafka's client, which a process without Kafka need not load

log = structlog.get_logger(__name__)

ASKERS = 8
"""Threads that wait for databases and Kafka, so that no event loop does."""


class LogEnds(Protocol):
    """Where logs end now. Asked from several threads."""

    def of(self, service: str) -> LogEnd:
        """Raise UnavailableError."""
        ...

    def close(self) -> None: ...


class StoreEnds:
    """Of stores: the last sequence. Connects when first asked, so that nothing waits for another service's database."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.urls = urls
        self._opened: dict[str, Connections] = {}
        self._lock = threading.Lock()  # guards `_opened`

    def of(self, service: str) -> LogEnd:
        statement = Schema(service).statement("SELECT coalesce(max(notification_id), 0) FROM {facts}")
        try:
            with self._connections(service).connection() as connection:
                row = connection.execute(statement).fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            return LogEnd(sequence=0)  # nothing was ever recorded there
        return LogEnd(sequence=int(row[0]) if row else 0)

    def _connections(self, service: str) -> Connections:
        with self._lock:
            if service not in self._opened:
                connections = Connections(self.urls[service], f"ends-{service}")
                # Without waiting: the database of another service may be away, and this one answers all the same.
                connections.pool.open(wait=False)
                self._opened[service] = connections
            return self._opened[service]

    def close(self) -> None:
        for connections in self._opened.values():
            connections.close()


class KafkaEnds:
    """Of topics: the next offset to be written. `stores`: those in a database that is at hand anyway; they know better,
    since what is recorded reaches a topic a moment later."""

    def __init__(self, topics: Topics, stores: StoreEnds) -> None:
        self._topics = topics
        self._stores = stores
        self._lock = threading.Lock()  # the client of topics is not for several threads

    def of(self, service: str) -> LogEnd:
        if service in self._stores.urls:
            with suppress(psycopg.errors.InsufficientPrivilege):
                # 0 where its schema is not in this database: the service has its store elsewhere, and Kafka knows.
                if (end := self._stores.of(service)).sequence:
                    return end
        with self._lock:
            if self._topics.ids([service])[service] is None:
                return LogEnd()
            return LogEnd(offsets={number: end for number, (_, end) in self._topics.ranges(service).items()})

    def close(self) -> None:
        self._topics.close()
        self._stores.close()


class _Shared:
    """One look at a log for all who asked before it began."""

    def __init__(self, look: Callable[[], LogEnd]) -> None:
        self._look = look
        self._lock = threading.Lock()  # held while looking: who waits for it mostly finds the answer
        self._began_at = float("-inf")
        self._found: LogEnd | None = None

    def since(self, asked_at: float) -> LogEnd | None:
        """None where the log cannot be asked."""
        with self._lock:
            # A look that began after this one asked is as good for it: a hundred requests at once ask each log once or
            # twice.
            if self._began_at < asked_at:
                self._began_at = monotonic()
                try:
                    self._found = self._look()
                except UnavailableError as error:
                    log.warning("log_end_unknown", **error.fields)
                    self._found = None
            return self._found


class ReaderOutlook:
    """Of the services that a reader follows, its own among them."""

    def __init__(self, reading: HistoryDatabase, feed: str, services: Sequence[str], ends: LogEnds) -> None:
        self._reading = reading
        self._feed = feed
        self._services = services
        self._logs = ends
        self._shared = {service: _Shared(lambda name=service: ends.of(name)) for service in services}  # type: ignore[misc]
        self._askers = ThreadPoolExecutor(ASKERS, "outlook")

    async def ends(self, services: Collection[str], asked_at: float, patience_s: float) -> Ends:
        loop = asyncio.get_running_loop()
        asked = [name for name in self._services if name in services]
        looks = [loop.run_in_executor(self._askers, self._shared[name].since, asked_at) for name in asked]
        _, late = await asyncio.wait(looks, timeout=patience_s) if looks else ((), ())
        return {name: None if look in late else look.result() for name, look in zip(asked, looks, strict=True)}

    async def seen(self, ends: Ends) -> Seen:
        return await asyncio.get_running_loop().run_in_executor(self._askers, self._seen, ends)

    def _seen(self, ends: Ends) -> Seen:
        with self._reading.connection() as connection:
            rows = connection.execute(
                "SELECT service, partition, next_offset FROM places WHERE feed = %s", [self._feed]
            ).fetchall()
            # After the places: what is applied between the two is looked at, and must not be told as if it were not.
            looked_at = applied(connection, self._feed, self._services)
        # Offsets and not sequences: where only Kafka can be asked, its ends are offsets.
        places = {(service, partition): offset for service, partition, offset in rows}
        missing: dict[str, int | None] = {}
        for service, end in ends.items():
            if end is None or any(places.get((service, number), 0) < last for number, last in end.offsets.items()):
                missing[service] = None
            elif end.sequence is not None and looked_at.get(service, 0) < end.sequence:
                missing[service] = end.sequence
        return Seen(looked_at, missing)

    def close(self) -> None:
        self._askers.shutdown(wait=False, cancel_futures=True)
        self._logs.close()

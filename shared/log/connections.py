"""A service's connections to its store, such that a database that keeps silent holds nobody for long."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, TypeVar
from weakref import WeakSet

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.process.connecting import LastRefusal
from shared.process.embedded import SESSION
from shared.process.unavailable import UnavailableError

ANSWER_S = 1.8
"""Seconds after which a database that keeps silent counts as away: callers are promised an answer within 2."""
CONNECT_TIMEOUT_S = 1.5
"""Seconds to wait for a free connection, or a new one; shorter than `ANSWER_S`, so that the reason can still be told."""
OPENING_S = 10.0
"""Seconds that a server which neither lets in nor refuses has, before anybody is served."""
CONNECTIONS = 8
"""One for the writer, the others for questions; PostgreSQL allows 100 to all services together."""

T = TypeVar("T")


class Connections:
    """A pool, and threads to wait for its answers in."""

    def __init__(self, database_url: str, service: str) -> None:
        # Weak: a connection that the pool has thrown away must not be kept open by this list.
        self._connected: WeakSet[Connection[Any]] = WeakSet()
        self._refusal = LastRefusal()
        self.pool: ConnectionPool[Connection[Any]] = ConnectionPool(
            database_url,
            connection_class=self._refusal.connection_class,
            # A server that vanished without a word is given up by the kernel after 5 s, not after its 15 minutes.
            kwargs={
                "autocommit": True,
                "connect_timeout": 2,
                "keepalives_idle": 5,
                "tcp_user_timeout": 5_000,
                "client_encoding": "UTF8",
            },
            min_size=1,
            max_size=CONNECTIONS,
            open=False,  # by `open`, or by whoever can do without
            configure=self._configure,
            check=check,
            timeout=CONNECT_TIMEOUT_S,
            reconnect_timeout=5,  # then it starts over, at short intervals again: a restart is noticed at once
        )
        # Threads of its own: those of the event loop go on parsing while a silent database holds all of these.
        self._askers = ThreadPoolExecutor(CONNECTIONS, f"store-{service}")

    def _configure(self, connection: Connection[Any]) -> None:
        # A plan prepared on an empty table stays bad for ever; statements here are few and cheap to plan.
        # Each statement sees what was committed before it, also where a database is set otherwise: what waited for the
        # lock must see the facts of whoever held it.
        parameters = {
            **SESSION,
            "plan_cache_mode": "force_custom_plan",
            "default_transaction_isolation": "read committed",
        }
        calls = ", ".join(["set_config(%s, %s, false)"] * len(parameters))
        connection.execute(f"SELECT {calls}", [text for pair in parameters.items() for text in pair], prepare=False)
        self._connected.add(connection)

    def open(self) -> None:
        """Have a connection. Nobody waits for an answer yet: a server that is only busy has longer. Raise UnavailableError."""
        self.pool.open()
        until = monotonic() + OPENING_S
        while True:
            try:
                with self.connection():
                    return
            except UnavailableError:
                if self._refusal.is_known or monotonic() > until:
                    self.close()
                    raise

    def pool_stats(self) -> dict[str, int]:
        return self.pool.get_stats()

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A pooled connection. Raise UnavailableError where the database cannot be reached."""
        try:
            with self.pool.connection(timeout=CONNECT_TIMEOUT_S) as connection:
                yield connection
        except psycopg.errors.ProgramLimitExceeded:
            raise  # psycopg calls it operational; what is too large for the database stays so
        except (PoolTimeout, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise UnavailableError(reason="database") from self._refusal.behind(error)

    async def ask(self, question: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """From an event loop: what `question` finds in the database, or UnavailableError when that takes too long."""
        answer = asyncio.get_running_loop().run_in_executor(self._askers, lambda: question(*args, **kwargs))
        try:
            return await asyncio.wait_for(answer, ANSWER_S)
        except TimeoutError as error:
            raise UnavailableError(reason="database") from error

    def close(self) -> None:
        """Whoever still waits for a silent database is freed: its connections are cut."""
        self._askers.shutdown(wait=False, cancel_futures=True)
        for connection in list(self._connected):
            cut(connection)
        self.pool.close()


def check(connection: Connection[Any]) -> None:
    """Raise where the server has ended the connection. An idle one hears nothing, so that most need no round trip."""
    ears = select.poll()  # not select(): that one fails on descriptors above 1023
    ears.register(connection.fileno(), select.POLLIN)
    if ears.poll(0):
        ConnectionPool.check_connection(connection)


def cut(connection: Connection[Any]) -> None:
    # `close()` would free memory that another thread waits in; a socket that ends wakes that thread with an error.
    # The descriptor is doubled, because the socket object closes its own at the end.
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as end:
        end.shutdown(socket.SHUT_RDWR)

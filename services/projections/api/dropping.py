"""A question of a caller who left: the database stops working at it, since nobody reads the answer and others wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from fastapi import Request
from psycopg import Connection
from starlette.requests import ClientDisconnect

from shared.process.giving_way import giving_way
from shared.web.fair_turns import FairTurns
from shared.web.leaving import unless_left

CANCEL_S = 2.0
"""How long the server is given to take a cancellation."""

T = TypeVar("T")


class Question:
    """One question, asked in a thread and dropped from another."""

    def __init__(self) -> None:
        # Held while the server takes the cancellation: the connection must not be lent to anybody else meanwhile.
        self._lock = threading.Lock()
        self._connection: Connection[Any] | None = None
        self._dropped = threading.Event()

    @contextmanager
    def on(self, connection: Connection[Any]) -> Iterator[None]:
        """Raise ClientDisconnect where it was dropped, before it had a connection or by the end."""
        with self._lock:
            if self._dropped.is_set():
                raise ClientDisconnect
            self._connection = connection
        try:
            yield
        finally:
            with self._lock:
                self._connection = None
                if self._dropped.is_set():
                    connection.close()  # a cancellation that comes late would meet another's question
        if self._dropped.is_set():
            raise ClientDisconnect

    def drop(self) -> None:
        with self._lock, suppress(psycopg.Error):
            self._dropped.set()
            if self._connection is not None:
                self._connection.cancel_safe(timeout=CANCEL_S)


async def asked(request: Request, turns: FairTurns, name: str, ask: Callable[[Question], T]) -> T:
    """What `ask` finds, beside the event loop, once it is the turn of that name. Raise ClientDisconnect once the caller has
    left."""
    question = Question()

    async def in_turn() -> T:
        async with turns.turn(name):
            return await asyncio.to_thread(giving_way()(ask), question)

    try:
        return await unless_left(request, in_turn())
    except (ClientDisconnect, asyncio.CancelledError):
        # A thread of its own: those of the event loop may all be waiting for the database.
        threading.Thread(target=question.drop, name="drop", daemon=True).start()
        raise

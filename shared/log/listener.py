"""Waiting for NOTIFY on a connection of its own. It only wakes: whoever waits must look anyway from time to time."""

from __future__ import annotations

import select
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

import psycopg
import structlog
from psycopg import Connection, sql

from shared.process.embedded import connect_options

log = structlog.get_logger(__name__)

RETRY_S = 1.0
"""Between two attempts to connect: whoever waits looks by itself about once a second, so no fact waits longer."""


class Listener:
    """Listens to channels, `{channel: database url}`; one connection per database. Never raises: a lost connection
    means waiting without being woken until it is back."""

    def __init__(self, channels: Mapping[str, str]) -> None:
        self._channels: dict[str, list[str]] = {}
        for channel, url in channels.items():
            self._channels.setdefault(url, []).append(channel)
        self._connections: dict[str, Connection[Any]] = {}
        self._retry_at = 0.0

    def listen(self) -> None:
        """Connect where needed. What is notified after this wakes the next `wait`."""
        if len(self._connections) == len(self._channels) or monotonic() < self._retry_at:
            return
        for url in self._channels.keys() - self._connections.keys():
            try:
                self._connections[url] = self._connected(url)
            except psycopg.Error as error:
                self._retry_at = monotonic() + RETRY_S
                log.warning("not_listening", error=str(error).strip())

    def wait(self, timeout_s: float) -> bool:
        """Until something was notified since `listen`, at most `timeout_s` seconds. Return whether it was."""
        if not self._connections:
            sleep(timeout_s)
            return False
        sockets = {connection.fileno(): url for url, connection in self._connections.items()}
        ready, _, _ = select.select(list(sockets), [], [], timeout_s)
        for number in ready:
            self._drain(sockets[number])
        return bool(ready)

    def close(self) -> None:
        for url in list(self._connections):
            self._forget(url)

    def _connected(self, url: str) -> Connection[Any]:
        connection = psycopg.connect(url, autocommit=True, **connect_options("listener"))
        for channel in self._channels[url]:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        return connection

    def _drain(self, url: str) -> None:
        try:
            for _ in self._connections[url].notifies(timeout=0):
                pass
        except psycopg.Error as error:
            log.warning("not_listening", error=str(error).strip())
            self._forget(url)

    def _forget(self, url: str) -> None:
        with suppress(psycopg.Error):
            self._connections.pop(url).close()

"""The heartbeats of one process, and what its loops are told by the way: whether somebody paused them."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from shared.log.connections import cut
from shared.process.database_encoding import DatabaseRefusedError
from shared.process.embedded import connect_options
from shared.process.version import version
from shared.roles import tables
from shared.roles.role import role_named
from shared.roles.tables import Beat, Pause, State

log = structlog.get_logger(__name__)

BEAT_EVERY_S = 1.0
"""How often a loop writes its heartbeat, which is also how soon it learns that somebody paused it."""
RETRY_S = 1.0
"""Between two attempts to connect."""
REST_S = 0.25
"""How long a paused loop waits between two looks at whether it should stop."""
LONGEST_PROBLEM = 500
STARTING = "starting"
"""The problem of a loop from the moment it is made until its first step is done: its thread may begin later than somebody
asks for its readiness."""

_SESSION = {
    # Only whoever asks how the suite is reads them: a row lost with the server's memory is written again in a second.
    "synchronous_commit": "off",
    # A loop never waits for its own heartbeat.
    "lock_timeout": "500ms",
    "statement_timeout": "1s",
}


class ByWill(str):
    """What a check says that is no fault: a role that somebody paused is as ready as it should be."""


class Pulse:
    """Of one loop, which calls `beat` after each of its own steps and from nowhere else: a loop that is stuck must look
    stuck. Never raises, and writes at most once a second: a database that is away is the loop's own problem already.
    """

    def __init__(self, role: str = "", link: Link | None = None, version: str = "") -> None:
        """Without `link` nobody hears it."""
        self.role = role
        self._link = link
        self._version = version
        self._last: tuple[State, bool] | None = None
        self._last_at = float("-inf")
        self.pause: Pause | None = None
        """What somebody has said, as far as known here."""

    def beat(
        self, position: Mapping[str, Any] | None = None, problem: str | None = None, state: State = "working"
    ) -> None:
        """`position`: up to where the loop is; `problem`: why it does not go on."""
        said = (state, problem is None)
        if self._link is None or (said == self._last and monotonic() - self._last_at < BEAT_EVERY_S):
            return
        text = None if problem is None else problem.replace("\0", "")[:LONGEST_PROBLEM]
        is_written, pause = self._link.write(self.role, self._version, state, position or {}, text)
        self._last_at = monotonic()
        if is_written:
            self._last, self.pause = said, pause

    @property
    def away(self) -> str | None:
        """Why heartbeats do not reach the database, where it is away: of a loop that waits and asks it nothing else, what
        tells it so."""
        return None if self._link is None else self._link.away

    @property
    def said(self) -> ByWill | None:
        """For readiness, where somebody paused the role."""
        return None if self.pause is None else ByWill(self.pause)

    def rest(self, stop: threading.Event) -> None:
        """Until nobody wants it paused any more, or the process is to stop."""
        if self.pause is not None:
            log.info("role_paused", role=self.role, by=self.pause.by, reason=self.pause.reason)
        while self.pause is not None and not stop.is_set():
            self.beat(state="paused")
            stop.wait(REST_S)
        if self.pause is None:
            log.info("role_goes_on", role=self.role)


class Link:
    """One process's connection to the tables of one database, for all its loops there; opened when first needed."""

    def __init__(self, url: str, host: str, process: str, presence: int) -> None:
        self._url = url
        self._host, self._process, self._presence = host, process, presence
        self._connection: Connection[Any] | None = None
        self._lock = threading.Lock()  # held while connecting and writing; nobody waits long for it
        self._retry_at = float("-inf")
        self._is_told = False
        self.away: str | None = None
        """What the database last said, where it was out of reach; None once something was written."""

    def write(
        self, role: str, version: str, state: State, position: Mapping[str, Any], problem: str | None
    ) -> tuple[bool, Pause | None]:
        """Whether it was written, and whether the role is paused."""
        if not self._lock.acquire(timeout=BEAT_EVERY_S):
            return False, None
        try:
            connection = self._connected(role)
            if connection is None:
                return False, None
            beat = Beat(role, self._process, self._host, version, self._presence, state, position, problem)
            pause = tables.write_beat(connection, beat)
            self.away = None
            return True, pause
        except (psycopg.Error, DatabaseRefusedError) as error:
            self._failed(error)
            return False, None
        finally:
            self._lock.release()

    def _connected(self, role: str) -> Connection[Any] | None:
        if self._connection is None and monotonic() >= self._retry_at:
            self._retry_at = monotonic() + RETRY_S
            self._connection = psycopg.connect(self._url, autocommit=True, **connect_options("heartbeats", _SESSION))
            tables.create(self._connection)
            tables.hold_presence(self._connection, self._presence)
            tables.forget_old(self._connection, role)
        return self._connection

    def _failed(self, error: psycopg.Error | DatabaseRefusedError) -> None:
        # Once: away or refused is told by the loops themselves; anything else (no right to make the schema) would never
        # be seen.
        if not isinstance(error, (psycopg.OperationalError, DatabaseRefusedError)) and not self._is_told:
            self._is_told = True
            log.warning("heartbeat_not_written", error=str(error).strip())
        # Not a statement that took too long, nor one without the right: the database is there.
        if isinstance(error, psycopg.OperationalError) and not isinstance(error, psycopg.errors.QueryCanceled):
            self.away = f"database: {str(error).strip().partition(chr(10))[0]}"
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None

    def close(self, problem: str | None) -> None:
        """`problem`: what ended the process; None where it stopped in order, and is forgotten."""
        if not self._lock.acquire(timeout=BEAT_EVERY_S):
            if self._connection is not None:  # somebody waits for a database that keeps silent
                cut(self._connection)
            return
        try:
            if self._connection is None:
                return
            if problem is None:
                tables.forget_process(self._connection, self._process)
            else:
                tables.end_process(self._connection, self._process, problem[:LONGEST_PROBLEM])
        except psycopg.Error as error:
            log.info("heartbeat_not_taken_back", error=str(error).strip())
        finally:
            if self._connection is not None:
                self._connection.close()
            self._lock.release()


class Presence:
    """Of one process. `database_url_of`: of the service in whose database a role's heartbeat stands."""

    def __init__(self, database_url_of: Callable[[str], str], version: str) -> None:
        self._database_url_of = database_url_of
        self._version = version
        self._host = socket.gethostname()
        self._process = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._presence = secrets.randbelow(2**31)
        self._links: dict[str, Link] = {}

    def pulse(self, name: str, detail: str = "") -> Pulse:
        """Of the role called so. `detail`: of the version, where a loop has one of its own."""
        url = self._database_url_of(role_named(name).service)
        if url not in self._links:
            self._links[url] = Link(url, self._host, self._process, self._presence)
        return Pulse(name, self._links[url], f"{self._version}{detail and f' ({detail})'}")

    def close(self, problem: str | None = None) -> None:
        for link in self._links.values():
            link.close(problem)


@contextmanager
def present(database_url_of: Callable[[str], str]) -> Iterator[Presence]:
    """Left in order, the process is forgotten; left by an error, its heartbeats stay and say which."""
    presence = Presence(database_url_of, version())
    try:
        yield presence
    except Exception as error:
        presence.close(f"ended: {type(error).__name__}: {error}")
        raise
    except BaseException:
        presence.close()
        raise
    else:
        presence.close()

"""Lines of the log of reads that are ready at the same time, kept by one commit: one each costs more than many an answer.

Whoever finds nobody writing writes at once, and waits for nobody. Those who come meanwhile wait until that is done; then one
of them writes for all.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection

from shared.process.unavailable import UnavailableError
from shared.web.reads_table import Line, add


@dataclass(slots=True)
class _Waiting:
    lines: Sequence[Line]
    is_over: bool = False
    failure: str | None = "reads"
    """Why they are not kept: a reason of UnavailableError."""


class GroupedReads:
    """For the answers of one process into one table; used by the threads that answer."""

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._waiting: deque[_Waiting] = deque()

    def __len__(self) -> int:
        """How many answers wait for others' commit."""
        return len(self._waiting)

    def add(self, lines: Sequence[Line], connect: Callable[[], AbstractContextManager[Connection[Any]]]) -> None:
        """Return once they are kept. `connect`: lends a connection, outside of a transaction, to whoever writes. Raise
        UnavailableError where they are not, since their commit failed, whoever made it."""
        mine = _Waiting(lines)
        self._waiting.append(mine)
        with self._writing:
            if not mine.is_over:
                self._write(connect)
        if mine.failure is not None:
            raise UnavailableError(reason=mine.failure)

    def _write(self, connect: Callable[[], AbstractContextManager[Connection[Any]]]) -> None:
        # Taken one by one: who is put in meanwhile is written now or later, and never taken for written.
        group: list[_Waiting] = []
        while self._waiting:
            group.append(self._waiting.popleft())
        failure: str | None = "reads"
        try:
            with connect() as connection:
                add(connection, [line for one in group for line in one.lines])
            failure = None
        except psycopg.OperationalError:
            failure = "database"
            raise  # it is away, which whoever lent the connection knows how to say
        except UnavailableError as error:
            failure = str(error.fields["reason"])
            raise
        finally:
            for one in group:
                one.is_over, one.failure = True, failure

"""A long transaction that reckons for a while says that it lives: the server ends one that asks nothing for `FROZEN_S`."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

EVERY = 1_000
"""Facts that are reckoned between two: a tenth of a second; many times that where a machine has little to spare."""


class SignOfLife:
    """Of one transaction."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._facts = 0

    def after(self, facts: int) -> None:
        """So many more are reckoned, or will be in a moment."""
        self._facts += facts
        if self._facts >= EVERY:
            self._facts = 0
            self._connection.execute("SELECT")
